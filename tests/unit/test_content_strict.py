"""kb lint --strict: every check on real files, with what it must leave alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.config import load_settings
from kb.content.checks.twins import core_of
from kb.content.lint import lint
from kb.content.reader import ArticleFiles
from kb.content.strict import Strictness
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from tests.unit.article_tree import CHANNELS, REPOSITORY, make_tree, write

TODAY = date(2026, 11, 22)
TOKENIZER = Tokenizer()
STRICT = Strictness(
    variables=load_settings(environ={}).variables,
    tokenizer=TOKENIZER,
    stop_words=function_words(),
    synonyms=(("退款", "退钱"),),
)

SCRIPT = "## 标准话术\n您好，可以退。\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_tree(tmp_path)
    (root / "mall/refund/refund-not-received.md").unlink()
    return root


def put(root: Path, name: str, *fields: str, title: str = "七天无理由", body: str = SCRIPT) -> None:
    """An article whose front matter is ``fields`` after id (line 2) and title (line 3)."""
    lines = ["---", f"id: {name}", f"title: {title}", *fields, "---", body]
    write(root, f"mall/refund/{name}.md", "\n".join(lines))


def found(root: Path) -> list[str]:
    return [str(problem) for problem in lint(ArticleFiles(root, CHANNELS), (), TODAY, STRICT)]


# --- scripts


@pytest.mark.parametrize("filler", [" ", "-", "~", "1 "])
def test_a_megabyte_without_a_date_is_read_in_one_go(root: Path, filler: str) -> None:
    put(root, "a", "updated: 2026-11-20", body=f"{SCRIPT}## 处理步骤\n{filler * 400_000}\n至 2026-11-11 前处理。")
    assert ["2026-11-11 已经过去" in problem for problem in found(root)] == [True]


def test_a_sound_article_has_no_findings(root: Path) -> None:
    put(root, "a", body="## 标准话术\n您好{{客户称呼}}，订单{{ 订单号 }}可以退。\n### 电话\n" + "可以退。" * 100)
    assert found(root) == []


@pytest.mark.parametrize(
    ("channels", "body", "line"),
    [
        ("all", "## 标准话术\n\n{long}\n", 8),
        ("all", "## 标准话术\n短。\n### 微信\n{long}\n", 9),
        ("[电话, 官网]", "## 标准话术\n{long}\n### 电话\n短。\n", 7),
    ],
)
def test_a_long_script_of_a_chat_channel_is_found_at_its_first_line(
    root: Path, channels: str, body: str, line: int
) -> None:
    put(root, "a", f"channels: {channels}", body=body.replace("{long}", "字" * 301))
    (problem,) = found(root)
    assert problem.startswith(f"mall/refund/a.md:{line}: 提醒：这段话术有 301 个字")
    put(root, "a", f"channels: {channels}", body=body.replace("{long}", "字" * 300))
    assert found(root) == []


def test_a_long_script_that_is_only_spoken_is_left_alone(root: Path) -> None:
    put(root, "a", "channels: [电话]", body="## 标准话术\n" + "字" * 500)
    put(root, "b", "channels: [微信, 电话]", title="换货", body=f"## 标准话术\n{'字' * 500}\n### 微信\n短。\n")
    assert found(root) == []


def test_a_channel_that_would_be_shown_another_channels_script_is_named(root: Path) -> None:
    put(root, "a", "channels: [微信, 官网, 电话]", body="## 标准话术\n### 电话\n可以退。\n### 微信\n可以。\n")
    (problem,) = found(root)
    assert problem.startswith("mall/refund/a.md:6: 提醒：官网没有话术")


def test_an_unknown_variable_is_found_with_the_one_that_was_meant(root: Path) -> None:
    put(root, "a", body="## 标准话术\n您好{{客户称谓}}。\n## 注意事项\n{{天气}}\n")
    meant, unknown = found(root)
    assert meant.startswith("mall/refund/a.md:6: 提醒：没有“客户称谓”这个变量，是不是想写 {{客户称呼}}？")
    assert unknown.startswith("mall/refund/a.md:8: 提醒：没有“天气”这个变量，可以用：客户称呼、订单号")


def test_drafts_and_archived_articles_are_left_alone(root: Path) -> None:
    for status in ("draft", "archived"):
        put(root, status, f"status: {status}", body="## 标准话术\n{{天气}}，11月11日前。" + "字" * 400)
    assert found(root) == []


def test_markup_in_a_script_is_found_but_not_in_steps(root: Path) -> None:
    body = "## 标准话术\n请看**这里**和[帮助](https://example.com)。\n- 一\n- 2*3*4\n| 天 | 元 |\n## 处理步骤\n**查**\n"
    put(root, "a", body=body)
    problems = found(root)
    assert [problem.split("：")[0] for problem in problems] == [f"mall/refund/a.md:{n}: 提醒" for n in (6, 6, 9)]
    assert "“**这里**”会带着符号发给客户" in "".join(problems)


def test_pointers_to_articles_that_nobody_can_open_are_found(root: Path) -> None:
    put(root, "draft", "status: draft", title="换货流程")
    put(root, "old", "status: archived", title="旧的规则")
    put(root, "open", title="寄修流程")
    put(root, "former", "status: archived", title="寄修流程")
    text = "见《换货流程》和“旧的规则”，不是《寄修流程》，也不是换货流程。"
    put(root, "a", "related: [old, open, draft]", body=f"{SCRIPT}## 注意事项\n{text}\n")
    related, draft, old = sorted(found(root), key=lambda problem: "related" not in problem)
    assert related.startswith("mall/refund/a.md:4: 提醒：related 里的“old”已经归档，客服打不开")
    assert draft.startswith("mall/refund/a.md:9: 提醒：“旧的规则”已经归档")
    assert old.startswith("mall/refund/a.md:9: 提醒：《换货流程》还是草稿")


# --- dates


@pytest.mark.parametrize(
    "sentence",
    [
        "请在 11 月 11 日前申请。",
        "请在2026年11月11日 24:00 之前申请。",
        "活动截至 2026-11-11。",
        "活动从 10月24日到11月11日。",
        "优惠 10 月 24 日-11 月 11 日，抓紧。",
        "券 11月11日失效。",
        "截止11月11号。",
    ],
)
def test_a_deadline_that_has_passed_is_found_while_the_article_stays_valid(root: Path, sentence: str) -> None:
    body = f"## 标准话术\n您好。{sentence}您可以放心。\n"
    put(root, "a", "updated: 2026-11-01", body=body)
    (problem,) = found(root)
    assert problem.startswith("mall/refund/a.md:7: 提醒：“")
    assert "说的 2026-11-11 已经过去，没有写 valid_to" in problem
    put(root, "a", "updated: 2026-11-01", "valid_to: 2026-12-31", body=body)
    (problem,) = found(root)
    assert "valid_to 却是 2026-12-31" in problem
    put(root, "a", "updated: 2026-11-01", "valid_to: 2026-11-11", body=body)
    assert found(root) == []


@pytest.mark.parametrize(
    "sentence",
    [
        "2026-03-10 起全部线上办理。",
        "从 3 月 10 日开始收费。",
        "11月12日以后的订单 48 小时发货。",
        "活动已于 11 月 11 日结束。",
        "10 月 24 日到 11 月 11 日大促期间下单的，延长到 15 天。",
        "2026-10-24 至 2026-11-11 付款的按 72 小时。",
        "11月11日之前申请的卡要解绑后重新绑定。",
        "例如 11 月 3 日签收，到 11 月 10 日止都能退。",
        "每年 1 月 1 日前重算。",
        "请在 12 月 1 日前申请。",
        "一般 7-10 个工作日，最晚 10-12 天前后到。",
        "11月31日前申请。",
        "发票 11月11日开出。",
    ],
)
def test_history_beginnings_and_examples_are_no_deadlines(root: Path, sentence: str) -> None:
    put(root, "a", "updated: 2026-11-15", body=f"## 标准话术\n您好。{sentence}\n")
    assert found(root) == []


def test_a_day_without_a_year_is_meant_after_the_text_was_written(root: Path) -> None:
    body = "## 标准话术\n请在 1 月 15 日前申请。\n"
    put(root, "a", "updated: 2026-11-15", body=body)
    assert found(root) == []
    put(root, "a", "created: 2026-01-02", body=body)
    assert "2026-01-15" in found(root)[0]
    put(root, "a", body=body)
    assert found(root) == []


def test_dates_are_judged_in_steps_but_not_in_notes_nor_in_the_story_of_a_case(root: Path) -> None:
    text = "请在 2026-11-11 前提交。\n"
    put(root, "a", body=f"{SCRIPT}## 处理步骤\n1. {text}## 注意事项\n- {text}")
    put(root, "b", "kind: case", title="一次投诉", body=f"{SCRIPT}## 处理步骤\n1. {text}")
    (problem,) = found(root)
    assert problem.startswith("mall/refund/a.md:8:")


# --- agreed facts


def agree(root: Path, place: str, *facts: str) -> None:
    write(root, f"{place}/_index.md", f"---\ntitle: {place}\n---\n## 口径\n" + "".join(f"- {f}\n" for f in facts))


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("退货期限是 30 天。", True),
        ("退货期限：7-15 天。", True),
        ("**退货期限** 最长 10 天。", True),
        ("30 天的退货期限。", True),
        ("退货期限为 7 天。", False),
        ("退货期限 7 日。", False),
        ("退货期限 15 天。", False),
        ("退货期限 3 个月。", False),
        ("退货期限过了 3 天。", False),
        ("退货期限，收货后 3 天。", False),
    ],
)
def test_another_number_right_beside_an_agreed_term_is_found(root: Path, sentence: str, wrong: bool) -> None:
    agree(root, "mall/refund", "退货期限：7 天，大促 15 天")
    put(root, "a", body=f"{SCRIPT}## 注意事项\n{sentence}\n")
    problems = found(root)
    assert len(problems) == wrong
    if wrong:
        assert problems[0].startswith("mall/refund/a.md:8: 提醒：“退货期限…")
        assert "mall/refund/_index.md:5 的口径“退货期限：7 天，大促 15 天”" in problems[0]


def test_a_scenario_replaces_what_its_product_agreed_on(root: Path) -> None:
    agree(root, "mall", "首重：10 元", "续重：3 元")
    put(root, "a", body="## 标准话术\n首重 30 元，续重 4 元。\n")
    assert len(found(root)) == 2
    agree(root, "mall/refund", "首重：30 元")
    (problem,) = found(root)
    assert "续重" in problem


def test_an_expired_article_may_quote_what_held_then(root: Path) -> None:
    agree(root, "mall", "首重：10 元")
    put(root, "a", "valid_to: 2026-11-01", body="## 标准话术\n首重 30 元。\n")
    assert found(root) == []


def test_a_fact_without_a_number_is_reported_in_the_folder_file(root: Path) -> None:
    agree(root, "mall", "首重：看情况")
    (problem,) = found(root)
    assert problem.startswith("mall/_index.md:5: 提醒：口径“首重”里没有“数字 + 单位”")


# --- twins


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("怎么取消订单", "请问怎么取消订单？", True),
        ("取消订单", "订单取消", True),
        ("退款到账时间", "退钱到账时间", True),
        ("退款到账時間", "退款到账时间", True),
        ("手机号码掉了怎么找回", "手机号码掉了怎么找回来", True),
        ("如何绑定银行卡", "如何解绑银行卡", False),
        ("未收到货退款", "已收到货退款", False),
        ("活期转定期", "定期转活期", False),
        ("三期分期手续费多少", "六期分期手续费多少", False),
        ("什么是网上支付", "怎么使用网上支付呢", False),
        ("我的会员卡不能用了", "我的会员卡能用了", False),
    ],
)
def test_wordings_that_say_the_same_are_shown_with_both_places(root: Path, one: str, other: str, same: bool) -> None:
    put(root, "a", title=one)
    put(root, "b", f"questions: [甲乙丙丁, {other}]", title="另一件事")
    problems = found(root)
    assert len(problems) == same
    if same:
        assert problems[0].startswith(f"mall/refund/b.md:4: 提醒：“{other}”与 mall/refund/a.md:3 的“{one}”几乎一样")


def test_one_article_may_ask_the_same_in_many_ways(root: Path) -> None:
    put(root, "a", "questions: [取消订单, 订单取消, 怎么取消订单]", title="取消订单吗")
    assert found(root) == []


def test_thousands_of_wordings_are_compared_and_copies_named_once(root: Path) -> None:
    for name in "abc":
        questions = ", ".join(f"{i} 号门怎么开" for i in range(40))
        put(root, name, f"questions: [{questions}]", title=f"{name} 栋的事情")
    problems = found(root)
    assert [problem.count("mall/refund/a.md:4") for problem in problems] == [1, 1]  # one line holds all of them


@given(st.text(alphabet="取消订单怎么退款吗的3A ", max_size=12))
def test_any_text_has_a_core_that_ignores_case_and_width(text: str) -> None:
    core = core_of(TOKENIZER, function_words(), ())
    assert core(text.lower()) == core(text) == core(text.replace("A", "Ａ"))


def test_the_articles_of_this_repository_are_clean() -> None:
    problems = lint(ArticleFiles(REPOSITORY / "articles", CHANNELS), (), TODAY, STRICT)
    assert [str(problem) for problem in problems] == []


# --- pictures


def test_images_that_agents_do_not_see_are_named(root: Path) -> None:
    here, gone = "images/0123456789abcdef.png", "images/fedcba9876543210.jpg"
    write(root, f"mall/refund/{here}", b"a picture")
    body = f"{SCRIPT}## 处理步骤\n1. ![在]({here})\n2. ![不在]({gone})\n3. ![手放](shot.png)\n![远](https://x.example/a.png)\n"
    put(root, "a", body=body)
    put(root, "b", "status: draft", title="草稿", body=body)
    place = "mall/refund/a.md"
    assert found(root) == [
        f"{place}:9: 提醒：图片“{gone}”不在 mall/refund/images/ 里，客服看不到；请重新上传，或去掉。",
        f"{place}:10: 提醒：图片“shot.png”不会显示：只显示在编辑页面上传的图片；请上传后换成得到的地址，或去掉。",
        f"{place}:11: 提醒：图片“https://x.example/a.png”不会显示：只显示在编辑页面上传的图片；"
        "请上传后换成得到的地址，或去掉。",
    ]
