"""What reminders are made of: the queue, what reviewers sent back; and who may have them sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config import load_settings
from kb.errors import AccessDenied, QueryError
from kb.model import Caller, Role, Verdict, Via
from kb.service import Service
from tests.callers import OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, make_tree, write

OWNER = "售后业务部"
ID, PATH = "refund-not-received", "mall/refund/refund-not-received.md"
REVIEWER = Caller("李审", Role.REVIEWER, via=Via.SESSION)


@pytest.fixture
def service(tmp_path: Path) -> Service:
    root = make_tree(tmp_path / "articles")
    write(root, PATH, ARTICLE.replace("verified: 2026-11-16", "verified: 2020-01-01"))
    environ = {"KB_BASE_URL": "https://kb.example.com", "KB_NOTIFY_OWNERS": f'{{"{OWNER}": ["wecom:a"]}}'}
    folders = {"articles": str(root), "data": str(tmp_path / "data"), "semantic": "off"}
    return indexed(load_settings(environ=environ, overrides=folders))


def said(service: Service) -> str:
    (preview,) = service.desk(OPERATOR).reminders.preview()
    return "".join(preview.parts)


def test_what_is_overdue_is_told(service: Service) -> None:
    assert "需要复核 1 条（逾期 1 条）" in said(service)


def test_what_was_sent_back_is_told_until_its_owner_has_changed_it(service: Service, tmp_path: Path) -> None:
    service.desk(REVIEWER).verdicts.give(ID, Verdict.REVISE, "金额已改")
    assert "退回待改 1 条" in said(service)
    assert "李审" in said(service)
    assert "“金额已改”" in said(service)

    path = tmp_path / "articles" / PATH
    path.write_text(path.read_text("utf-8").replace("可以退款", "不能退款"), "utf-8")
    service.index()
    assert "退回待改 0 条" in said(service)
    assert "需要复核 1 条" in said(service)


def test_only_administrators_have_reminders_sent(service: Service) -> None:
    for method in ("preview", "remind"):
        with pytest.raises(AccessDenied):
            getattr(service.desk(REVIEWER).reminders, method)()


def test_a_department_without_a_channel(service: Service) -> None:
    with pytest.raises(QueryError, match=OWNER):
        service.desk(OPERATOR).reminders.preview(owner="物流业务部")
