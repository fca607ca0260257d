"""The connection to a cluster: what it says in Chinese when that can't, and how long it takes to say so."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kb.cluster.client import Cluster
from kb.errors import ClusterAway, ClusterBusy, ClusterConflict, ClusterError, ClusterMissing
from kb.turns import SEARCHING
from tests.cluster.nodes import Node, free_ports

_ROOT = {"version": {"number": "2.19.1", "distribution": "opensearch"}}
Answer = Callable[[str, bytes], tuple[int, object]]


@contextmanager
def answering(answer: Answer, root: object = None) -> Iterator[str]:
    """Somebody who says what a cluster would say that we can't have here (with logins, too old, full)."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = (200, root or _ROOT) if self.path == "/" and root is not False else answer(self.path, body)
            sent = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            self.end_headers()
            with suppress(BrokenPipeError):  # nobody waits any more
                self.wfile.write(sent)

        do_POST = do_PUT = do_GET  # noqa: N815  # as the server looks for them

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@contextmanager
def connected(*urls: str, user: str = "", password: str = "") -> Iterator[Cluster]:
    cluster = Cluster(urls, user, password)
    yield cluster
    cluster.close()


def said(status: int, kind: str = "", reason: str = "") -> Answer:
    error = {"error": {"root_cause": [{"type": kind, "reason": reason}], "type": kind, "reason": reason}}
    return lambda path, body: (status, error)


class TestRefusals:
    @pytest.mark.parametrize(
        ("answer", "error", "told"),
        [
            (said(401), ClusterError,
             "搜索集群不接受用户“kb”的密码。请检查 KB_OPENSEARCH_USER 和 KB_OPENSEARCH_PASSWORD。"),
            (
                said(403, "security_exception", "no permissions for [indices:data/read/get]"),
                ClusterError,
                "用户“kb”在搜索集群上没有所需的权限（security_exception：no permissions for [indices:data/read/get]）。"
                "请管理员按 docs/guide-admin.md 授权。",
            ),
            (
                said(
                    429,
                    "cluster_block_exception",
                    "index [a] blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark];",
                ),
                ClusterError,
                "搜索集群的磁盘快满了，索引已被集群设为只读，查询照常。请清理磁盘或增加节点，之后会自动继续写入。",
            ),
            (said(404, "index_not_found_exception", "no such index [a]"), ClusterMissing,
             "搜索集群上没有要找的内容（index_not_found_exception：no such index [a]）。"),
            (said(409, "version_conflict_engine_exception", "[1]: exists"), ClusterConflict,
             "搜索集群上的内容已被另一个进程改动（version_conflict_engine_exception：[1]: exists）。"),
            (said(429, "rejected_execution_exception", "queue"), ClusterBusy,
             "搜索集群太忙，暂时不接受请求（rejected_execution_exception：queue）。请稍后再试；经常如此就需要加节点。"),
            (said(503, "cluster_manager_not_discovered_exception", ""), ClusterAway,
             "搜索集群暂时不可用（cluster_manager_not_discovered_exception：）。节点可能正在重启或选主，稍后会自动重试。"),
        ],
    )  # fmt: skip
    def test_each_is_said_in_chinese(self, answer: Answer, error: type[ClusterError], told: str) -> None:
        with answering(answer) as url, connected(url, user="kb", password="x" * 9) as cluster:
            with pytest.raises(error) as raised:
                cluster.ask("GET", "/a/_doc/1", seconds=1.0)
            assert str(raised.value) == told

    def test_a_cluster_that_wants_a_login_names_the_settings(self) -> None:
        with answering(said(401), root=False) as url, connected(url) as cluster:
            with pytest.raises(ClusterError) as raised:
                cluster.ask("GET", "/a")
            assert str(raised.value) == "搜索集群要求登录，请设置 KB_OPENSEARCH_USER 和 KB_OPENSEARCH_PASSWORD。"

    @pytest.mark.parametrize(
        ("root", "told"),
        [
            (
                {"version": {"number": "1.3.20", "distribution": "opensearch"}},
                "搜索集群的版本太旧：OpenSearch 1.3.20，需要 2.0 或更新的版本。请先升级集群。",
            ),
            (
                {"version": {"number": "7.17.9"}},
                "搜索集群的版本太旧：Elasticsearch 7.17.9，需要 8.0 或更新的版本。请先升级集群。",
            ),
            ({"hello": "world"}, "KB_OPENSEARCH_URL 指向的不是 OpenSearch，也不是 Elasticsearch。"),
        ],
    )
    def test_what_is_too_old_or_something_else_is_refused(self, root: object, told: str) -> None:
        with answering(said(200), root=root) as url, connected(url) as cluster:
            with pytest.raises(ClusterError) as raised:
                cluster.ask("GET", "/a")
            assert str(raised.value) == told

    def test_elasticsearch_8_is_taken(self) -> None:
        with answering(said(200), root={"version": {"number": "8.17.0"}}) as url, connected(url) as cluster:
            assert "error" in cluster.ask("GET", "/a")

    def test_nobody_there(self) -> None:
        (port,) = free_ports(1)
        with connected(f"http://127.0.0.1:{port}") as cluster, pytest.raises(ClusterAway) as raised:
            cluster.ask("GET", "/a", seconds=0.2)
        assert str(raised.value) == (
            f"连不上搜索集群（http://127.0.0.1:{port}）。请检查 KB_OPENSEARCH_URL，以及集群是否在运行。"
        )

    def test_somebody_who_never_answers_is_given_up_at_the_deadline(self) -> None:
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with connected(url) as cluster, pytest.raises(ClusterAway) as raised:
                cluster.ask("GET", "/a")
        assert str(raised.value) == f"搜索集群（{url}）在 1 秒内没有答复。请检查集群是否过忙、网络是否畅通。"


