"""Every change of an article stands in the audit log: who, what, which article, and nothing of its text."""

from __future__ import annotations

import json

import pytest

from kb.config import Settings
from kb.editing.bulk_edits import FieldChange
from kb.editing.writing import Place
from kb.errors import AccessDenied
from kb.model import Caller, Role, Via
from kb.ports.accounts import AuditFilter
from kb.service import Service
from tests.callers import OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE

ID = "refund-not-received"
ANSWER = "只有正文里有的话"
NEW = ARTICLE.replace("您好，可以退款。", ANSWER)
OWNER = Caller("王芳", Role.REVIEWER, None, True, Via.SESSION)


@pytest.fixture
def service(small: Settings) -> Service:
    return indexed(small)


def written(service: Service) -> list[tuple[str, str, str]]:
    """(who, what, to what), the earliest first."""
    entries = service.system.access.audit.entries(OPERATOR, AuditFilter())
    assert ANSWER not in json.dumps([dict(entry.detail) for entry in entries], ensure_ascii=False)
    return [(entry.actor, entry.action, entry.target) for entry in reversed(entries)]


def test_what_one_does_to_an_article_is_written_down(service: Service) -> None:
    desk = service.desk(OWNER).editing
    before = desk.open(ID)
    desk.save_draft(ID, NEW, "", before.revision)
    desk.discard_draft(ID)
    desk.publish(ID, NEW, before.revision)
    desk.restore(ID, desk.revisions(ID)[-1].number)
    desk.undo(ID, desk.revisions(ID)[0].number)
    desk.move(ID, Place("mall", "delivery", scenario_title="物流"))
    desk.archive(ID)
    desk.unarchive(ID)
    outcomes = desk.change_many([ID, "no-such-article"], FieldChange("tags", "add", ("大促",)))
    desk.undo_many(outcomes)
    desk.rename(ID, "refund-lost")
    gone = desk.delete("refund-lost")
    desk.undo("refund-lost", gone.number)
    did = ["draft", "discard", "publish", "restore", "undo", "move", "archive", "unarchive", "change", "undo", "rename"]
    after = [("王芳", "article.delete", "refund-lost"), ("王芳", "article.undo", "refund-lost")]
    assert written(service) == [("王芳", f"article.{action}", ID) for action in did] + after


def test_what_was_refused_is_not_said_to_be_done(service: Service) -> None:
    stranger = Caller("赵强", Role.EDITOR, frozenset({"物流业务部"}), True, Via.SESSION)
    with pytest.raises(AccessDenied):
        service.desk(stranger).editing.archive(ID)
    assert written(service) == []
