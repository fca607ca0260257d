"""``kb review``, programs and a running server that is killed: together they lose no verdict and count none twice."""

from __future__ import annotations

import json
import sqlite3
import threading
import urllib.error
import urllib.request
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

import pytest

from tests.e2e.processes import Desk, Server, wait_until
from tests.e2e.test_saving_together import serve
from tests.unit.article_tree import ARTICLE, make_tree, write

ID, PATH = "refund-not-received", "mall/refund/refund-not-received.md"
IDS = [f"article-{number}" for number in range(4)]
SOURCE = "---\nid: {id}\ntitle: 第 {id} 条\n---\n## 标准话术\n您好。\n"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    root = make_tree(tmp_path / "articles")
    for article_id in IDS:
        write(root, f"mall/refund/{article_id}.md", SOURCE.format(id=article_id))
    desk = Desk(root, tmp_path / "data")
    desk.run("index")
    return desk


def test_a_verdict_on_the_command_line(desk: Desk) -> None:
    given = desk.json("review", ID, "--verdict", "confirm", "--by", "李审", "--note", "都对")
    assert (given["id"], given["verdict"], given["by"], given["note"]) == (ID, "confirm", "李审", "都对")
    assert "verified_by: 李审\n" in (desk.articles / PATH).read_text(encoding="utf-8")
    done = desk.run("review", ID, "--verdict", "revise", "--by", "赵审", "--note", "[金额]是旧的")
    assert (done.returncode, "已记下" in done.stdout, "退回修改" in done.stdout) == (0, True, True)
    assert desk.run("doctor").stdout.count("没有中断过的审核结论") == 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing", "--verdict", "confirm", "--by", "李审"), 1, "nothing"),
        ((ID, "--verdict", "confirm", "--by", "李审", "--revision", "x"), 1, "改过"),
        ((ID, "--verdict", "approve", "--by", "李审"), 2, "approve"),
        ((ID, "--verdict", "confirm"), 2, "--by"),
        ((ID, "--verdict", "confirm", "--by", " "), 2, "审核人是谁"),
        ((ID, "--verdict", "revise", "--by", "李审"), 2, "写明"),
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = desk.run("review", *arguments)
    assert (done.returncode, said in done.stderr) == (code, True), done.stderr
    assert (desk.articles / PATH).read_text(encoding="utf-8") == ARTICLE


class Reviewer:
    """Confirms articles through a server, in a name of its own, as often as it is told to."""

    def __init__(self, name: str) -> None:
        self.name, self.given = name, 0

    def confirm(self, server: Server, article_id: str) -> None:
        """Until it is given. Raises OSError or HTTPException when the server is gone."""
        while True:
            seen = server.get(f"/api/v1/articles/{article_id}")["revision"]
            body = {"id": article_id, "verdict": "confirm", "revision": seen, "note": f"{self.name} {self.given}"}
            headers = {"X-Name": self.name, "Content-Type": "application/json"}
            request = urllib.request.Request(  # our own server
                f"{server.url}/api/v1/reviews", json.dumps(body).encode(), headers
            )
            try:
                urllib.request.urlopen(request, timeout=60).close()
            except urllib.error.HTTPError as error:
                with error:
                    assert error.code in (409, 503), error.read()  # noqa: PT017  # an answer that is right
                continue
            self.given += 1
            return

    def work(self, server: Server) -> None:
        try:
            for count in range(1000):
                self.confirm(server, IDS[count % len(IDS)])
        except (OSError, HTTPException):
            return  # the server is gone


def test_programs_commands_and_a_killed_server_lose_and_double_nothing(desk: Desk) -> None:
    reviewers = [Reviewer(f"reviewer-{number}") for number in range(6)]
    server = serve(desk)
    threads = [threading.Thread(target=reviewer.work, args=(server,)) for reviewer in reviewers]
    for thread in threads:
        thread.start()
    by_hand = 0
    for count in range(3):
        done = desk.run("review", IDS[count], "--verdict", "confirm", "--by", "值班", "--note", f"第 {count} 次")
        by_hand += done.returncode == 0
        assert done.returncode in (0, 1), done.stderr  # 1: somebody was quicker
    wait_until(lambda: sum(reviewer.given for reviewer in reviewers) >= 20, 120)
    server.kill()
    for thread in threads:
        thread.join()
    with serve(desk) as again:
        wait_until(lambda: again.get("/healthz")["status"] == "ok")
    check(desk, {reviewer.name: reviewer.given for reviewer in reviewers} | {"值班": by_hand})


def check(desk: Desk, acknowledged: dict[str, int]) -> None:
    """Reviews, audit log, history and files say the same, and no less than was acknowledged."""
    with closing(sqlite3.connect(desk.data / "zhida.db")) as db:
        reviews = db.execute("SELECT id, article_id, user, note, written FROM standing_reviews ORDER BY id").fetchall()
        told = db.execute("SELECT target, actor FROM audit_log WHERE action = 'review.confirm' ORDER BY id").fetchall()
        confirmed = db.execute("SELECT number FROM revisions WHERE action = 'confirm' AND confirmed").fetchall()
    assert sorted(told) == sorted((article_id, user) for _, article_id, user, _, _ in reviews)
    assert sorted(number for (number,) in confirmed) == sorted(review[-1] for review in reviews if review[-1])
    assert len({(user, note) for _, _, user, note, _ in reviews}) == len(reviews), "something was counted twice"
    for name, given in acknowledged.items():
        mine = sum(user == name for _, _, user, _, _ in reviews)
        assert given <= mine <= given + 1, "the last one could not be answered any more"
    for article_id in IDS:
        latest = next((user for _, target, user, _, _ in reversed(reviews) if target == article_id), None)
        text = (desk.articles / f"mall/refund/{article_id}.md").read_text(encoding="utf-8")
        assert (f"verified_by: {latest}\n" in text) == (latest is not None)
