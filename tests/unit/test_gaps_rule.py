"""Knowledge gaps: what asks the same is one, what is met most comes first, what was dealt with is quiet for a while."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ports.store import GapVerdict
from kb.rules.gaps import KnowledgeGap, Mention, find_gaps
from kb.rules.query import content_words
from kb.text.normalize import letters_of
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=timezone.utc)
TOKENIZER = Tokenizer()


def content(text: str) -> str:
    return "".join(content_words(text, TOKENIZER, function_words()))


def reports(*texts: str, after: int = 0) -> list[Mention]:
    """Reports a minute apart, the first ``after`` minutes later than NOW."""
    return [Mention(text, NOW + timedelta(minutes=after + n), True) for n, text in enumerate(texts)]


def searches(*texts: str, after: int = 0) -> list[Mention]:
    return [Mention(text, NOW + timedelta(minutes=after + n), False) for n, text in enumerate(texts)]


def judged(text: str, minute: int) -> GapVerdict:
    return GapVerdict(letters_of(text), text, None, False, "lead", NOW + timedelta(minutes=minute, seconds=30))


def found(mentions: list[Mention], *verdicts: GapVerdict) -> list[KnowledgeGap]:
    return find_gaps(mentions, verdicts, content)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("能刷花呗吗", "能刷花呗吗？"),
        ("能刷花呗吗", "可以刷花呗吗"),
        ("花呗可以用吗", "可以用花呗吗"),
        ("赠品能不能单独退", "赠品可以单独退吗"),
        ("怎么开发票", "发票怎么开"),
        ("ＥＴＣ怎么办理", "etc办理"),
    ],
)
def test_wordings_that_ask_the_same_are_one_gap(one: str, other: str) -> None:
    (gap,) = found(reports(one, other, one))
    assert gap.wordings == (one, other) if letters_of(one) != letters_of(other) else (one,)
    assert gap.reports == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [("能刷花呗吗", "能刷信用卡吗"), ("赠品怎么退", "赠品怎么换"), ("发票抬头写错了", "收货地址写错了")],
)
def test_other_questions_are_other_gaps(one: str, other: str) -> None:
    assert len(found(reports(one, other))) == 2


def test_a_report_counts_for_more_than_a_search_and_the_weightiest_comes_first() -> None:
    gaps = found(searches("开户行是哪家", "开户行是哪家") + reports("能刷花呗吗"))
    assert [(gap.title, gap.reports, gap.searches) for gap in gaps] == [("能刷花呗吗", 1, 0), ("开户行是哪家", 0, 2)]
    assert all(gap.is_open for gap in gaps)


def test_one_search_alone_may_be_a_slip_and_keystrokes_and_numbers_are_nothing() -> None:
    (slip,) = found(searches("饕餮盛宴在哪", "退", "退", "12345678", "12345678"))
    assert not slip.is_open
    (gap,) = found(searches("饕餮盛宴在哪") + reports("饕餮盛宴在哪里"))
    assert gap.is_open
    assert (gap.reports, gap.searches) == (1, 1)


def test_what_was_said_with_the_reports_is_gathered() -> None:
    at = (NOW + timedelta(minutes=n) for n in range(9))
    (gap,) = found(
        [
            Mention("能刷花呗吗", next(at), True, "客户很急", "微信", "mall"),
            Mention("能刷花呗吗", next(at), True, None, "电话", "mall"),
            Mention("能刷花呗吗", next(at), False, channel="电话"),
        ]
    )
    assert gap.common("channel") == ("电话", "微信")
    assert gap.common("product") == ("mall",)
    assert gap.common("note") == ("客户很急",)
    assert gap.last == NOW + timedelta(minutes=2)


def test_what_was_dealt_with_is_quiet_until_it_is_reported_three_times_more() -> None:
    before = reports("能刷花呗吗", "可以刷花呗吗", "能刷花呗吗")
    verdict = judged("能刷花呗吗", minute=10)
    for again in range(3):
        (gap,) = found(before + reports(*["可以刷花呗吗"] * again, after=20), verdict)
        assert not gap.is_open
        assert gap.verdict == verdict
    (gap,) = found(before + reports(*["可以刷花呗吗"] * 3, after=20), verdict)
    assert gap.is_open
    assert len(gap.since_verdict) == 3


def test_a_verdict_gathers_its_likes_however_often_they_are_asked() -> None:
    """The wording that was judged leads its group, or the group would come back under another name."""
    verdict = judged("能刷花呗吗", minute=10)
    (gap,) = found(reports("能刷花呗吗", *["可以刷花呗吗"] * 5), verdict)
    assert not gap.is_open


@given(st.lists(st.tuples(st.text("花呗退款发票吗能", min_size=1, max_size=6), st.booleans()), max_size=12))
def test_every_mention_worth_a_gap_is_in_exactly_one(said: list[tuple[str, bool]]) -> None:
    mentions = [Mention(text, NOW + timedelta(seconds=n), reported) for n, (text, reported) in enumerate(said)]
    gaps = find_gaps(mentions, (), lambda text: text)
    kept = [mention for gap in gaps for mention in gap.mentions]
    assert sorted(kept, key=lambda m: m.at) == [m for m in mentions if len(letters_of(m.text)) >= 2]
    assert [gap.weight for gap in gaps] == sorted((gap.weight for gap in gaps), reverse=True)
