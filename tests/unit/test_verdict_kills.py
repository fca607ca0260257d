"""A verdict that is killed at any step is there as a whole after the next start, which says so, or it never was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from kb.content.documents import revision_of
from tests.unit.article_tree import ARTICLE
from tests.unit.test_verdicts import ID, House

#: For each line "folder verdict step" a child gives the verdict, or takes the first one back, and ends itself with
#: SIGKILL before the n-th step that can be seen from outside: a statement that changes the database, a commit, a file
#: that is written or renamed. Its exit code is printed; 7 when it came to the end.
VICTIMS = """
import os, signal, sys
from pathlib import Path
from kb.config import load_settings
from kb.model import Caller, Verdict
from kb.store.database import Database
from kb.wiring.service import build_service

left = 0
connection = Database._connection

def step():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

def deadly(function):
    def wrapper(*arguments, **options):
        step()
        return function(*arguments, **options)
    return wrapper

def watched(database):
    db = connection(database)
    db.conn.set_trace_callback(lambda said: said.split()[0] in ("INSERT", "UPDATE", "DELETE", "COMMIT") and step())
    return db

def judge(base, what):
    service = build_service(load_settings(overrides={"articles": f"{base}/articles", "data": f"{base}/data"}))
    os.replace, os.fsync, Database._connection = deadly(os.replace), deadly(os.fsync), watched
    verdicts = service.desk(Caller.local("李审")).verdicts
    if what == "undo":
        verdicts.undo(1)
    else:
        verdicts.give("refund-not-received", Verdict(what), "金额已改")

for line in sys.stdin:
    base, what, steps = line.split()
    child = os.fork()
    if not child:
        left = int(steps)
        judge(base, what)
        os._exit(7)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
ENDED = 7

pytestmark = pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a thing of POSIX")
Victims = Callable[[Path, str, int], bool]


@pytest.fixture(scope="module")
def victims() -> Iterator[Victims]:
    """Has a verdict given in a folder, killed before a step; whether there was no such step."""
    command = [sys.executable, "-W", "ignore", "-c", VICTIMS]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        sent, heard = process.stdin, process.stdout

        def one(base: Path, what: str, step: int) -> bool:
            print(base, what, step, file=sent, flush=True)
            code = int(heard.readline())
            assert code in (ENDED, -signal.SIGKILL)
            return code == ENDED

        yield one
        sent.close()


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


@pytest.mark.parametrize("what", ["confirm", "revise", "archive", "undo"])
def test_a_kill_at_any_step_leaves_all_or_nothing(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture, victims: Victims
) -> None:
    outcomes, completed = [], 0
    for step in count(1):
        house = House(tmp_path / f"{step}")
        if what == "undo":
            house.give("confirm")
        ended = victims(tmp_path / f"{step}", what, step)
        caplog.clear()
        house.service.index()
        said = "上次中断的 1 条审核结论已补记" in caplog.text
        assert house.service.health()["completed_reviews"] == said
        completed += said
        outcomes.append(consistent(house, what))
        house.service.index()
        assert consistent(house, what) == outcomes[-1], "a second start changes nothing"
        if ended:
            break
    assert outcomes == sorted(outcomes)
    assert {True, False} == set(outcomes)
    assert (completed > 0) == (what != "revise"), "some were killed between file and table"


def test_who_saves_over_a_killed_verdict_does_not_lose_it(tmp_path: Path, victims: Victims) -> None:
    for step in count(1):
        house = House(tmp_path / f"{step}")
        ended = victims(tmp_path / f"{step}", "confirm", step)
        stands = "verified_by: 李审" in house.text()
        house.desk().editing.publish(ID, ARTICLE + "\n改过。\n", revision_of(house.text().encode()))
        assert [action for _, _, action, _ in house.audit()] == ["review.confirm"] * stands, step
        authors = [row.edit.author for row in house.desk().editing.revisions(ID)]
        assert authors == (["李审", "李审", ""] if stands else ["李审", ""]), step
        if ended:
            break
    assert stands
