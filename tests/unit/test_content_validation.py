from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Interval, Problem, Script
from tests.unit.article_tree import ARTICLE, CHANNELS, article_of, errors, judge, with_fields


def only_error(source: str) -> Problem:
    version = judge(source)
    assert version.article is None
    assert len(errors(version.problems)) == 1, version.problems
    return errors(version.problems)[0]


def warnings(source: str) -> list[str]:
    version = judge(source)
    assert version.article is not None, version.problems
    return [f"{problem.line}: {problem.message}" for problem in version.problems]


def test_every_field_reaches_the_article() -> None:
    source = with_fields(
        "questions: [问一, 问二]",
        "kind: policy",
        "channels: [微信, 电话]",
        "owner: 售后业务部",
        "contact: 售后对接群",
        "priority: urgent",
        "tags: [退款]",
        "status: draft",
        "audience: public",
        "created: 2026-03-02",
        "updated: 2026-11-02",
        "verified: 2026-11-16",
        "verified_by: lead",
        "review_every: 2w",
        "valid_from: 2026-11-01",
        "valid_to: 2026-11-30",
        "weight: 7",
        "pinned: yes",
        "related: [b]",
    )
    article = article_of(source)
    assert (article.questions, article.kind, article.channels) == (("问一", "问二"), "policy", ("微信", "电话"))
    assert (article.owner, article.contact, article.priority) == ("售后业务部", "售后对接群", "urgent")
    assert (article.tags, article.status, article.audience) == (("退款",), "draft", "public")
    assert (article.created, article.updated) == (date(2026, 3, 2), date(2026, 11, 2))
    assert (article.verified, article.verified_by) == (date(2026, 11, 16), "lead")
    assert (article.valid_from, article.valid_to) == (date(2026, 11, 1), date(2026, 11, 30))
    assert (article.review_every, article.weight, article.pinned) == (Interval(2, "w"), 7, True)
    assert (article.related, article.scripts) == (("b",), (Script(None, "您好。"),))


def test_absent_and_empty_fields_have_their_defaults() -> None:
    article = article_of(with_fields("questions:", "owner: ~", "verified:", "tags: []"))
    assert (article.kind, article.priority, article.status, article.audience) == (
        "faq",
        "general",
        "published",
        "internal",
    )
    assert (article.questions, article.tags, article.verified, article.owner) == ((), (), None, None)
    assert article.channels == CHANNELS


def test_all_stands_for_every_channel() -> None:
    assert article_of(with_fields("channels: all")).channels == CHANNELS


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("kind: faqs", "faq、guide、case、policy、script"),
        ("priority: 一级", "urgent、important、general"),
        ("status: live", "draft、published、archived"),
        ("audience: all", "internal、public"),
        ("channels: [微信, QQ]", "微信、APP、官网、电话"),
        ("channels: [微信，电话]", "英文逗号"),
        ("channels: 微信", "列表"),
        ("questions: 怎么退款", "列表"),
        ("questions: ['']", "至少要 1 个字"),
        ("tags: [退款、退货]", "英文逗号"),
        ("owner: [甲]", "不能写成列表"),
        ("owner: |\n  甲\n  乙", "一行"),
        ("created: 2026-13-40", "不存在"),
        ("updated: 2026-3-2", "2026-03-02"),
        ("verified: 昨天", "2026-03-02"),
        ("valid_to: 2026-02-29", "不存在"),
        ("review_every: 7", "7d"),
        *(
            (f"review_every: {text}", "7d（天）、2w（周）")
            for text in ("0d", "-1d", "10000y", "99999999d", "1.5w", "每周")
        ),
        ("weight: 1001", "0 到 1000"),
        ("weight: -1", "0 到 1000"),
        ("weight: 1.5", "0 到 1000"),
        ("pinned: maybe", "true 或 false"),
        ("related: [Refund_Received]", "小写字母"),
    ],
)
def test_a_wrong_value_is_an_error_at_its_line_that_says_what_may_stand_there(line: str, says: str) -> None:
    problem = only_error(with_fields(line))
    assert problem.line == 4
    assert says in problem.message


def test_an_item_of_a_list_is_reported_at_its_own_line() -> None:
    problem = only_error(with_fields("questions:", "  - 好问题", f"  - {'长' * 201}"))
    assert (problem.line, "201" in problem.message) == (6, True)


def test_a_blank_item_of_a_list_is_an_error() -> None:
    assert "有一项是空的" in only_error(with_fields("questions:", "  - 好问题", "  -")).message


