from __future__ import annotations

import html
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Script
from kb.text.render import MOST_LINES, render_html
from kb.text.sections import parse_sections, plain_text, scripts_of

MARKDOWN = st.text(alphabet="#`~*_-|>[](){}<!/\\&1. \n甲乙a标准话术", max_size=200)


def texts(body: str) -> list[tuple[int, str, str]]:
    return [(s.level, s.title, body[s.start : s.end].strip()) for s in parse_sections(body)]


def test_sections_begin_at_h2_and_h3_and_keep_what_precedes_the_first() -> None:
    body = "引言\n## 标准话术\n您好\n### 电话\n喂\n#### 细节\n慢说\n##处理步骤##\n查单\n"
    assert texts(body) == [
        (0, "", "引言"),
        (2, "标准话术", "您好"),
        (3, "电话", "喂\n#### 细节\n慢说"),
        (2, "处理步骤", "查单"),
    ]


@pytest.mark.parametrize("fence", ["```", "~~~~"])
def test_headings_in_fenced_code_are_text(fence: str) -> None:
    body = f"## 甲\n{fence}md\n## 不是标题\n{fence}\n## 乙\n"
    assert [title for _, title, _ in texts(body)] == ["", "甲", "乙"]


def test_a_fence_that_is_never_closed_swallows_nothing() -> None:
    body = "## 标准话术\n```\n您好\n## 处理步骤\n内部备注\n"
    assert scripts_of(body) == (Script(None, "```\n您好"),)


def test_a_fence_is_closed_only_by_its_own_kind() -> None:
    body = "````\n```\n## 代码里\n````\n## 标题\n"
    assert [title for _, title, _ in texts(body)] == ["", "标题"]


def test_scripts_are_the_general_one_and_one_per_channel() -> None:
    body = "## 标准话术\n您好{{客户称呼}}\n### 电话\n喂\n### 微信\n亲\n## 处理步骤\n### 官网\n不是话术\n"
    assert scripts_of(body) == (Script(None, "您好{{客户称呼}}"), Script("电话", "喂"), Script("微信", "亲"))


def test_an_empty_script_leaves_its_channel_to_the_general_one() -> None:
    assert scripts_of("## 标准话术\n您好\n### 电话\n\n## 其他\n") == (Script(None, "您好"),)
    assert scripts_of("## 标准话术\n\n## 其他\n文字\n") == ()


@given(MARKDOWN)
def test_sections_cover_the_body_in_order(body: str) -> None:
    sections = parse_sections(body)
    assert sections[0].start == 0
    assert sections[-1].end == len(body)
    assert all(one.end <= other.start for one, other in pairwise(sections))


@pytest.mark.parametrize(
    ("markdown", "expected"),
    [
        ("## 处理步骤\n1. 打开\n2) 提交\n- 完成", "处理步骤\n打开\n提交\n完成"),
        ("**重点**、*强调*、***都是***、_斜体_、~~旧~~、`代码`", "重点、强调、都是、斜体、旧、代码"),
        ('[退款](https://a.cn/(1) "题")和![图示](a.png)', "退款和图示"),
        ("<b>粗</b>体<br/>换行<!-- 备注 --><img src='a' alt=b>", "粗 体 换行"),
        ("| 档位 | 价格 |\n|---|:--:|\n| 年卡 | 128 |", "档位 价格\n年卡 128"),
        ("> 引用\n> - 列表\n\n---\n下文", "引用\n列表\n下文"),
        ("```python\nx = 1\n```\n完", "x = 1\n完"),
        ("A&amp;B \\*不是强调\\*", "A&B *不是强调*"),
        ("甲  乙\t丙\r\n丁", "甲 乙 丙\n丁"),
    ],
)
def test_plain_text_keeps_the_words_and_drops_the_marks(markdown: str, expected: str) -> None:
    assert plain_text(markdown) == expected


@pytest.mark.parametrize(
    "words",
    [
        "{{客户称呼}}您好，退款 1.5 元，10% 以内",
        "卡号 6222****1234 和 6222****5678",
        "3<5 且 a>b，<客户> 同意",
        "snake_case 与 a_b_c",
        "满300-40，2-4 天",
    ],
)
def test_plain_text_leaves_ordinary_writing_alone(words: str) -> None:
    assert plain_text(words) == words


@given(st.text(alphabet="甲乙丙a1 \n#*_`>|-[]()", max_size=200))
def test_plain_text_loses_no_word_outside_links_and_list_numbers(markdown: str) -> None:
    if "](" not in markdown:
        words = "甲乙丙a"
        assert [c for c in plain_text(markdown) if c in words] == [
            c for c in markdown if c in words
        ] or "```" in markdown


@pytest.mark.parametrize("block", ["## 标题\n", "### <b>\n", "---\n"])
def test_a_body_of_more_lines_than_articles_have_is_shown_as_it_is_written(block: str) -> None:
    assert "<pre>" not in render_html(block * MOST_LINES, None)
    shown = render_html(block * (MOST_LINES + 1), None)
    assert shown == f"<pre>{html.escape(block * (MOST_LINES + 1))}</pre>"


@given(st.text(max_size=300))
def test_plain_text_takes_any_text(markdown: str) -> None:
    assert plain_text(markdown) == plain_text(markdown).strip()