class TestRepeating:
    def test_another_node_is_asked_when_one_is_down(self) -> None:
        (port,) = free_ports(1)
        with (
            answering(lambda *_: (200, {"found": True})) as url,
            connected(f"http://127.0.0.1:{port}", url) as cluster,
        ):
            assert all(cluster.ask("GET", "/a")["found"] for _ in range(6))

    def test_a_write_that_may_have_been_heard_is_not_repeated(self) -> None:
        heard = []

        def slow(path: str, body: bytes) -> tuple[int, object]:
            heard.append(path)
            time.sleep(1.5)
            return 200, {}

        with answering(slow) as url, connected(url) as cluster, pytest.raises(ClusterAway):
            cluster.tell("POST", "/a/_doc", {}, seconds=0.5)
        assert heard == ["/a/_doc"]


class TestAway:
    def test_a_few_wait_for_who_does_not_answer_and_the_rest_is_told(self) -> None:
        go_on = threading.Event()
        waiting = threading.Semaphore(0)

        def answer(path: str, body: bytes) -> tuple[int, object]:
            waiting.release()
            return (200, {"found": True}) if path == "/good" or go_on.wait(60) else (500, {})

        with answering(answer) as url:
            cluster = Cluster([url], seconds=30)
            with pytest.raises(ClusterAway):
                cluster.ask("GET", "/bad", seconds=0.1)
            with ThreadPoolExecutor(2) as threads:
                probes = [threads.submit(cluster.ask, "GET", "/bad") for _ in range(2)]
                for _ in range(3):
                    waiting.acquire()
                with pytest.raises(ClusterAway) as raised:
                    cluster.ask("GET", "/good")
                assert str(raised.value) == f"搜索集群（{url}）没有答复刚才的请求，正在重试。请稍后再试。"
                assert cluster.ask("GET", "/good", seconds=30) == {"found": True}  # what nobody asks is not counted
                go_on.set()
                assert [probe.result() for probe in probes] == [{"found": True}] * 2
            assert cluster.ask("GET", "/good") == {"found": True}
            cluster.close()

    def test_a_search_that_waits_lets_others_compute(self) -> None:
        go_on, asked = threading.Event(), threading.Event()

        def answer(path: str, body: bytes) -> tuple[int, object]:
            asked.set()
            go_on.wait(60)
            return 200, {}

        with answering(answer) as url, ThreadPoolExecutor(1) as threads:
            cluster = Cluster([url], seconds=30)

            def search() -> bool:
                with SEARCHING:
                    cluster.ask("GET", "/slow")
                return True

            waiting = threads.submit(search)
            asked.wait()
            with SEARCHING:
                assert not waiting.done()
            go_on.set()
            assert waiting.result()
            cluster.close()


class TestBulk:
    OPERATIONS = tuple(({"create": {"_index": "a", "_id": str(number)}}, {"n": number}) for number in range(9))

    def test_what_is_too_much_is_sent_again_until_it_is_taken(self) -> None:
        written: list[int] = []

        def taking_two(path: str, body: bytes) -> tuple[int, object]:
            lines = body.splitlines()
            items, room = [], 2
            for line in lines[1::2]:
                room -= 1
                if room >= 0:
                    written.append(json.loads(line)["n"])
                items.append({"create": {"_index": "a", "_id": "x", "status": 201 if room >= 0 else 429}})
            return 200, {"errors": len(items) > 2, "items": items}

        with answering(taking_two) as url, connected(url) as cluster:
            cluster.bulk(self.OPERATIONS)
        assert written == list(range(9))

    def test_the_document_that_is_refused_is_named(self) -> None:
        error = {"type": "mapper_parsing_exception", "reason": "no number"}
        items = [
            {"create": {"_index": "a", "_id": str(n), "status": 400 if n == 7 else 201, "error": error}}
            for n in range(9)
        ]
        answer: Answer = lambda *_: (200, {"errors": True, "items": items})  # noqa: E731  # a word for it
        with answering(answer) as url, connected(url) as cluster, pytest.raises(ClusterError) as raised:
            cluster.bulk(self.OPERATIONS)
        assert str(raised.value) == "搜索集群拒绝了请求（mapper_parsing_exception：no number）。（a 的 7）"


def test_a_real_cluster_answers(cluster_node: Node) -> None:
    with connected(cluster_node.url) as cluster:
        cluster.tell("PUT", "/client-test", {"settings": {"number_of_replicas": 0}})
        try:
            cluster.bulk([({"create": {"_index": "client-test", "_id": "1"}}, {"a": 1})])
            assert cluster.ask("GET", "/client-test/_doc/1")["_source"] == {"a": 1}
            with pytest.raises(ClusterConflict):
                cluster.bulk([({"create": {"_index": "client-test", "_id": "1"}}, {"a": 2})])
            cluster.bulk([({"create": {"_index": "client-test", "_id": "1"}}, {"a": 2})], existing_is_good=True)
            cluster.tell("PUT", "/client-test/_settings", {"index.blocks.read_only_allow_delete": True})
            with pytest.raises(ClusterError, match="磁盘快满了"):
                cluster.tell("PUT", "/client-test/_doc/2", {"a": 2})
        finally:
            cluster.tell("DELETE", "/client-test")
