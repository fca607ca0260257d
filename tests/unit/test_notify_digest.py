"""What a digest says, and that nothing in it is taken for formatting, a link or a mention."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from kb.model import Signal, SignalKind, State
from kb.notify.digest import SHOWN, Material, Returned, compose, title_of
from kb.review.queue_page import ReviewItem
from kb.rules.weeks import Week

WEEK = Week(2026, 47)
BASE = "https://kb.example.com"
STALE = ReviewItem(
    id="refund-not-received",
    title="未收到货退款",
    product="网上商城",
    scenario="退款与退货",
    place="mall/refund",
    owner="售后业务部",
    state=State.STALE,
    reasons=("应于 2026-11-06 前复核，已超 15 天", "2 人说内容过时"),
    updated=None,
    verified=date(2026, 10, 7),
    due=date(2026, 11, 6),
    days_overdue=15,
    exposure=41,
    minutes=2,
)
DUE = replace(STALE, id="due", title="本周的", state=State.DUE, due=WEEK.sunday, days_overdue=0, reasons=("还剩 1 天",))
SENT_BACK = Returned("fee", "运费谁出", "李雷", date(2026, 11, 20), "金额已改")


def digest(*items: ReviewItem, returned: tuple[Returned, ...] = (), confirms: bool = False) -> str:
    said = compose(
        "售后业务部", WEEK, Material(items, returned), BASE, (lambda i: f"{BASE}/confirm/{i}") if confirms else None
    )
    assert said is not None
    return said


def test_a_digest_says_what_to_do_and_why() -> None:
    assert digest(STALE, DUE, returned=(SENT_BACK,), confirms=True) == (
        "需要复核 1 条（逾期 1 条），本周到期 1 条，退回待改 1 条。"
        f"[打开复核清单]({BASE}/review?owner=%E5%94%AE%E5%90%8E%E4%B8%9A%E5%8A%A1%E9%83%A8)\n"
        "\n**退回待改**\n\n"
        f"1. [运费谁出]({BASE}/edit/fee)：李雷 2026-11-20 退回，“金额已改”\n"
        "\n**需要复核，风险大的在前**\n\n"
        f"1. [未收到货退款]({BASE}/a/refund-not-received)：应于 2026-11-06 前复核，已超 15 天；2 人说内容过时"
        f"（28 天内被用 41 次） [确认有效]({BASE}/confirm/refund-not-received)\n"
        "\n**本周到期**\n\n"
        f"1. [本周的]({BASE}/a/due)：还剩 1 天（28 天内被用 41 次） [确认有效]({BASE}/confirm/due)\n"
        "\n点“确认有效”会打开一页，在那里再点一次按钮才算确认；每个链接 8 天内有效，只能用一次。\n"
    )
    assert title_of("售后业务部", WEEK) == "售后业务部 知识复核提醒（2026-W47）"


def test_what_needs_its_evidence_read_is_not_confirmed_by_a_link() -> None:
    doubted = replace(STALE, signals=(Signal(SignalKind.OUTDATED, "2 人说内容过时", date(2026, 11, 20)),))
    for item in (doubted, replace(STALE, state=State.EXPIRED)):
        assert "/confirm/" not in digest(item, confirms=True)
        assert "/confirm/" in digest(item, DUE, confirms=True)


def test_nothing_to_say() -> None:
    next_week = replace(DUE, due=date(2026, 11, 23))
    assert compose("a", WEEK, Material([]), BASE) is None
    assert compose("a", WEEK, Material([next_week]), BASE) is None


def test_what_is_sent_back_is_listed_once_and_is_not_to_be_confirmed() -> None:
    said = digest(STALE, returned=(replace(SENT_BACK, article_id=STALE.id),), confirms=True)
    assert f"{BASE}/edit/{STALE.id}" in said
    assert "/confirm/" not in said
    assert f"{BASE}/a/" not in said


def test_a_signal_makes_what_is_due_next_week_urgent_now() -> None:
    said = digest(replace(DUE, due=date(2026, 11, 27), days_overdue=2))
    assert "需要复核 1 条（逾期 1 条）" in said


def test_only_what_is_listed_gets_a_link() -> None:
    made = []
    items = [replace(STALE, id=f"a{number}") for number in range(SHOWN + 5)]
    said = compose("a", WEEK, Material(items), BASE, lambda article_id: made.append(article_id) or "x")  # type: ignore[func-returns-value]
    assert len(made) == SHOWN
    assert said is not None
    assert "另有 5 条" in said


@given(st.text(max_size=40), st.text(max_size=40))
def test_no_title_or_note_becomes_anything_else(title: str, note: str) -> None:
    said = digest(replace(STALE, title=title, reasons=(note,)), returned=(replace(SENT_BACK, title=title, note=note),))
    assert re.findall(r"\]\(([^)]*)\)", said) == [
        f"{BASE}/review?owner=%E5%94%AE%E5%90%8E%E4%B8%9A%E5%8A%A1%E9%83%A8",
        f"{BASE}/edit/fee",
        f"{BASE}/a/{STALE.id}",
    ]
    assert not set("<>@`#\\") & set(said)
    assert said.count("\n") == digest(STALE, returned=(SENT_BACK,)).count("\n")
