"""What speaks against an article before its date: each kind of signal arises, tells its evidence, and goes away."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from kb.model import Signal, SignalKind, Verdict
from tests.unit.article_tree import write
from tests.unit.signals_house import DAY, HOUR, House, article

K = SignalKind
TODAY = date(2026, 11, 20)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_nothing_speaks_against_a_good_article(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-20", "updated: 2026-11-20"))
    assert house.signals() == {}


# --- what agents say and do


def test_votes_count_once_a_person_until_somebody_verifies(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-10"))
    house.later(-DAY)
    house.vote("a", "one", "金额不对，请打 13800138000")
    house.later(DAY)
    for _ in range(9):
        house.vote("a", "one")
    house.vote("a", "two")
    for _ in range(3):
        house.vote("a", origin="10.0.0.1")
    assert house.signal("a", K.OUTDATED) == Signal(
        K.OUTDATED, "3 人说内容过时", date(2026, 11, 19), ("2026-11-19：金额不对，请打 [手机号]",)
    )
    house.later(HOUR)
    house.by_hand("a", article("a", "verified: 2026-11-20"))
    assert house.signals() == {}
    house.later(HOUR)
    house.vote("a", "one")
    signal = house.signal("a", K.OUTDATED)
    assert signal
    assert (signal.text, signal.since, signal.evidence) == ("1 人说内容过时", TODAY, ())


def test_a_verdict_counts_before_upkeep_has_seen_its_file(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-10", "related: [gone]"))
    house.vote("a", "one")
    assert [signal.kind for signal in house.signals()["a"]] == [K.OUTDATED, K.BROKEN_LINK]
    house.later(HOUR)
    house.save("a", article("a", "verified: 2026-11-20", "related: [gone]"))
    found = house.source.found(TODAY, house.now)
    assert [signal.kind for signal in found["a"]] == [K.BROKEN_LINK]


def test_a_second_confirmation_on_the_same_day_settles_what_came_between(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-20"))
    house.later(HOUR)
    house.vote("a", "one")
    assert house.signal("a", K.OUTDATED)
    house.later(HOUR)
    house.judge("a", Verdict.CONFIRM)
    house.later(HOUR)
    assert house.signals() == {}
    house.vote("a", "one")
    assert house.signal("a", K.OUTDATED)


def test_votes_of_last_season_are_forgotten(house: House) -> None:
    house.by_hand("a", article("a"))
    house.vote("a", "one")
    house.later(90 * DAY)
    assert house.signal("a", K.OUTDATED)
    house.later(DAY)
    assert house.signals() == {}


def test_the_day_that_is_asked_about_knows_nothing_of_later_ones(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-10", body="请在 2026年11月18日前领取。"))
    house.vote("a", "one")
    house.signals()
    kinds = {
        day: [signal.kind for signal in house.source.found(date(2026, 11, day), house.now).get("a", ())]
        for day in (18, 19, 20, 30)
    }
    assert kinds == {18: [], 19: [K.PAST_DATE], 20: [K.OUTDATED, K.PAST_DATE], 30: [K.OUTDATED, K.PAST_DATE]}


def test_copies_while_stale_count_until_somebody_verifies(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-10"))
    house.copy("a", 2)
    house.copy("a", 5, stale=False)
    house.later(2 * DAY)
    house.copy("a", 39)
    assert house.signal("a", K.COPIED_STALE) == Signal(
        K.COPIED_STALE, "过期后被复制 41 次", TODAY, ("最近一次是 2026-11-22",)
    )
    house.later(DAY)
    house.by_hand("a", article("a", "verified: 2026-11-23"))
    assert house.signals() == {}


def test_votes_and_copies_follow_an_article_that_gets_another_id(house: House) -> None:
    house.by_hand("old", article("old", "verified: 2026-11-10"))
    house.vote("old", "ann")
    house.copy("old", 2)
    (house.root / "mall/refund/old.md").unlink()
    house.later(DAY)
    house.by_hand("new", article("new", "former_ids: [old]", "verified: 2026-11-10"))
    house.copy("new")
    outdated, copied = house.signals()["new"]
    assert (outdated.text, copied.text) == ("1 人说内容过时", "过期后被复制 3 次")
    assert (copied.since, copied.evidence) == (date(2026, 11, 20), ("最近一次是 2026-11-21",))
    house.by_hand("new", article("new", "former_ids: [old]", "verified: 2026-11-21"))
    assert house.signals() == {}


def test_what_agents_cannot_open_needs_no_review(house: House) -> None:
    for status in ("draft", "archived"):
        house.by_hand(status, article(status, status=status, body="请在 2026-11-11 前领取。"))
        house.vote(status, "one")
        house.copy(status)
    house.vote("gone", "one")
    assert house.signals() == {}


# --- edits


def test_an_edit_that_dates_do_not_show_is_told_with_its_author(house: House) -> None:
    source = article("a", "verified: 2026-11-20", "updated: 2026-11-20", body="7 天内可退。")
    house.by_hand("a", source)
    house.later(HOUR)
    house.save("a", source.replace("7 天", "15 天"), note="规则改了")
    house.later(DAY)
    house.by_hand("a", source.replace("7 天", "30 天"))
    assert house.signal("a", K.EDITED) == Signal(
        K.EDITED,
        "审核后改过 2 次",
        TODAY,
        ("2026-11-20 10:00 改过，li，网页：规则改了", "2026-11-21 10:00 改过，没有署名，直接改文件"),
    )


@pytest.mark.parametrize(
    "changed",
    [
        ("verified: 2026-11-10", "verified: 2026-11-20"),  # a new verification
        ("您好。", "您好！"),  # taken back below
        ("status: published", "status: published\nverified_by: wang"),
        ("status: published", "status: published\nreview_every: 7d\npinned: true\ntags: [退款]\nowner: 售后业务部"),
        ("title:", "title: "),
    ],
)
def test_what_is_no_edit(house: House, changed: tuple[str, str]) -> None:
    source = article("a", "verified: 2026-11-10")
    house.by_hand("a", source)
    house.later(HOUR)
    house.save("a", source.replace(*changed))
    if "您好！" in changed[1]:
        assert house.signal("a", K.EDITED)
        house.later(HOUR)
        house.save("a", source)
    assert house.signals() == {}


def test_the_state_changed_says_an_edit_already(house: House) -> None:
    source = article("a", "verified: 2026-11-10", "updated: 2026-11-10")
    house.by_hand("a", source)
    house.later(HOUR)
    house.save("a", source.replace("updated: 2026-11-10", "updated: 2026-11-20").replace("您好", "你好"))
    assert house.signals() == {}


def test_who_verifies_while_editing_has_seen_the_edit(house: House) -> None:
    source = article("a", "verified: 2026-11-10")
    house.by_hand("a", source)
    house.later(HOUR)
    house.save("a", source.replace("11-10", "11-20").replace("您好", "你好"))
    assert house.signals() == {}


def test_a_verification_that_is_taken_back_brings_the_edit_back(house: House) -> None:
    source = article("a", "verified: 2026-11-10")
    house.by_hand("a", source)
    house.later(HOUR)
    edited = source.replace("您好", "你好")
    house.save("a", edited)
    before = house.signal("a", K.EDITED)
    house.later(HOUR)
    house.save("a", edited.replace("11-10", "11-20"))
    assert before
    assert house.signals() == {}
    house.later(HOUR)
    house.save("a", edited)
    assert house.signal("a", K.EDITED) == before


def test_who_edits_and_confirms_at_once_on_the_day_of_a_verification_has_seen_it_all(house: House) -> None:
    source = article("a", "verified: 2026-11-20")
    house.by_hand("a", source)
    house.later(HOUR)
    house.save("a", source.replace("您好", "你好"))
    assert house.signal("a", K.EDITED)
    house.judge("a", Verdict.CONFIRM)
    assert house.signals() == {}


def test_an_edit_of_what_nobody_verified_is_no_news(house: House) -> None:
    house.by_hand("a", article("a"))
    house.later(HOUR)
    house.save("a", article("a", body="你好。"))
    assert house.signals() == {}


# --- texts


def test_a_deadline_speaks_from_the_day_after_until_verified_or_mended(house: House) -> None:
    source = article("a", "verified: 2026-11-10", "updated: 2026-11-10", body="您好。请在 11月20日前提交申请！谢谢。")
    house.by_hand("a", source)
    assert house.signals() == {}
    house.later(DAY)
    assert house.signal("a", K.PAST_DATE) == Signal(
        K.PAST_DATE, "写着的 2026-11-20 已经过去", date(2026, 11, 21), ("请在 11月20日前提交申请",)
    )
    house.by_hand("a", source.replace("verified: 2026-11-10", "verified: 2026-11-21"))
    assert house.signals() == {}
    house.by_hand("a", source.replace("11月20日", "11月30日"))
    assert house.signal("a", K.PAST_DATE) is None


def test_what_has_expired_as_a_whole_says_so_itself(house: House) -> None:
    house.by_hand("a", article("a", "valid_to: 2026-11-25", body="请在 2026-11-20 前提交申请。"))
    house.later(5 * DAY)
    assert house.signal("a", K.PAST_DATE)
    house.later(DAY)
    assert house.signals() == {}


def test_pointers_that_lead_nowhere(house: House) -> None:
    picture = "images/0123456789abcdef.png"
    body = (
        f"见《旧规则》和《新规则》。[退款](/a/refund) [这里](/a/nowhere#x) https://example.com/a/other ![图]({picture})"
    )
    house.by_hand("old", article("old", title="旧规则"))
    house.by_hand("new", article("new", title="新规则"))
    house.by_hand("refund", article("refund", "former_ids: [money-back]"))
    house.by_hand("a", article("a", "verified: 2026-11-10", "related: [money-back, old, gone]", body=body))
    signal = house.signal("a", K.BROKEN_LINK)
    assert signal
    assert signal.text == "3 处链接或图片打不开"
    assert set(signal.evidence) == {
        "相关知识里的“gone”没有对应的条目",
        "链接 /a/nowhere 没有对应的条目",
        f"图片 {picture} 不见了",
    }
    house.later(DAY)
    write(house.root, f"mall/refund/{picture}", b"picture")
    house.by_hand("old", article("old", title="旧规则", status="archived"))
    house.by_hand("new", article("new", title="新规则", status="draft"))
    signal = house.signal("a", K.BROKEN_LINK)
    assert signal
    assert signal.since == TODAY
    assert set(signal.evidence) == {
        "相关知识里的“gone”没有对应的条目",
        "相关知识里的“old”已经归档",
        "链接 /a/nowhere 没有对应的条目",
        "《旧规则》已经归档",
        "《新规则》还是草稿",
    }
    house.by_hand("a", article("a", "verified: 2026-11-21", "related: [gone]"))
    signal = house.signal("a", K.BROKEN_LINK)  # confirming mends nothing
    assert signal
    assert signal.evidence == ("相关知识里的“gone”没有对应的条目",)
    house.by_hand("a", article("a", "verified: 2026-11-21"))
    assert house.signals() == {}


def test_a_title_that_somebody_uses_again_leads_somewhere(house: House) -> None:
    house.by_hand("old", article("old", title="退货规则", status="archived"))
    house.by_hand("new", article("new", title="退货规则"))
    house.by_hand("a", article("a", body="见《退货规则》。"))
    assert house.signals() == {}


@pytest.mark.parametrize("related", ["from policy", "to policy"])
def test_a_related_policy_that_changed_is_told_with_its_figures(house: House, related: str) -> None:
    to, back = ("related: [a]", "contact: 无") if related == "from policy" else ("contact: 无", "related: [p]")
    policy = article("p", "kind: policy", to, "verified: 2026-11-20", title="退货政策", body="7 天内可退。")
    house.by_hand("p", policy)
    house.by_hand("a", article("a", back, "verified: 2026-11-20"))
    house.by_hand("b", article("b", "verified: 2026-11-20"))
    assert house.signals() == {}
    house.later(HOUR)
    house.save("p", policy.replace("7 天", "15 天"), note="新规")
    assert house.signals()["a"] == (
        Signal(
            K.POLICY,
            "相关政策《退货政策》改过",
            TODAY,
            ("《退货政策》2026-11-20 10:00 改过（7 天 → 15 天），li，网页：新规",),
        ),
    )
    assert house.signals().keys() == {"a", "p"}
    house.later(DAY)
    house.by_hand("a", article("a", back, "verified: 2026-11-21"))
    assert house.signals().keys() == {"p"}


def test_a_policy_whose_dates_alone_tell_the_change(house: House) -> None:
    house.by_hand("p", article("p", "kind: policy", "updated: 2026-11-15", "verified: 2026-11-15", title="退货政策"))
    for verified in (14, 15, 16):
        house.by_hand(f"a{verified}", article(f"a{verified}", "related: [p]", f"verified: 2026-11-{verified}"))
    house.by_hand("never", article("never", "related: [p]"))
    assert house.signals() == {
        "a14": (Signal(K.POLICY, "相关政策《退货政策》改过", date(2026, 11, 15), ("《退货政策》2026-11-15 更新",)),)
    }


def test_what_reviewers_sent_back_stays_until_the_next_verdict(house: House) -> None:
    house.by_hand("a", article("a", "verified: 2026-11-10"))
    house.judge("a", Verdict.REVISE, "金额要改成 20 元")
    assert house.signals() == {
        "a": (Signal(K.SENT_BACK, "2026-11-20 退回修改", TODAY, ("2026-11-20 wang：金额要改成 20 元",)),)
    }
    house.later(HOUR)
    house.judge("a", Verdict.CONFIRM)
    assert house.signals() == {}


def test_signals_come_the_most_serious_first(house: House) -> None:
    house.by_hand("a", article("a", "related: [gone]", body="请在 2026-11-01 前提交。"))
    house.vote("a", "one")
    house.copy("a")
    house.judge("a", Verdict.REVISE)
    kinds = [signal.kind for signal in house.signals()["a"]]
    assert kinds == [K.SENT_BACK, K.OUTDATED, K.PAST_DATE, K.COPIED_STALE, K.BROKEN_LINK]
    assert kinds == sorted(kinds, key=list(K).index)


# --- cost


def statements(house: House) -> int:
    """How many SQL statements the queue's question takes."""
    asked: list[str] = []
    with house.database.read() as db:
        db.conn.set_trace_callback(asked.append)
    house.source.found(house.now.date(), house.now + timedelta(seconds=1))
    with house.database.read() as db:
        db.conn.set_trace_callback(None)
    return len(asked)


