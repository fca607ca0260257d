"""What administrators, disks and other processes do to a running server, and that it says so in ``/healthz``."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from filelock import FileLock

from tests.disks import fill, read_only, small_disk
from tests.e2e.processes import Desk, Server, edit, wait_until

REFUND = "mall/refund/refund-not-received.md"
SECTIONS = "## 标准话术"


def health(server: Server) -> Any:
    return server.get("/healthz")


def views(desk: Desk) -> int:
    """How many views of an article were written down."""
    with closing(sqlite3.connect(desk.data / "zhida.db")) as db:
        (count,) = db.execute("SELECT count(*) FROM events WHERE kind = 'view'").fetchone()
    return int(count)


@pytest.mark.parametrize("mended_by", ["kb index", "backup"])
def test_a_deleted_database_is_said_and_the_next_one_is_used_by_itself(desk: Desk, mended_by: str) -> None:
    desk.json("index")
    backup = shutil.copy(desk.data / "zhida.db", desk.data.with_name("backup.db"))
    with desk.serve() as server:
        for path in desk.data.glob("zhida.db*"):
            path.unlink()
        assert "不见了" in health(server)["checks"]["store"]
        assert health(server)["status"] == "degraded"
        assert server.search("未收到货退款")[0] == "refund-not-received"
        assert server.status("/api/v1/suggest", q="退款") == server.status("/api/v1/faq") == 200
        assert not list(desk.data.glob("zhida.db*"))
        if mended_by == "backup":
            shutil.move(backup, desk.data / "zhida.db")
        else:
            desk.json("index")
        wait_until(lambda: health(server)["status"] == "ok")
        server.post("/api/v1/events", kind="view", id="refund-not-received")
        wait_until(lambda: views(desk) == 1)
        edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        wait_until(lambda: server.search("饕餮 快递")[:1] == ["refund-not-received"])


def test_a_server_stops_although_another_process_holds_the_index(desk: Desk) -> None:
    with desk.serve(KB_LOCK_TIMEOUT="300") as server, FileLock(desk.data / "index" / "LOCK"):
        edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
        wait_until(lambda: "饕餮" in server.get("/api/v1/articles/refund-not-received")["source"])
        assert server.stop() == 0


def test_health_is_degraded_while_another_process_keeps_changes_from_being_taken_over(desk: Desk) -> None:
    with desk.serve(KB_LOCK_TIMEOUT="1") as server:
        with FileLock(desk.data / "index" / "LOCK"):
            edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
            wait_until(lambda: "另一个进程" in health(server)["checks"]["files"])
            assert health(server)["status"] == "degraded"
        wait_until(lambda: health(server)["status"] == "ok")
        assert server.search("饕餮 快递")[0] == "refund-not-received"
        server.stop()
        assert server.errors.count("另一个进程") == 1


def test_health_is_degraded_while_the_articles_folder_is_gone(desk: Desk) -> None:
    with desk.serve() as server:
        away = desk.articles.rename(desk.articles.with_name("away"))
        wait_until(lambda: str(desk.articles) in health(server)["checks"]["files"])
        assert server.search("未收到货退款")[0] == "refund-not-received"
        away.rename(desk.articles)
        wait_until(lambda: health(server)["status"] == "ok")
        server.stop()
        assert server.errors.count("无法监视") == 1


def test_a_broken_file_is_logged_once_when_it_appears(desk: Desk) -> None:
    broken = "---\nid: [\n---\n"
    (desk.articles / "mall/refund/bad.md").write_text(broken, encoding="utf-8")
    with desk.serve() as server:
        (desk.articles / "mall/refund/worse.md").write_text(broken, encoding="utf-8")
        (desk.articles / REFUND).write_text(broken, encoding="utf-8")
        wait_until(lambda: bool(server.get("/api/v1/articles/refund-not-received")["outdated_by"]))
        edit(desk.articles / "mall/refund/refund-express.md", SECTIONS, f"{SECTIONS}\n饕餮快递。")
        wait_until(lambda: server.search("饕餮") == ["refund-express"])
        assert health(server)["status"] == "ok"
        server.stop()
        for path in ("mall/refund/bad.md", "mall/refund/worse.md", REFUND):
            assert server.errors.count(f"{path}:3: ") == 1


@contextmanager
def unwritable(desk: Desk, disk: str, left_by: str) -> Iterator[None]:
    """An indexed data folder on a disk that takes nothing more, as a stopped or a killed server left it."""
    with small_disk(desk.data):
        server = desk.serve()
        server.post("/api/v1/events", kind="view", id="refund-not-received")
        server.stop() if left_by == "stop" else server.kill()
        if disk == "full":
            fill(desk.data)
            yield
        else:
            with read_only(desk.data):
                yield


@pytest.mark.parametrize("left_by", ["stop", "kill"])
@pytest.mark.parametrize("disk", ["full", "read-only"])
def test_what_was_written_is_still_read_when_nothing_more_can_be_written(desk: Desk, disk: str, left_by: str) -> None:
    with unwritable(desk, disk, left_by):
        assert desk.json("search", "未收到货退款")["hits"][0]["id"] == "refund-not-received"
        assert desk.json("suggest", "tk")["suggestions"]
        assert desk.json("faq")["items"]
        assert desk.run("stale", "--format", "json").returncode == 0
        assert desk.json("doctor")["ok"]
        with desk.serve() as server:
            assert server.search("未收到货退款")[0] == "refund-not-received"
            assert server.get("/api/v1/articles/refund-not-received")["id"] == "refund-not-received"
            server.post("/api/v1/events", kind="copy", id="refund-not-received")
            wait_until(lambda: health(server)["lost_log_entries"] > 0)
            edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
            wait_until(lambda: health(server)["checks"]["files"] != "ok")
            assert health(server)["status"] == "degraded"
            assert server.stop() == 0


def test_writing_goes_on_by_itself_when_there_is_room_again(desk: Desk) -> None:
    with small_disk(desk.data):
        desk.json("index")
        filler = fill(desk.data)
        with desk.serve() as server:
            edit(desk.articles / REFUND, SECTIONS, f"{SECTIONS}\n饕餮快递。")
            wait_until(lambda: health(server)["status"] == "degraded")
            filler.unlink()
            wait_until(lambda: health(server)["status"] == "ok")
            assert server.search("饕餮 快递")[0] == "refund-not-received"
            server.post("/api/v1/events", kind="view", id="refund-not-received")
            wait_until(lambda: views(desk) == 1)


@pytest.mark.parametrize("size", ["16k", "300k", "1m"])  # too small for an empty database, the catalog, the index
def test_a_disk_that_is_too_small_for_the_first_index_is_said_plainly(desk: Desk, size: str) -> None:
    with small_disk(desk.data, size):
        done = desk.run("index")
        assert done.returncode == 2
        assert "磁盘" in done.stderr
        assert "原来的索引" not in done.stderr
        assert "Traceback" not in done.stderr
    assert desk.json("index")["articles"] > 60


def test_usage_is_recorded_although_the_database_was_locked_and_the_server_stopped_at_once(desk: Desk) -> None:
    with desk.serve() as server:
        with closing(sqlite3.connect(desk.data / "zhida.db", isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            server.post("/api/v1/events", kind="view", id="refund-not-received")
            other.execute("ROLLBACK")
        wait_until(lambda: views(desk) == 1)
        server.post("/api/v1/events", kind="view", id="refund-not-received")
        assert server.stop() == 0
    assert views(desk) == 2
