from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.section_edits import (
    SECTIONS,
    other_text,
    script_texts,
    section_text,
    with_other,
    with_script,
    with_section,
)
from tests.unit.test_sections import MARKDOWN

BODY = "引言\n## 标准话术\n旧的\n### 电话\n喂\n\n## 处理步骤\n\n查单\n### 特殊\n另查\n## 备注\n随便\n"
OTHER = st.text(alphabet="#~*-> \n甲乙a", max_size=60)


def script_text(body: str, channel: str | None) -> str:
    return script_texts(body).get(channel, "")


def test_each_part_is_found() -> None:
    assert script_text(BODY, None) == "旧的"
    assert script_text(BODY, "电话") == "喂"
    assert script_text(BODY, "微信") == ""
    assert section_text(BODY, "处理步骤") == "查单\n### 特殊\n另查"
    assert other_text(BODY) == "引言\n## 备注\n随便"


def test_a_part_is_replaced_and_all_else_kept() -> None:
    assert with_script(BODY, None, "新的") == BODY.replace("旧的", "新的")
    assert with_script(BODY, "电话", "您好") == BODY.replace("喂", "您好")
    assert with_section(BODY, "处理步骤", "改单") == BODY.replace("查单\n### 特殊\n另查", "改单")
    assert with_other(BODY, "前言\n## 备注\n不变") == BODY.replace("引言", "前言").replace("随便", "不变")


def test_an_empty_text_takes_a_part_out() -> None:
    assert with_script(BODY, "电话", "") == BODY.replace("### 电话\n喂\n\n", "")
    assert script_text(with_script(BODY, None, ""), None) == ""
    assert script_text(with_script(BODY, None, ""), "电话") == "喂"
    assert with_section(BODY, "处理步骤", "") == BODY.replace("## 处理步骤\n\n查单\n### 特殊\n另查\n", "")
    assert other_text(with_other(BODY, "")) == ""
    assert section_text(with_other(BODY, ""), "处理步骤") == section_text(BODY, "处理步骤")


def test_a_script_that_was_missing_goes_before_what_follows_it() -> None:
    assert with_script("## 处理步骤\n查单\n", None, "您好") == "## 标准话术\n您好\n## 处理步骤\n查单\n"
    assert with_script("引言\n## 处理步骤\n", None, "您好") == "引言\n## 标准话术\n您好\n## 处理步骤\n"
    assert with_script("## 问题预判\n慌\n## 备注\n", None, "好") == "## 问题预判\n慌\n## 标准话术\n好\n## 备注\n"
    assert with_script("引言", None, "您好") == "引言\n## 标准话术\n您好\n"
    assert with_script("", "电话", "喂") == "## 标准话术\n### 电话\n喂\n"
    assert with_script("## 标准话术\n您好\n## 备注\n", "电话", "喂") == "## 标准话术\n您好\n### 电话\n喂\n## 备注\n"


def test_a_section_that_was_missing_stands_in_the_order_of_the_house() -> None:
    body = ""
    for title in reversed(SECTIONS):
        body = with_section(body, title, f"文{title}")
    assert body == "".join(f"## {title}\n文{title}\n" for title in SECTIONS)


@pytest.mark.parametrize(("text", "kept"), [("甲\n## 乙\n### 丙", "甲\n### 乙\n### 丙"), ("```\n## 甲\n```", None)])
def test_headings_in_a_section_begin_no_other(text: str, kept: str | None) -> None:
    assert section_text(with_section(BODY, "处理步骤", text), "处理步骤") == (kept or text)


def test_headings_in_a_script_begin_no_other() -> None:
    assert script_text(with_script("", None, "甲\n## 乙\n### 电话"), None) == "甲\n#### 乙\n#### 电话"


@given(MARKDOWN, OTHER, st.sampled_from([None, "电话"]))
def test_a_script_put_in_is_got_out(body: str, text: str, channel: str | None) -> None:
    written = with_script(body, channel, text.strip())
    if "```" not in body and "~~~" not in body + text:  # code that spans both is nobody's script
        assert script_text(written, channel).replace("#", "") == text.strip().replace("#", "")


@given(
    st.lists(st.sampled_from(["引言\n", "## 备注\n甲\n", "## 处理步骤\n乙\n", "## 标准话术\n丙\n", "### 电话\n丁\n"])),
    OTHER,
)
def test_other_text_put_in_leaves_the_named_parts_alone(pieces: list[str], text: str) -> None:
    body = "".join(pieces)
    written = with_other(body, text.strip())
    if "~~~" not in text and not any(title in text for title in SECTIONS):
        assert section_text(written, "处理步骤") == section_text(body, "处理步骤")
        assert script_text(written, None) == script_text(body, None)
        assert other_text(written) == text.strip()


def test_an_emptied_section_is_not_replaced_by_another_of_its_name() -> None:
    body = "## 处理步骤\n第一次\n\n## 备注\n甲\n\n## 处理步骤\n第二次\n"
    emptied = with_section(body, "处理步骤", "")
    assert "第一次" not in emptied
    assert emptied.count("## 处理步骤") == 2
    assert emptied.endswith("## 备注\n甲\n\n## 处理步骤\n第二次\n")
