"""A verdict that is killed at any step is there as a whole after the next start, which says so, or it never was."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kb.content.documents import revision_of
from tests.unit.article_tree import ARTICLE
from tests.unit.test_verdicts import ID, PATH, House

#: Gives a verdict, or takes the first one back; ends itself with SIGKILL before or after the n-th step that can be
#: seen from outside: a statement that changes the database, a commit, a file that is written or renamed.
VICTIM = """
import os, signal, sys
from pathlib import Path
from kb.config import load_settings
from kb.content import files, saving
from kb.model import Caller, Verdict
from kb.store.database import Database
from kb.wiring.service import build_service

base, what, left = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def deadly(function):
    def wrapper(*arguments, **options):
        step()
        answer = function(*arguments, **options)
        step()
        return answer
    return wrapper

service = build_service(load_settings(overrides={"articles": str(base / "articles"), "data": str(base / "data")}))
desk = service.desk(Caller.local("李审")).verdicts
desk.of("refund-not-received")  # opens the database
with service.system.editing.verdicts._reviews._database.read() as db:
    db.conn.set_trace_callback(lambda said: step() if said.split()[0] in ("INSERT", "UPDATE", "DELETE", "COMMIT") else None)
os.replace, os.fsync = deadly(os.replace), deadly(os.fsync)
if what == "undo":
    desk.undo(1)
else:
    desk.give("refund-not-received", Verdict(what), "金额已改")
os._exit(7)
"""


def consistent(house: House, what: str) -> bool:
    """Whether the verdict stands, in file, table and audit log alike."""
    source = house.text()
    before = {"confirm": "aftersales-lead", "archive": "kind: faq\nchannels", "revise": "", "undo": "李审"}[what]
    written = {"confirm": "verified_by: 李审", "archive": "status: archived", "revise": "", "undo": "aftersales-lead"}
    given = [verdict for (verdict,) in house.rows("SELECT verdict FROM standing_reviews")]
    told = [action for _, _, action, _ in house.audit()]
    stands = f"review.{what}" in told
    assert given == ([] if what == "undo" else [what]) if stands else given == (["confirm"] if what == "undo" else [])
    assert told == (["review.confirm"] if what == "undo" else []) + ([f"review.{what}"] if stands else [])
    assert (written[what] if stands else before) in source
    history = house.desk().editing.revisions(ID)
    assert history[0].revision == revision_of(source.encode())
    assert not stands or what == "revise" or history[0].edit.author == "李审"
    return stands


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a thing of POSIX")
@pytest.mark.parametrize("what", ["confirm", "revise", "archive", "undo"])
def test_a_kill_at_any_step_leaves_all_or_nothing(tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture) -> None:
    outcomes, completed = [], 0
    for step in range(1, 80):
        house = House(tmp_path / f"{step}")
        if what == "undo":
            house.give("confirm")
        command = [sys.executable, "-W", "ignore", "-c", VICTIM, str(tmp_path / f"{step}"), what, str(step)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert done.returncode in (7, -9), done.stderr
        caplog.clear()
        house.service.index()
        said = "上次中断的 1 条审核结论已补记" in caplog.text
        assert house.service.health()["completed_reviews"] == said
        completed += said
        outcomes.append(consistent(house, what))
        house.service.index()
        assert consistent(house, what) == outcomes[-1], "a second start changes nothing"
        if done.returncode == 7:
            break
    assert done.returncode == 7
    assert outcomes == sorted(outcomes)
    assert {True, False} == set(outcomes)
    assert (completed > 0) == (what != "revise"), "some were killed between file and table"


def test_who_saves_over_a_killed_verdict_does_not_lose_it(tmp_path: Path) -> None:
    for step in range(1, 80):
        house = House(tmp_path / f"{step}")
        command = [sys.executable, "-W", "ignore", "-c", VICTIM, str(tmp_path / f"{step}"), "confirm", str(step)]
        done = subprocess.run(command, check=False)
        stands = "verified_by: 李审" in house.text()
        house.desk().editing.publish(ID, ARTICLE + "\n改过。\n", revision_of(house.text().encode()))
        assert [action for _, _, action, _ in house.audit()] == ["review.confirm"] * stands, step
        authors = [row.edit.author for row in house.desk().editing.revisions(ID)]
        assert authors == (["李审", "李审", ""] if stands else ["李审", ""]), step
        if done.returncode == 7:
            break
    assert (tmp_path / f"{step}" / "articles" / PATH).read_text(encoding="utf-8").endswith("改过。\n")
