"""The form of an article and back: what nobody touched keeps every byte."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.editing.form import (
    EMPTY,
    FORM_SECTIONS,
    ArticleForm,
    changed_fields,
    form_of,
    read_form,
    sent_fields,
    source_of,
    values_of,
    with_fields,
)
from kb.errors import ArticleError
from tests.unit.article_tree import ARTICLE, CHANNELS, REAL_ARTICLES, article_of
from tests.unit.test_bulk_round_trip import ODD

TODAY = date(2027, 1, 31)
WINDOWS = ("\ufeff" + ARTICLE).replace("\n", "\r\n")
UNKNOWN_KEYS = ARTICLE.replace("kind: faq", "kind: faq # 注释\nfoo: bar\n# 单独一行").replace("[微信, 电话]", "[传真]")

lines = st.text(alphabet="甲乙a1:#'\"、,- ", max_size=12).map(lambda text: " ".join(text.split()))
blocks = st.text(alphabet="甲a1 \n*-|", max_size=30).map(lambda text: text.strip())
sources = st.sampled_from([ARTICLE, ODD, WINDOWS, UNKNOWN_KEYS, EMPTY])
#: A field by the name that browsers send, with a new value of it.
changes = st.one_of(
    st.tuples(st.sampled_from(["title", "owner", "contact", "review_every", "valid_from", "weight", "kind"]), lines),
    st.tuples(st.just("questions"), st.lists(lines.filter(bool), unique=True, max_size=3).map("\n".join)),
    st.tuples(st.sampled_from(["tags", "related"]), st.lists(st.sampled_from("甲乙丙"), unique=True).map("、".join)),
    st.tuples(st.sampled_from([f"section:{title}" for title in FORM_SECTIONS]), blocks),
    st.tuples(st.sampled_from(["script:", "script:电话", "script:APP"]), blocks),
    st.tuples(st.just("pinned"), st.booleans()),
    st.tuples(st.just("channels"), st.sampled_from([(), ("微信",), ("APP", "电话")])),
)


def as_sent(form: ArticleForm) -> dict[str, list[str]]:
    """The same with line ends as browsers send them."""
    sent = sent_fields(form, CHANNELS)
    return {name: [value.replace("\n", "\r\n") for value in values] for name, values in sent.items()}


def changed(form: ArticleForm, name: str, value: Any) -> ArticleForm:
    kind, colon, key = name.partition(":")
    attribute = f"{kind}s" if colon else name
    values: dict[str, Any] = {attribute: {**getattr(form, attribute), key: value} if colon else value}
    return replace(form, **values)


@pytest.mark.parametrize("path", REAL_ARTICLES, ids=lambda path: path.stem)
def test_a_real_article_that_nobody_changed_keeps_every_byte(path: Path) -> None:
    source = path.read_bytes().decode()
    form = read_form(as_sent(form_of(source, CHANNELS)), CHANNELS)
    assert source_of(form, source, CHANNELS, TODAY) == source


@given(sources)
def test_what_a_browser_sends_back_is_the_same_form(source: str) -> None:
    form = form_of(source, CHANNELS, "mall/refund")
    assert read_form(as_sent(form), CHANNELS) == form
    if source != EMPTY:
        assert source_of(form, source, CHANNELS, TODAY) == source


@given(sources, changes)
def test_a_change_to_one_field_changes_that_field_alone(source: str, change: tuple[str, Any]) -> None:
    before = form_of(source, CHANNELS)
    form = replace(changed(before, *change), minor=True)
    written = source_of(form, source, CHANNELS, TODAY)
    after = form_of(written, CHANNELS)
    assert set(changed_fields(after, before)) <= {change[0]}
    if change != ("kind", ""):  # an article of no kind is of the usual one
        assert replace(after, minor=True) == form
    if source != EMPTY:
        assert "\r" not in written.replace("\r\n", "")
        kept = {"foo: bar", "# 单独一行", "# made by hand", "没有这个渠道"}
        assert {line for line in kept if line in source} == {line for line in kept if line in written}


def test_line_ends_and_byte_order_mark_stay() -> None:
    form = changed(form_of(WINDOWS, CHANNELS), "script:", "第一行\n第二行")
    written = source_of(replace(form, minor=True), WINDOWS, CHANNELS, TODAY)
    assert written == WINDOWS.replace("您好，可以退款。", "第一行\r\n第二行")


def test_a_change_of_content_is_dated_and_a_minor_one_is_not() -> None:
    form = changed(form_of(ARTICLE, CHANNELS), "section:处理步骤", "1. 查单。")
    edited = ARTICLE.replace("1. 查物流。", "1. 查单。")
    assert source_of(replace(form, minor=True), ARTICLE, CHANNELS, TODAY) == edited
    dated = source_of(form, ARTICLE, CHANNELS, TODAY)
    assert dated == edited.replace("updated: 2026-11-02", "updated: 2027-01-31")
    assert source_of(replace(form_of(ARTICLE, CHANNELS), note="没改"), ARTICLE, CHANNELS, TODAY) == ARTICLE


def test_a_new_article_is_written_in_the_order_of_the_format() -> None:
    form = ArticleForm(
        id="a", title="新条目", questions="怎么退\n怎么换", tags="甲,乙", scripts={"": "您好", "电话": "喂"}, weight="5"
    )
    source = source_of(form, EMPTY, CHANNELS, TODAY)
    assert source == (
        "---\nid: a\ntitle: 新条目\nquestions:\n  - 怎么退\n  - 怎么换\ntags: [甲, 乙]\ncreated: 2027-01-31\n"
        "updated: 2027-01-31\nweight: 5\n---\n## 标准话术\n您好\n### 电话\n喂\n"
    )
    assert article_of(source).questions == ("怎么退", "怎么换")


def test_wordings_for_channels_that_nobody_configured_are_shown_and_kept() -> None:
    form = form_of(ODD, CHANNELS)
    assert form.scripts["传真"] == "没有这个渠道"
    assert list(form.scripts) == ["", *CHANNELS, "传真"]
    assert form_of(UNKNOWN_KEYS, CHANNELS).channels == ("传真",)


def test_values_that_make_no_sense_are_kept_for_the_format_to_judge() -> None:
    form = replace(form_of(ARTICLE, CHANNELS), valid_from="明天", weight="很大", minor=True)
    written = source_of(form, ARTICLE, CHANNELS, TODAY)
    assert "valid_from: 明天\nweight: 很大\n" in written
    assert form_of(written, CHANNELS).valid_from == "明天"


def test_a_file_that_has_no_readable_front_matter_has_no_form() -> None:
    with pytest.raises(ArticleError, match=r"只能在“源文件”里修改：第 3 行"):
        form_of("---\nid: [\n---\n", CHANNELS)


def test_wordings_for_thousands_of_channels_are_read_in_one_go() -> None:
    body = "".join(f"### 渠道{number}\n您好{number}。\n" for number in range(20_000))
    form = form_of(f"---\nid: a\n---\n## 标准话术\n{body}", CHANNELS)
    assert form.scripts["渠道19999"] == "您好19999。"


def test_strange_fields_are_ignored_and_headings_cannot_be_smuggled_in() -> None:
    form = read_form({"evil": ["x"], "section:没有的": ["x"], "script:甲\n## 乙": ["x"], "title": []}, CHANNELS)
    written = source_of(form, EMPTY, CHANNELS, TODAY)
    assert "没有的" not in written
    assert "\n## 乙" not in written


@given(sources, changes)
def test_fields_are_taken_over_by_name(source: str, change: tuple[str, Any]) -> None:
    before = form_of(source, CHANNELS)
    other = changed(before, *change)
    assert with_fields(before, other, changed_fields(other, before)) == other
    assert {spec.name for spec in fields(ArticleForm)} - set(values_of(before)) == {"scripts", "sections"}