def test_fifty_questions_are_the_most() -> None:
    assert len(article_of(with_fields("questions:", *(f"  - 问题{n}" for n in range(50)))).questions) == 50
    assert "最多 50 项" in only_error(with_fields("questions:", *(f"  - 问题{n}" for n in range(51)))).message


@pytest.mark.parametrize("field", ["id", "title"])
def test_a_missing_required_field_says_what_to_add(field: str) -> None:
    source = "\n".join(line for line in with_fields().split("\n") if not line.startswith(field))
    assert f"缺少 {field}" in only_error(source).message


@pytest.mark.parametrize("slug", ["A", "-a", "a_b", "退款", "a" * 65, "a b", "a/b", "../a"])
def test_an_id_that_is_no_slug_is_an_error(slug: str) -> None:
    assert "id " in only_error(f"---\nid: {slug}\ntitle: 标题\n---\n## 标准话术\n您好\n").message


@pytest.mark.parametrize(
    ("length", "severities"), [(1, ["error"]), (2, []), (60, []), (61, ["warning"]), (201, ["error"])]
)
def test_title_length_is_judged(length: int, severities: list[str]) -> None:
    version = judge(f"---\nid: a\ntitle: {'题' * length}\n---\n## 标准话术\n您好\n")
    assert [problem.severity for problem in version.problems] == severities


def test_all_errors_of_a_file_are_reported_at_once() -> None:
    version = judge("---\nid: A\ntitle: 标题\nkind: x\ncreated: 1\n---\n")
    assert [problem.line for problem in errors(version.problems)] == [2, 4, 5]


def test_a_repeated_question_is_kept_once_with_a_warning() -> None:
    source = with_fields("questions:", "  - 问一", "  - 问二", "  - 问一")
    assert article_of(source).questions == ("问一", "问二")
    assert [w for w in warnings(source) if w.startswith("7: ") and "第 5 行重复" in w]


@pytest.mark.parametrize(
    ("key", "hint"),
    [
        ("verifed", "verified"),
        ("aliases", "questions"),
        ("lastmod", "updated"),
        ("Title", "title"),
        ("备注", "格式说明"),
    ],
)
def test_an_unknown_key_is_a_warning_with_the_likely_one(key: str, hint: str) -> None:
    found = warnings(with_fields(f"{key}: 甲"))
    assert len(found) == 1
    assert found[0].startswith("4: ")
    assert hint in found[0]


def test_validity_that_ends_before_it_begins_is_an_error() -> None:
    problem = only_error(with_fields("valid_from: 2026-11-30", "valid_to: 2026-11-01"))
    assert (problem.line, "永远不会生效" in problem.message) == (5, True)


def test_dates_that_contradict_each_other_are_warnings() -> None:
    assert "早于 created" in warnings(with_fields("created: 2026-03-02", "updated: 2026-03-01"))[0]
    assert "从未审核" in warnings(with_fields("verified_by: lead"))[0]


def test_an_interval_of_more_than_ten_years_is_a_warning() -> None:
    assert "9999w 超过十年，等于不再复核" in warnings(with_fields("review_every: 9999w"))[0]
    assert warnings(with_fields("review_every: 3660d")) == []


def test_a_published_article_without_script_is_a_warning() -> None:
    assert "缺少标准话术" in warnings(with_fields(body="## 处理步骤\n查单\n"))[0]
    assert warnings(with_fields("status: draft", body="## 处理步骤\n查单\n")) == []


def test_a_script_for_a_channel_that_nobody_has_is_a_warning_at_its_heading() -> None:
    found = warnings(with_fields(body="## 标准话术\n您好\n### 微心\n亲\n"))
    assert len(found) == 1
    assert found[0].startswith("7: ")
    assert "“微心”" in found[0]


def test_line_ends_of_the_body_are_line_feeds() -> None:
    assert article_of(ARTICLE.replace("\n", "\r\n")) == article_of(ARTICLE)


KEYS = ["id", "title", "questions", "kind", "channels", "created", "valid_to", "review_every", "weight", "pinned"]


@given(st.lists(st.tuples(st.sampled_from(KEYS), st.text(max_size=12)), max_size=6))
def test_any_values_are_judged_without_an_exception(pairs: list[tuple[str, str]]) -> None:
    version = judge(with_fields(*(f"{key}: {value}" for key, value in pairs)))
    assert version.article is not None or errors(version.problems)
