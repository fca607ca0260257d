"""Articles that can't both be right; and many pairs that differ with good reason, for a false alarm costs trust."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kb.errors import IndexMissing
from kb.model import Article, Signal, SignalKind
from kb.review.contradictions import Contradictions
from kb.usecases.question import Vocabulary
from tests.unit.article_tree import REAL_ARTICLES, REPOSITORY
from tests.unit.signals_house import DAY, VOCABULARY, House, article

CONTRADICTION = SignalKind.CONTRADICTION


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def put(house: House, name: str, title: str, body: str, *fields: str, folder: str = "mall/refund") -> None:
    house.by_hand(name, article(name, "verified: 2026-11-10", *fields, title=title, body=body), folder)


def test_two_answers_to_one_question_with_different_figures(house: House) -> None:
    put(house, "a", "退款多久到账", "您好，退款会在 3 天内原路退回。", "questions: [钱什么时候退回来]")
    put(
        house,
        "b",
        "退款到账时间",
        "退款一般 5 天原路退回，请放心。",
        "questions: [钱什么时候能退回来]",
        folder="mall/order",
    )
    assert house.signals() == {
        "a": (
            Signal(
                CONTRADICTION,
                "与《退款到账时间》说法不一",
                date(2026, 11, 20),
                ("本条：退款会在 3 天内原路退回；《退款到账时间》：退款一般 5 天原路退回",),
            ),
        ),
        "b": (
            Signal(
                CONTRADICTION,
                "与《退款多久到账》说法不一",
                date(2026, 11, 20),
                ("本条：退款一般 5 天原路退回；《退款多久到账》：退款会在 3 天内原路退回",),
            ),
        ),
    }
    house.later(DAY)
    house.by_hand("other", article("other"))
    found = house.signal("a", CONTRADICTION)
    assert found
    assert found.since == date(2026, 11, 20)
    put(house, "b", "退款到账时间", "退款 3 天原路退回。", "questions: [钱什么时候能退回来]", folder="mall/order")
    assert house.signals().keys() == {"b"}
    assert house.signal("b", CONTRADICTION) is None


def test_who_confirms_after_it_was_found_has_seen_it(house: House) -> None:
    put(house, "a", "退款多久到账", "退款 3 天原路退回。")
    put(house, "b", "退款多久能到账", "退款 5 天原路退回。")
    assert house.signals().keys() == {"a", "b"}
    house.later(DAY)
    source = article("a", "verified: 2026-11-21", title="退款多久到账", body="退款 3 天原路退回。")
    house.by_hand("a", source)
    assert house.signals().keys() == {"b"}


def test_a_copy_of_an_article_in_the_same_scenario(house: House) -> None:
    common = "申请通过以后，款项按原来的支付方式退回，进度在订单详情里可以看到。"
    put(house, "a", "未收到货的退款进度", f"{common}未收到货的退款 3 天到账。")
    put(house, "b", "退款进度（未收到货）", f"{common}未收到货的退款 5 天到账。")
    assert house.signals().keys() == {"a", "b"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ("个人网银转账限额是多少", "日累计转账限额 500 万元。"),
            ("企业网银转账限额是多少", "日累计转账限额 3000 万元。"),
        ),
        (("手机银行转账限额", "转账每日限额 500 万元。"), ("手机银行缴费限额", "转账每日限额 5000 元。")),
        (("七天通知存款", "通知存款必须提前七天约定支取。"), ("一天通知存款", "通知存款必须提前一天约定支取。")),
        (("怎么绑定门锁", "门锁长按复位键 5 秒。"), ("怎么解绑门锁", "门锁长按复位键 10 秒。")),
        (("退款多久到账", "退款 3 天原路退回。"), ("退款多久能到账", "退款 1-3 天原路退回。")),
        (("退款多久到账", "退款 3 天原路退回。"), ("退款多久能到账", "零钱 3 天。退款 5 天原路退回。")),
        (("退款多久到账", "退款 3 天原路退回。"), ("退款多久能到账", "银行卡退款 5 天原路退回。")),
        (("充电超过 12 小时灯不灭", "充电灯大约 2 小时熄灭。"), ("充电超过 5 小时灯不灭", "充电灯大约 3 小时熄灭。")),
    ],
)
def test_what_differs_with_good_reason(house: House, one: tuple[str, str], other: tuple[str, str]) -> None:
    put(house, "a", *one)
    put(house, "b", *other)
    assert house.signals() == {}


@pytest.mark.parametrize(
    ("fields", "other_fields"),
    [
        (["channels: [微信]"], ["channels: [电话]"]),
        (["valid_to: 2026-11-30"], ["valid_from: 2026-12-01"]),
        (["kind: case"], []),
        (["status: draft"], []),
        (["status: archived"], []),
    ],
)
def test_answers_that_nobody_can_mix_up(house: House, fields: list[str], other_fields: list[str]) -> None:
    for name, title, days, own in (("a", "退款多久到账", 3, fields), ("b", "退款多久能到账", 5, other_fields)):
        source = article(name, *own, title=title, body=f"退款 {days} 天原路退回。")
        house.by_hand(name, source.replace("status: published\n", "") if "status" in str(own) else source)
    assert house.signals() == {}


def test_the_articles_of_this_repository_do_not_contradict_each_other(house: House) -> None:
    for path in [
        *REAL_ARTICLES,
        *(REPOSITORY / "articles").glob("*/_index.md"),
        *(REPOSITORY / "articles").glob("*/*/_index.md"),
    ]:
        target = house.root / path.relative_to(REPOSITORY / "articles")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    house.scan()
    assert len(house.catalog.revisions()) == len(REAL_ARTICLES)
    kinds = {signal.kind for signals in house.signals().values() for signal in signals}
    assert kinds.isdisjoint({CONTRADICTION, SignalKind.EDITED, SignalKind.BROKEN_LINK, SignalKind.OUTDATED})


def test_dictionaries_are_loaded_only_when_values_differ(tmp_path: Path) -> None:
    def unavailable() -> Vocabulary:
        raise IndexMissing("nobody should have asked")

    house = House(tmp_path, unavailable)
    put(house, "a", "退款多久到账", "退款 3 天原路退回。")
    put(house, "b", "退款多久能到账", "退款三天原路退回。")
    assert house.signals() == {}
    put(house, "b", "退款多久能到账", "退款五天原路退回。")
    with pytest.raises(IndexMissing):
        house.signals()


def test_what_is_known_of_two_articles_holds_until_one_of_them_or_the_dictionaries_change(house: House) -> None:
    asked: list[set[str]] = []
    vocabulary = [VOCABULARY]

    def articles(ids: set[str]) -> dict[str, Article]:
        asked.append(ids)
        return {i: record.article for i, record in house.catalog.get_many(ids).items()}

    kept = Contradictions(articles, lambda: vocabulary[0])

    def found() -> list[tuple[str, str]]:
        """Who contradicts whom, which must be what somebody finds who knows nothing yet."""
        house.examiner.follow()
        readings = list(house.findings.readings())
        asked.clear()
        pairs = kept.among(readings)
        assert pairs == Contradictions(articles, lambda: vocabulary[0]).among(readings)
        return [(one, other) for (one, _), (other, _) in pairs]

    put(house, "a", "退款多久到账", "退款会在 3 天内原路退回。")
    put(house, "b", "退款到账时间", "退款会在 5 天内原路退回。", "questions: [退款多久到账]")
    assert found() == [("a", "b")]
    put(house, "c", "退款多久能到账", "退款会在 7 天内原路退回。", "questions: [退款多久到账]")
    assert sorted(found()) == [("a", "b"), ("a", "c"), ("b", "c")]
    put(house, "unrelated", "怎么开发票", "发票在订单页申请。")
    found()
    assert asked == [{"a", "b", "c"}], "only who knows nothing has to look"
    put(house, "b", "退款到账时间", "退款会在 3 天内原路退回。", "questions: [退款多久到账]")
    assert sorted(found()) == [("a", "c"), ("b", "c")]
    vocabulary[0] = Vocabulary(VOCABULARY.tokenizer, VOCABULARY.stop_words)
    found()
    assert len(asked) == 2, "other dictionaries, another look"
    (house.root / "mall/refund/c.md").unlink()
    house.scan()
    assert found() == []
