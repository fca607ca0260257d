"""The engine on a cluster: what it does when something of the cluster, or another writer, is not as it should be."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kb.cluster.client import Cluster
from kb.config import Settings
from kb.engines.cluster_documents import STATE
from kb.engines.cluster_generations import ClusterGenerations
from kb.engines.cluster_index import ClusterIndex
from kb.engines.opensearch_engine import OpenSearchEngine
from kb.engines.whoosh_engine import WhooshEngine
from kb.errors import ClusterAway, ClusterError, IndexCorrupt, IndexLocked, SmokeTestFailed
from kb.model import SearchRequest
from kb.ports.engine import IndexDocument, SearchEngine
from kb.service import Service
from tests.callers import ANYBODY
from tests.cluster.nodes import Node, clear, patient, wait_for
from tests.conformance.test_search_engine import CORPUS, document, ids, query
from tests.conftest import indexed
from tests.e2e.processes import wait_until

PREFIX = "faults"


def opened(*nodes: Node, timeout: float = 20.0, prefix: str = PREFIX) -> OpenSearchEngine:
    return OpenSearchEngine(patient(*nodes), prefix, lock_timeout=timeout)


@pytest.fixture
def engine(cluster_node: Node) -> Iterator[OpenSearchEngine]:
    engine = opened(cluster_node)
    engine.rebuild(CORPUS, "fp-1")
    yield engine
    engine.close()
    clear(cluster_node)


@pytest.fixture
def cluster(cluster_node: Node) -> Iterator[Cluster]:
    cluster = patient(cluster_node)
    yield cluster
    cluster.close()


def serving(cluster: Cluster) -> str:
    (name,) = cluster.ask("GET", f"/_alias/{PREFIX}-read")
    return str(name)


class TestAliases:
    def test_both_point_at_the_generation_that_serves(self, engine: OpenSearchEngine, cluster: Cluster) -> None:
        engine.rebuild(CORPUS, "fp-2")
        aliases = cluster.ask("GET", f"/{serving(cluster)}/_alias")[serving(cluster)]["aliases"]
        assert aliases == {f"{PREFIX}-read": {}, f"{PREFIX}-write": {"is_write_index": True}}
        assert engine.generation() == f"{serving(cluster)}.1"

    def test_one_that_points_nowhere_is_said_and_mended_by_a_rebuild(
        self, engine: OpenSearchEngine, cluster: Cluster, cluster_node: Node
    ) -> None:
        assert ids(engine, "电子发票")[0] == "invoice"
        cluster.ask("DELETE", f"/{serving(cluster)}/_alias/{PREFIX}-read")
        engine._looked = 0.0
        assert ids(engine, "电子发票")[0] == "invoice"  # what is open goes on
        other = opened(cluster_node)
        with pytest.raises(IndexCorrupt) as raised:
            other.search(query("电子发票"))
        assert str(raised.value) == (
            "集群上有已建好的索引，但别名 faults-read 没有指向其中任何一个；请执行 kb index --rebuild。"
        )
        other.rebuild(CORPUS[:2], "fp-2")
        assert other.doc_count() == 2
        other.close()

    def test_one_that_points_at_two_is_said(
        self, engine: OpenSearchEngine, cluster: Cluster, cluster_node: Node
    ) -> None:
        first = serving(cluster)
        engine.rebuild(CORPUS, "fp-2")
        second = serving(cluster)
        cluster.ask("PUT", f"/{first}/_alias/{PREFIX}-read")
        other = opened(cluster_node)
        with pytest.raises(IndexCorrupt) as raised:
            other.doc_count()
        assert str(raised.value) == (
            f"集群上的别名 faults-read 同时指向 {first}、{second}，不知道用哪一个；请执行 kb index --rebuild。"
        )
        other.close()

    def test_a_generation_that_is_not_whole_does_not_serve(
        self, engine: OpenSearchEngine, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ClusterIndex, "fill", forgetful(ClusterIndex.fill))
        with pytest.raises(SmokeTestFailed, match="新索引应有 5 条，实有 4 条"):
            engine.rebuild(CORPUS, "fp-2")
        assert (engine.fingerprint(), engine.doc_count()) == ("fp-1", 5)


def forgetful(fill: Callable[..., None]) -> Callable[..., None]:
    """The way to fill an index, losing the last document."""
    return lambda self, documents: fill(self, list(documents)[:-1])


class TestReadOnly:
    @pytest.mark.parametrize(
        ("block", "told"),
        [
            (
                "read_only_allow_delete",
                "搜索集群的磁盘快满了，索引已被集群设为只读，查询照常。请清理磁盘或增加节点，之后会自动继续写入。",
            ),
            (
                "write",
                "搜索集群上的索引是只读的，查询照常（index [{name}] blocked by: [FORBIDDEN/8/index write (api)];）。"
                "请管理员解除只读设置，之后会自动继续写入。",
            ),
        ],
    )
    def test_searches_go_on_and_writing_says_why_not(
        self, engine: OpenSearchEngine, cluster: Cluster, block: str, told: str
    ) -> None:
        name = serving(cluster)
        cluster.tell("PUT", f"/{name}/_settings", {f"index.blocks.{block}": True})
        with pytest.raises(ClusterError) as raised, engine.batch() as batch:
            batch.put(document("more", "饕餮"))
        assert str(raised.value).removesuffix(f"（{name} 的 5）") == told.format(name=name)
        assert (ids(engine, "电子发票")[0], engine.doc_count()) == ("invoice", 5)
        cluster.tell("PUT", f"/{name}/_settings", {f"index.blocks.{block}": None})
        with engine.batch() as batch:
            batch.put(document("more", "饕餮"))
        assert ids(engine, "饕餮") == ["more"]


class TestAway:
    def test_what_was_asked_before_is_answered_from_memory(self, engine: OpenSearchEngine, cluster_node: Node) -> None:
        engine.close()
        engine = OpenSearchEngine(Cluster([cluster_node.url]), PREFIX)  # with the deadline of every house
        hit = engine.search(query("电子发票")).hits[0]
        assert hit.evidence().texts["title"].text == "电子发票开具"
        cluster_node.pause()
        try:
            engine._looked = 0.0
            again = engine.search(query("电子发票"))
            assert (again.hits[0].id, again.hits[0].evidence()) == ("invoice", hit.evidence())
            with pytest.raises(ClusterAway) as raised:
                engine.search(query("配网失败"))
            assert str(raised.value) == (
                f"搜索集群（{cluster_node.url}）在 1 秒内没有答复。请检查集群是否过忙、网络是否畅通。"
            )
        finally:
            cluster_node.resume()
        engine.close()
        again_there = opened(cluster_node)
        assert ids(again_there, "配网失败")[0] == "wifi"
        again_there.close()

    @pytest.mark.parametrize("looks", [OpenSearchEngine.look, lambda engine: engine.search(query("电子发票"))])
    def test_one_who_waits_for_a_cluster_that_hangs_holds_up_nobody_else(
        self, engine: OpenSearchEngine, cluster_node: Node, looks: Callable[[OpenSearchEngine], object]
    ) -> None:
        found = ids(engine, "电子发票")
        looker = threading.Thread(target=looks, args=(engine,))
        cluster_node.pause()
        try:
            engine._looked -= engine.refresh_seconds
            looker.start()
            wait_until(engine._lock.locked)
            assert ids(engine, "电子发票") == found
            assert looker.is_alive()  # it has 20 seconds
        finally:
            cluster_node.resume()
            looker.join()

    def test_where_nothing_is_open_one_tries_and_the_others_are_told(self, cluster_node: Node) -> None:
        cluster_node.pause()
        try:
            away = OpenSearchEngine(Cluster([cluster_node.url]), PREFIX)
            with ThreadPoolExecutor(8) as threads:
                asked = [threads.submit(away.generation) for _ in range(8)]
                told = [one.exception() for one in asked]
            assert len(set(map(id, told))) == 1
            assert isinstance(told[0], ClusterAway)
        finally:
            cluster_node.resume()
        away.close()

    def test_a_server_looks_so_that_no_search_has_to(
        self, engine: OpenSearchEngine, cluster_node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        other = opened(cluster_node)
        assert ids(other, "饕餮") == []
        with engine.batch() as batch:
            batch.put(document("more", "饕餮"))
        monkeypatch.setattr(OpenSearchEngine, "look_seconds", 0.0)
        other.look()
        monkeypatch.setattr(ClusterGenerations, "current", lambda self: pytest.fail("looked while it was asked"))
        assert ids(other, "饕餮") == ["more"]
        other.close()


class TestWriters:
    def test_one_that_is_killed_before_it_commits_leaves_nothing(
        self, engine: OpenSearchEngine, cluster_node: Node
    ) -> None:
        before = engine.generation()
        killed(cluster_node, "batch")
        survivor = opened(cluster_node)
        assert (survivor.generation(), ids(survivor, "半成品")) == (before, [])
        with survivor.batch() as batch:  # its lease lapses
            batch.put(document("invoice", "纸质收据", revision="2"))
        assert (ids(survivor, "半成品"), ids(survivor, "收据")[0], survivor.doc_count()) == ([], "invoice", 5)
        survivor.close()

    def test_one_that_is_killed_while_it_rebuilds_leaves_what_served(
        self, engine: OpenSearchEngine, cluster: Cluster, cluster_node: Node
    ) -> None:
        killed(cluster_node, "rebuild")
        survivor = opened(cluster_node)
        assert (survivor.fingerprint(), ids(survivor, "电子发票")[0]) == ("fp-1", "invoice")
        survivor.rebuild(CORPUS[:3], "fp-2")
        survivor.rebuild(CORPUS[:2], "fp-3")
        assert survivor.doc_count() == 2
        generations = [name for name in cluster.ask("GET", f"/{PREFIX}-*/_alias") if name.count("-") == 2]
        assert len(generations) == 2  # what was left is swept
        survivor.close()

    @pytest.mark.parametrize(
        ("still_at", "told"),
        [
            ("fill", "另一个进程已经接管索引，清理了这次没有建完的一代。请重新执行。"),
            ("_still_ours", "索引刚被另一个进程换成 {}，这次重建的没有启用。请重新执行。"),
        ],
    )
    def test_a_rebuild_that_stood_still_does_not_take_the_place_of_a_later_one(
        self, engine: OpenSearchEngine, cluster: Cluster, cluster_node: Node, still_at: str, told: str
    ) -> None:
        """Its lease lapsed before it sent its documents, or before its last step, and it has not heard of that."""
        other, later = opened(cluster_node), ""
        place = ClusterIndex if still_at == "fill" else ClusterGenerations
        step = getattr(place, still_at)

        def stand_still(self: Any, *rest: Any) -> None:
            nonlocal later
            patch.setattr(place, still_at, step)
            patch.setattr(ClusterGenerations, "writing", lambda self: nullcontext())
            patch.setattr(ClusterGenerations, "_still_ours", lambda self: None)
            later = other.rebuild(CORPUS[:3], "fp-2")
            step(self, *rest)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(place, still_at, stand_still)
            with pytest.raises(IndexLocked) as raised:
                engine.rebuild(CORPUS[:2], "fp-late")
        assert str(raised.value) == told.format(later)
        assert (serving(cluster), other.doc_count()) == (later, 3)
        generations = [name for name in cluster.ask("GET", f"/{PREFIX}-*/_alias") if name.count("-") == 2]
        assert len(generations) == 2  # what the late one made is gone
        other.close()

    def test_a_swap_whose_answer_got_lost_has_happened(
        self, engine: OpenSearchEngine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        once = Cluster._once

        def heard_twice(self: Cluster, method: str, path: str, *rest: Any) -> Any:
            if path == "/_aliases":
                once(self, method, path, *rest)
            return once(self, method, path, *rest)

        monkeypatch.setattr(Cluster, "_once", heard_twice)
        assert engine.rebuild(CORPUS[:2], "fp-2") == serving(cluster)
        assert engine.doc_count() == 2

    def test_a_generation_that_serves_is_not_discarded_because_nobody_said_so(
        self, engine: OpenSearchEngine, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ask = Cluster.ask

        def lost(self: Cluster, method: str, path: str, *rest: Any, **more: Any) -> Any:
            answer = ask(self, method, path, *rest, **more)
            if path == "/_aliases":
                raise ClusterAway("no answer in time")
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(Cluster, "ask", lost)
            with pytest.raises(ClusterAway):
                engine.rebuild(CORPUS[:2], "fp-2")
        engine._looked = 0.0
        assert (engine.fingerprint(), engine.doc_count()) == ("fp-2", 2)

    @pytest.mark.parametrize("late", [(), (document("late", "迟到的条目"),)])
    def test_one_that_comes_late_changes_nothing(
        self, engine: OpenSearchEngine, cluster: Cluster, late: tuple[IndexDocument, ...]
    ) -> None:
        """Its lease lapsed because it stood still; another one has written meanwhile."""

        def documents() -> Iterator[IndexDocument]:
            with engine.batch() as batch:
                batch.put(document("quick", "先到的条目"))
            yield from late

        with pytest.raises(IndexLocked) as raised:
            ClusterIndex(cluster, serving(cluster)).change(documents(), ["invoice"])
        assert str(raised.value) == "索引刚被另一个进程写入，这次的改动没有生效。请重新执行。"
        assert sorted(engine.revisions()) == sorted([*(one.id for one in CORPUS), "quick"])
        with engine.batch() as batch:
            batch.delete("quick")
        assert engine.doc_count() == len(CORPUS)


class TestFollowing:
    def test_edits_are_followed_whatever_has_been_read(self, cluster_node: Node, engine: OpenSearchEngine) -> None:
        """A reader that follows commit by commit answers as one that reads everything anew."""
        follower = opened(cluster_node)
        for round_ in range(12):
            ids(follower, "电子发票退款")
            with engine.batch() as batch:
                batch.put(document("invoice", f"电子发票退款第{round_}版", revision=str(round_)))
                batch.put(document(f"n{round_ % 5}", f"退款条目{round_}", body="货到付款" * round_))
                batch.delete(f"n{(round_ + 3) % 5}")
            follower._looked = 0.0
            fresh = opened(cluster_node)
            asked = [query("电子发票退款", facets=("product",)), query("货到", phrases=("货",)), query("")]
            assert [answer(follower, one) for one in asked] == [answer(fresh, one) for one in asked]
            fresh.close()
        follower.close()

    def test_versions_nobody_reads_any_more_are_taken_away(
        self, engine: OpenSearchEngine, cluster: Cluster, cluster_node: Node, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        follower, late = opened(cluster_node), opened(cluster_node)
        late.doc_count()
        monkeypatch.setattr("kb.engines.cluster_documents._KEPT_SECONDS", -1)
        for round_ in range(4):
            with engine.batch() as batch:
                batch.put(document("invoice", f"电子发票第{round_}版", revision=str(round_)))
            follower._looked = 0.0
            assert (follower.doc_count(), follower.revisions()["invoice"]) == (len(CORPUS), str(round_))
        state = cluster.ask("GET", f"/{serving(cluster)}/_doc/{STATE}")["_source"][STATE]
        assert (state["commit"], state["since"], len(state["deaths"])) == (5, 4, 1)
        late._looked = 0.0
        assert late.revisions() == engine.revisions()
        for one in (follower, late):
            one.close()


def answer(engine: SearchEngine, asked: Any) -> object:
    found = engine.search(asked)
    return [(hit.id, hit.revision, hit.score) for hit in found.hits], found.total, found.facets


def killed(node: Node, what: str) -> None:
    """Have another process killed in the middle of a batch or a rebuild."""
    process = multiprocessing.get_context("spawn").Process(target=write_and_die, args=(node.url, what))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def write_and_die(url: str, what: str) -> None:
    """Run in a child process: everything is written but what makes it hold."""
    engine = OpenSearchEngine(Cluster([url]), PREFIX)
    told = Cluster.tell

    def tell(self: Cluster, method: str, path: str, *rest: Any, **more: Any) -> Any:
        if path.endswith(f"/_doc/{STATE}"):
            os.kill(os.getpid(), signal.SIGKILL)
        return told(self, method, path, *rest, **more)

    Cluster.tell = tell  # type: ignore[method-assign]  # the child dies of it
    if what == "rebuild":
        engine.rebuild([document("half", "半成品")], "fp-dead")
    with engine.batch() as batch:
        batch.put(document("half", "半成品"))
        batch.delete("wifi")


def test_thousands_of_articles_score_as_in_an_engine_on_files(cluster_node: Node, tmp_path: Path) -> None:
    """Lists that are longer than what Lucene looks at together."""
    words = ("退款", "发票", "登录", "积分", "快递", "充值")
    many = [
        document(
            f"d{number:05}",
            words[number % 6] * (1 + number % 4),
            words[number % 5] + str(number % 97),
            body=(words[number % 3] + "怎么办") * (number % 7),
        )
        for number in range(6000)
    ]
    engines: list[SearchEngine] = [opened(cluster_node), WhooshEngine(tmp_path / "index")]
    for engine in engines:
        engine.rebuild(many, "fp")
    for text in ("退款怎么办", "积分充值 42", "快递发票", "登录"):
        asked = query(text, facets=("product",), floor=0.15, limit=50)
        assert answer(engines[0], asked) == answer(engines[1], asked)
    for engine in engines:
        engine.close()
    clear(cluster_node)


def test_a_house_on_a_cluster_answers_as_one_on_files(
    cluster_node: Node, tmp_path: Path, settings: Settings, service: Service
) -> None:
    on_cluster = replace(
        settings, data=tmp_path, engine="opensearch", opensearch_url=(cluster_node.url,), opensearch_index="house"
    )
    desks = [one.desk(ANYBODY) for one in (service, indexed(on_cluster))]
    try:
        for text in (
            "退款多久到账",
            "发票怎么开",
            "“退款”",
            "密码 -登录",
            "tuikuan",
            "快递丢了",
            "会员积分",
            "5G 网络",
        ):
            pages = [desk.search(SearchRequest(text, limit=20)) for desk in desks]
            assert pages[0].hits
            assert pages[0].hits == pages[1].hits
            assert (pages[0].total, pages[0].facets) == (pages[1].total, pages[1].facets)
    finally:
        clear(cluster_node)


def test_a_node_killed_under_load_fails_no_search(three_nodes: list[Node]) -> None:
    """Searched all the time, the cluster each time, while the node with the primary shard is killed and comes back."""
    nodes = three_nodes
    engine = opened(*nodes)
    engine.rebuild([document(f"d{number:03}", f"第{number}条 发票{number}") for number in range(400)], "fp")
    wait_for(nodes, 3, "green")
    cluster = patient(nodes[1])
    (primary,) = [
        one for one in cluster.ask("GET", f"/_cat/shards/{serving(cluster)}", format="json") if one["prirep"] == "p"
    ]
    cluster.close()
    (lost,) = [node for node in nodes if f"n{node.number}" == primary["node"]]
    others = [node for node in nodes if node is not lost]
    stop, failures, found = threading.Event(), [], []

    def search() -> None:
        number = 0
        while not stop.wait(0.02):
            number = (number + 1) % 400
            engine._view = None  # nothing is kept
            try:
                found.append(ids(engine, "", phrases=(f"发票{number}",)) == [f"d{number:03}"])
            except Exception as error:  # any failure at all fails the test
                failures.append(error)

    thread = threading.Thread(target=search)
    thread.start()
    try:
        lost.kill()
        wait_for(others, 2)
        with engine.batch() as batch:
            batch.put(document("new", "新增条目"))
        lost.start()
        wait_for(nodes, 3)
    finally:
        stop.set()
        thread.join()
    assert (failures, set(found), engine.doc_count()) == ([], {True}, 401)
    engine.close()


def test_nobody_waits_while_somebody_else_reads_the_index_anew(
    engine: OpenSearchEngine, cluster_node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower, reading, go_on = opened(cluster_node), threading.Event(), threading.Event()
    assert follower.doc_count() == len(CORPUS)
    read = ClusterIndex.reader

    def slow(index: ClusterIndex) -> Any:
        reading.set()
        assert go_on.wait(30)
        return read(index)

    with engine.batch() as batch:
        batch.delete("invoice")
    follower.refresh_seconds = 0.0
    with monkeypatch.context() as patch, ThreadPoolExecutor(1) as other:
        patch.setattr(ClusterIndex, "reader", slow)
        looking = other.submit(follower.doc_count)
        assert reading.wait(30)
        try:
            assert follower.doc_count() == len(CORPUS)
        finally:
            go_on.set()
        assert looking.result() == follower.doc_count() == len(CORPUS) - 1
    follower.close()
