"""Working through knowledge gaps on a real service: from reports and searches to verdicts, files and back."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.config import Settings
from kb.desk.gaps import GapsDesk
from kb.errors import AccessDenied, ArticleNotFound, LoginRequired, QueryError
from kb.model import Caller, Role, SearchRequest, Via
from kb.service import Service
from tests.callers import ANYBODY, OPERATOR
from tests.conftest import indexed

ID, QUERY = "refund-not-received", "包裹没影了钱怎么办"
ELSEWHERE = Caller("li", Role.EDITOR, frozenset({"支付业务部"}), True, Via.SESSION)
WRITER = Caller("wu", Role.EDITOR, frozenset({"售后业务部"}), False, Via.SESSION)


@pytest.fixture
def service(small: Settings) -> Service:
    service = indexed(small)
    for person in range(2):
        service.desk(ANYBODY).report_gap(QUERY, "客户很急", agent=f"s{person}", channel="微信")
    return service


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


@pytest.fixture
def gaps(service: Service) -> GapsDesk:
    return service.desk(OPERATOR).gaps


def waiting(service: Service) -> list[str]:
    return [gap.title for gap in service.desk(ANYBODY).gaps.list() if gap.is_open]


def test_what_is_searched_in_vain_is_counted_with_the_reports(service: Service) -> None:
    for person in range(3):
        service.desk(ANYBODY).search(SearchRequest("ketchup qxz"), agent=f"s{person}", settled=True)
    found = {gap.title: (gap.reports, gap.searches) for gap in service.desk(ANYBODY).gaps.list()}
    assert found == {QUERY: (2, 0), "ketchup qxz": (0, 3)}


def test_an_article_that_answers_gets_the_wording_and_the_gap_is_gone(
    service: Service, gaps: GapsDesk, file: Path
) -> None:
    before = file.read_bytes()
    verdict = gaps.answer(QUERY, ID)
    assert (verdict.article_id, verdict.added) == (ID, True)
    assert f"  - {QUERY}\n".encode() in file.read_bytes()
    assert waiting(service) == []
    service.index()
    gaps.undo(QUERY)
    assert file.read_bytes() == before
    assert waiting(service) == [QUERY]


def test_an_article_that_has_the_wording_keeps_every_byte(service: Service, gaps: GapsDesk, file: Path) -> None:
    before = file.read_bytes()
    service.desk(ANYBODY).report_gap("没收到货 怎么退款", agent="s1")
    assert not gaps.answer("没收到货 怎么退款", ID).added
    gaps.undo("没收到货 怎么退款")
    assert file.read_bytes() == before


def test_an_ignored_gap_comes_back_when_it_is_undone(service: Service, gaps: GapsDesk) -> None:
    gaps.ignore(QUERY)
    assert waiting(service) == []
    verdict = gaps.verdict(QUERY)
    assert verdict is not None
    assert verdict.article_id is None
    gaps.undo(QUERY)
    assert waiting(service) == [QUERY]
    with pytest.raises(QueryError, match="还没有处理过"):
        gaps.undo(QUERY)


def test_what_cannot_be_is_said(gaps: GapsDesk) -> None:
    with pytest.raises(ArticleNotFound):
        gaps.answer(QUERY, "no-such-article")
    with pytest.raises(QueryError, match="没有文字"):
        gaps.ignore("？！")


def test_who_may_do_what(service: Service) -> None:
    anybody, elsewhere, writer = (service.desk(caller).gaps for caller in (ANYBODY, ELSEWHERE, WRITER))
    assert not anybody.may_judge()
    with pytest.raises(LoginRequired):
        anybody.ignore(QUERY)
    with pytest.raises(LoginRequired):
        service.desk(Caller.anonymous(Role.PUBLIC)).gaps.list()
    with pytest.raises(AccessDenied, match="售后业务部"):
        elsewhere.answer(QUERY, ID)
    with pytest.raises(AccessDenied, match="不能发布"):
        writer.answer(QUERY, ID)
    service.desk(OPERATOR).gaps.answer(QUERY, ID)
    service.index()
    with pytest.raises(AccessDenied):
        writer.undo(QUERY)
    writer.ignore("别的问题")
    assert writer.undo("别的问题").user == "wu"
