"""A real server on real files: edits show up, broken files don't take anything down, kills lose nothing."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.processes import Desk, edit, wait_until

REFUND = "mall/refund/refund-not-received.md"
SECTIONS = "## 标准话术"


def test_the_main_job(desk: Desk) -> None:
    with desk.serve() as server:
        offered = [row["text"] for row in server.get("/api/v1/suggest", q="退款")["suggestions"]]
        assert {"未收到货退款", "已收到货退款"} <= set(offered)
        assert server.search("没收到货怎么退款")[0] == "refund-not-received"
        assert "拦截" in server.get("/api/v1/articles/refund-not-received")["script"]
        assert server.get("/api/v1/faq")["items"][0]["pinned"]
        assert server.get("/healthz")["status"] == "ok"
        assert server.stop() == 0


def test_an_edit_a_new_file_and_a_deletion_show_up_without_a_restart(desk: Desk) -> None:
    path = desk.articles / REFUND
    with desk.serve() as server:
        assert server.get("/api/v1/search", q="饕餮")["total"] == 0
        edit(path, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        wait_until(lambda: server.search("饕餮 快递")[:1] == ["refund-not-received"])
        copy = path.with_name("copied.md")
        shutil.copy(path, copy)
        edit(copy, "id: refund-not-received", "id: copied")
        edit(copy, "title: 未收到货退款", "title: 河马退款")
        wait_until(lambda: server.search("河马")[:1] == ["copied"])
        wait_until(lambda: "copied" in [row["id"] for row in server.get("/api/v1/suggest", q="hema")["suggestions"]])
        copy.unlink()
        wait_until(lambda: server.status("/api/v1/articles/copied") == 404)
        wait_until(lambda: "copied" not in server.search("河马退款"))


def test_a_renamed_product_shows_up_in_all_its_articles(desk: Desk) -> None:
    with desk.serve() as server:
        assert server.status("/api/v1/search", q="退款", product="云上商城") == 400
        edit(desk.articles / "mall/_index.md", "title: 网上商城", "title: 云上商城")
        wait_until(lambda: server.status("/api/v1/search", q="退款", product="云上商城") == 200)
        assert server.get("/api/v1/search", q="云上商城退款", product="mall")["hits"][0]["product"] == "云上商城"


def test_an_articles_folder_replaced_as_a_whole_is_taken_over(desk: Desk) -> None:
    with desk.serve() as server:
        copy = shutil.copytree(desk.articles, desk.articles.with_name("next"))
        edit(copy / REFUND, SECTIONS, f"{SECTIONS}\n饕餮。")
        desk.articles.rename(desk.articles.with_name("previous"))
        copy.rename(desk.articles)
        wait_until(lambda: server.search("饕餮")[:1] == ["refund-not-received"])


def test_a_broken_edit_keeps_the_last_good_version_marked(desk: Desk) -> None:
    path = desk.articles / REFUND
    good = path.read_bytes()
    with desk.serve() as server:
        path.write_bytes(b"---\nid: [\n" + os.urandom(200))
        wait_until(lambda: bool(server.get("/api/v1/articles/refund-not-received")["outdated_by"]))
        assert "refund-not-received" in server.search("未收到货退款")
        path.write_bytes(good)
        wait_until(lambda: not server.get("/api/v1/articles/refund-not-received")["outdated_by"])
        path.write_bytes(b"---\nid: [\n")
        wait_until(lambda: bool(server.get("/api/v1/articles/refund-not-received")["outdated_by"]))
    with desk.serve() as server:  # also after a restart
        assert "refund-not-received" in server.search("未收到货退款")
    assert f"{REFUND}:1: " in desk.run("lint").stdout


def test_one_client_that_asks_for_hundreds_of_suggestions_breaks_nothing(desk: Desk) -> None:
    typed = ["退", "退款", "tk", "tuikuan", "没", "发票", "x" * 200, "\u200b", "%", "退" * 150]
    with desk.serve() as server:

        def hammer(_: int) -> set[int]:
            return {server.status("/api/v1/suggest", q=text, limit="50") for text in typed * 5}

        with ThreadPoolExecutor(20) as threads:
            answered = list(threads.map(hammer, range(20)))
        assert answered == [{200}] * 20
        assert server.search("没收到货怎么退款")[0] == "refund-not-received"
        assert server.get("/healthz")["status"] == "ok"
        assert server.stop() == 0


def test_a_dead_index_leaves_panel_suggestions_and_tree(desk: Desk) -> None:
    with desk.serve() as server:
        for path in sorted((desk.data / "index").rglob("*"), reverse=True):
            path.unlink() if path.is_file() else path.rmdir()
        assert server.get("/api/v1/faq")["items"]
        assert server.get("/api/v1/suggest", q="退款")["suggestions"]
        assert server.get("/api/v1/browse")["products"]


def test_a_command_indexes_while_the_server_runs(desk: Desk) -> None:
    with desk.serve() as server:
        before = server.get("/healthz")["generation"]
        done = desk.run("index", "--rebuild")
        assert done.returncode == 0, done.stderr
        wait_until(lambda: server.get("/healthz")["generation"] != before)
        assert server.search("未收到货退款")[0] == "refund-not-received"


def test_a_damaged_index_is_rebuilt_loudly_and_nothing_is_lost(desk: Desk) -> None:
    desk.json("index")
    damage_index(desk)
    done = desk.run("search", "退款")
    assert done.returncode == 2
    assert "kb index --rebuild" in done.stderr
    with desk.serve() as server:
        assert server.search("未收到货退款")[0] == "refund-not-received"
        damage_index(desk)  # under the running server: it notices at the next search and mends it
        wait_until(lambda: server.status("/api/v1/search", q="未收到货退款") == 200)
        assert server.search("未收到货退款")[0] == "refund-not-received"


def test_a_damaged_database_is_named_with_the_way_to_mend_it(desk: Desk) -> None:
    desk.json("index")
    database = desk.data / "zhida.db"
    for leftover in desk.data.glob("zhida.db-*"):
        leftover.unlink()
    database.write_bytes(os.urandom(5000))
    done = desk.run("serve", "--port", "0")
    assert done.returncode == 2
    assert "zhida.db" in done.stderr
    assert "备份" in done.stderr
    database.unlink()
    assert desk.json("index")["articles"] > 60


def test_searching_goes_on_when_the_database_fails_under_a_running_server(desk: Desk) -> None:
    with desk.serve() as server:
        (desk.data / "zhida.db").write_bytes(os.urandom(5000))
        assert server.status("/api/v1/suggest", q="退款") == 200
        assert server.status("/api/v1/faq") == 200


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_the_next_run_ends_in_the_same_state(desk: Desk, seed: int) -> None:
    moments = random.Random(seed)  # a repeatable choice, no secret
    desk.json("index")
    for animal in ("长颈鹿", "北极熊", "饕餮"):
        edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n{animal}。")
        process = subprocess.Popen(
            desk.arguments("index", *(["--rebuild"] if moments.random() < 0.5 else [])),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        threading.Event().wait(moments.uniform(0.05, 0.9))  # any moment will do: that is what is tested
        process.send_signal(signal.SIGKILL)
        process.wait()
    report = desk.json("index")
    assert report["errors"] == 0
    expected = desk.json("index", "--rebuild")["articles"]
    assert report["articles"] == expected
    assert desk.json("search", "饕餮")["hits"][0]["id"] == "refund-not-received"


def test_a_killed_server_leaves_a_working_desk(desk: Desk) -> None:
    server = desk.serve()
    edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n长颈鹿。")
    server.kill()
    with desk.serve() as server:
        assert server.search("长颈鹿")[0] == "refund-not-received"


def test_a_locked_index_is_waited_for_then_reported(desk: Desk) -> None:
    from filelock import FileLock

    desk.json("index")
    edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n长颈鹿。")
    with FileLock(desk.data / "index" / "LOCK"):
        done = desk.run("index", env={**os.environ, "KB_LOCK_TIMEOUT": "1"})
        assert done.returncode == 2
        assert "另一个进程" in done.stderr
        assert desk.json("search", "未收到货退款")["hits"][0]["id"] == "refund-not-received"
    assert desk.json("index")["changed"] == 1


def test_a_full_disk_leaves_the_old_index_serving(desk: Desk) -> None:
    resource = pytest.importorskip("resource", reason="file size limits exist on Unix only")
    desk.json("index")

    def no_large_files() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    done = desk.run("index", "--rebuild", preexec_fn=no_large_files)
    assert done.returncode == 2
    assert "原来的索引照常使用" in done.stderr
    assert desk.json("search", "未收到货退款")["hits"][0]["id"] == "refund-not-received"
    assert desk.json("index", "--rebuild")["articles"] > 60


def test_a_port_in_use_is_said_plainly(desk: Desk) -> None:
    with desk.serve() as server:
        port = server.url.rsplit(":", 1)[1]
        done = desk.run("serve", "--port", port)
        assert done.returncode == 2
        assert port in done.stderr


def test_a_missing_articles_folder_is_said_plainly(desk: Desk) -> None:
    shutil.rmtree(desk.articles)
    done = desk.run("index")
    assert done.returncode == 2
    assert str(desk.articles) in done.stderr


def damage_index(desk: Desk) -> None:
    ours = {*(desk.data / "index").glob("*/meta.json")}
    for path in (desk.data / "index").glob("*/**/*"):
        if path.is_file() and path not in ours:
            path.write_bytes(os.urandom(path.stat().st_size))
