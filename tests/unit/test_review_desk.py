"""What reviewers ask the desk for: their own departments, what fits into half an hour, the list of another day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

import pytest

from kb.config import Settings
from kb.errors import IndexMissing, LoginRequired, QueryError
from kb.model import Caller, Role, State
from kb.review.queue import QueueFilter
from kb.service import Service
from kb.wiring.service import build_service
from tests.callers import ANYBODY, OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, write

FAR = date(2030, 1, 1)


def reviewer(*owners: str) -> Caller:
    return Caller("li", Role.REVIEWER, frozenset(owners))


def test_mine_is_what_my_departments_have(service: Service) -> None:
    desk = service.desk(reviewer("会员业务部", "还没有条目的部门")).review

    page = desk.page(QueueFilter(owners=desk.mine()), FAR)

    assert desk.mine() == frozenset({"会员业务部"})
    assert {item.owner for item in page.items} == {"会员业务部"}
    assert service.desk(OPERATOR).review.mine() is None
    nobody = service.desk(reviewer("还没有条目的部门")).review
    assert nobody.page(QueueFilter(owners=nobody.mine()), FAR).items == ()


def test_outsiders_learn_nothing_of_what_waits(service: Service) -> None:
    desk = service.desk(Caller.anonymous(Role.PUBLIC)).review
    with pytest.raises(LoginRequired):
        desk.page()
    with pytest.raises(LoginRequired):
        desk.worklist(30)


def test_half_an_hour_takes_the_riskiest_of_what_is_wanted(service: Service) -> None:
    desk = service.desk(ANYBODY).review
    wanted = QueueFilter.of(product="mall")
    queue = desk.page(wanted, FAR).items

    half, whole = desk.worklist(30, wanted, FAR), desk.worklist(480, wanted, FAR)

    assert 0 < half.minutes <= 30
    assert half.minutes == sum(item.minutes for item in half.items)
    assert {item.product for item in half.items} == {"网上商城"}
    assert [item for item in queue if item in half.items] == list(half.items), "in the order of the queue"
    assert half.left == len(queue) - len(half.items)
    assert 0 <= half.coverage <= whole.coverage <= 1


@pytest.mark.parametrize("minutes", [0, -5, 481])
def test_nobody_reviews_for_no_time_or_all_night(service: Service, minutes: int) -> None:
    with pytest.raises(QueryError, match=f"复核时间须在 1 到 480 分钟之间，收到的是 {minutes}。"):
        service.desk(ANYBODY).review.worklist(minutes)


def test_the_queue_needs_an_index_but_no_snapshot(small: Settings) -> None:
    """A command that only lists what is stale need not read dictionaries."""
    service = build_service(small)
    with pytest.raises(IndexMissing):
        service.desk(OPERATOR).review.page()

    service.index()

    assert service.desk(OPERATOR).review.page(as_of=FAR).total == 1
    assert not service.system.snapshots.in_use


def test_what_is_in_the_panel_is_due_weekly_before_and_after_a_snapshot_was_built(small: Settings) -> None:
    yesterday = date.today() - timedelta(days=1)
    source = ARTICLE.replace("verified: 2026-11-16", f"verified: {yesterday}").replace("refund-not-received", "top")
    write(small.articles, "hot/hot/top.md", source)
    service = build_service(small)
    service.index()

    def due() -> date | None:
        return {item.id: item.due for item in service.desk(OPERATOR).review.page(as_of=FAR).items}["top"]

    assert due() == yesterday + timedelta(days=7)
    service.warm_up()
    assert due() == yesterday + timedelta(days=7)


@pytest.fixture
def confirmed(small: Settings) -> Service:
    """One article, confirmed on 2026-11-16 and due 30 days after."""
    return indexed(small)


@pytest.mark.parametrize("hours", [-11, -5, 0, 8, 14])
def test_the_day_changes_at_the_servers_midnight(confirmed: Service, hours: int) -> None:
    """Whatever its time zone; and back again when its clock is set back."""
    zone = timezone(timedelta(hours=hours))
    midnight = datetime(2027, 1, 10, tzinfo=zone)

    def listed(moment: datetime) -> tuple[date, State, int]:
        page = Service(replace(confirmed.system, now=lambda: moment)).desk(OPERATOR).review.page()
        (item,) = page.items
        return page.as_of, item.state, item.days_overdue

    before, after = listed(midnight - timedelta(seconds=1)), listed(midnight)

    assert before[:2] == (date(2027, 1, 9), State.STALE)
    assert after == (date(2027, 1, 10), State.STALE, before[2] + 1)
    assert listed(midnight - timedelta(seconds=1)) == before