def test_the_number_of_queries_does_not_grow_with_the_articles(house: House) -> None:
    def trouble(number: int) -> None:
        body = "请在 2026-11-01 前提交。" + "".join(f"[x](/a/none-{i})" for i in range(number))
        house.by_hand(f"a{number}", article(f"a{number}", "related: [gone]", body=body))
        house.vote(f"a{number}", "one")
        house.copy(f"a{number}")

    trouble(1)
    assert len(house.signals()) == 1
    once = statements(house)
    for number in range(2, 40):
        trouble(number)
    assert len(house.signals()) == 39
    assert statements(house) == once <= 10


def test_nothing_is_read_again_until_something_changes(house: House) -> None:
    house.by_hand("a", article("a", "related: [gone]"))
    house.by_hand("b", article("b"))
    assert house.examiner.follow() is True
    assert house.examiner.follow() is False
    before = {reading.article_id: reading for reading in house.findings.readings()}
    house.by_hand("b", article("b", body="你好。"))
    assert house.examiner.follow() is True
    after = {reading.article_id: reading for reading in house.findings.readings()}
    assert before["a"] == after["a"]
    assert before["b"] != after["b"]
    (house.root / "mall/refund/b.md").unlink()
    house.scan()
    assert house.examiner.follow() is True
    assert [reading.article_id for reading in house.findings.readings()] == ["a"]


def test_a_damaged_reading_is_taken_anew(house: House) -> None:
    house.by_hand("a", article("a", "related: [gone]"))
    house.by_hand("b", article("b"))
    assert house.signals().keys() == {"a"}
    with house.database.write() as db:
        db.execute("UPDATE readings SET said = '{' WHERE article_id = 'a'")
    house.by_hand("b", article("b", body="你好。"))
    assert house.signals().keys() == {"a"}
