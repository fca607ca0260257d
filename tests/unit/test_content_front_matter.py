from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.content.findings import Findings
from kb.content.front_matter import FrontMatter, Scalar, read_front_matter
from kb.model import Problem
from tests.unit.article_tree import judge


def read(source: str) -> tuple[FrontMatter | None, list[Problem]]:
    findings = Findings("a.md")
    return read_front_matter(source, findings), findings.problems


def only_problem(yaml: str) -> Problem:
    front, problems = read(f"---\n{yaml}\n---\n正文\n")
    assert front is None
    assert len(problems) == 1
    return problems[0]


def test_keys_carry_their_lines_and_the_body_is_what_follows() -> None:
    front, problems = read("---\n# 注释\nid: a\n\nquestions:\n  - 甲\n  - 乙\n---\n## 标准话术\n您好\n")
    assert front is not None
    assert problems == []
    assert {name: entry.line for name, entry in front.entries.items()} == {"id": 3, "questions": 5}
    assert front.entries["questions"].value == (Scalar(6, "甲"), Scalar(7, "乙"))
    assert (front.body_line, front.body) == (9, "## 标准话术\n您好\n")


def test_values_stay_text_and_nothing_is_none() -> None:
    front, _ = read("---\na: 2026-03-02\nb: yes\nc: 7\nd:\ne: ~\nf: null\ng: 'null'\nh: ''\n---\n")
    assert front is not None
    values = [entry.value.text for entry in front.entries.values() if isinstance(entry.value, Scalar)]
    assert values == ["2026-03-02", "yes", "7", None, None, None, "null", ""]


def test_windows_line_ends_and_byte_order_mark_are_accepted() -> None:
    front, problems = read("\ufeff---\r\nid: a\r\ntitle: 标题\r\n---\r\n## 标准话术\r\n您好\r\n")
    assert front is not None
    assert problems == []
    assert front.entries["title"].line == 3
    assert front.body == "## 标准话术\n您好\n"


@pytest.mark.parametrize("source", ["", "正文", "\n---\nid: a\n---\n", "--- x\n", "----\nid: a\n----\n"])
def test_a_file_without_front_matter_says_how_to_begin(source: str) -> None:
    front, problems = read(source)
    assert front is None
    assert "第一行应为 ---" in problems[0].message


@pytest.mark.parametrize("source", ["---", "---\nid: a\n", "---\nid: a\n ---\n", "---\n"])
def test_front_matter_that_never_ends_says_how_to_end(source: str) -> None:
    front, problems = read(source)
    assert front is None
    assert "没有结束" in problems[0].message


def test_a_key_written_twice_names_the_first_line() -> None:
    front, problems = read("---\nid: a\ntitle: 甲\nid: b\n---\n")
    assert front is not None
    assert front.entries["id"].value == Scalar(2, "a")
    assert (problems[0].line, "第 2 行" in problems[0].message) == (4, True)


@pytest.mark.parametrize(
    ("yaml", "line", "says"),
    [
        ("id: a\n\ttitle: 甲", 3, "Tab"),
        ("title: 退款: 未收到货", 2, "英文引号"),
        ("id: a\ntitle:甲\nkind: faq", 3, "英文冒号加一个空格"),
        ("id: a\ntitle：甲\nkind: faq", 3, "英文冒号加一个空格"),
        ('id: a\ntitle: "甲', 3, "引号没有成对"),
        ("questions: [甲, 乙\nkind: faq", 2, "方括号没有成对"),
        ("title: 'it's'", 2, "引号之后"),
        ("contact: @小王", 2, "“@”开头"),
        ("contact: %小王", 2, "“%”开头"),
        ('title: "a\\q"', 2, "反斜杠"),
        ("title: - 甲", 2, "另起一行"),
        ("id: a\nowner:\n  name: 甲", 4, "不能嵌套"),
        ("questions: [甲, [乙]]", 2, "不能嵌套"),
        ("title: {{客户}}", 2, "不能嵌套"),
        ("- id", 2, "字段: 值"),
        ("只有一句话", 2, "字段: 值"),
        ("{id: a}", 2, "字段: 值"),
        ("  id: a", 2, "顶格"),
        ("? id\n: a", 2, "顶格"),
        ("id: a\n...\ntitle: 甲", 4, "YAML"),
        ("id: a\ntitle: 甲\u2028乙", 3, "U+2028"),
        ("id: a\ntitle: 甲\x07", 3, "U+0007"),
        ("id: !!", 2, "YAML"),
    ],
)
def test_what_is_not_yaml_of_ours_is_a_problem_with_line_and_advice(yaml: str, line: int, says: str) -> None:
    problem = only_problem(yaml)
    assert problem.line == line
    assert says in problem.message


def test_anchors_and_aliases_are_refused_before_they_expand() -> None:
    bomb = "\n".join(["a: &a [x, x]", *(f"{b}: &{b} [*{a}, *{a}]" for a, b in zip("abcdefg", "bcdefgh", strict=True))])
    assert "锚点" in only_problem(bomb).message
    assert "锚点" in only_problem("a: x\nb: *a").message


@pytest.mark.parametrize("deep", ["a: " + "[" * 200_000, "a:\n" + " -" * 200_000, "a: " + "{b: " * 100_000])
def test_depth_is_refused_without_descending(deep: str) -> None:
    assert only_problem(deep).line in (2, 3)


SYNTAX = ["- ", "[", "]", "{", "}", "&a ", "*a", "!!", "|", ">", "'", '"', ": ", "#", "%", "@", "?", ",", "~", "<<: "]
UNUSUAL = ["\t", "\\u", "\r\n", "\r", "\x00", "\ufeff", "\u2028", "---\n", "...\n"]
FRAGMENTS = st.sampled_from(["id: a\n", "title: 标题\n", "questions:\n", "  - 甲\n", *SYNTAX, *UNUSUAL])


@given(st.lists(FRAGMENTS | st.text(max_size=5), max_size=30).map("".join))
def test_any_text_as_front_matter_gives_an_article_or_an_error_with_a_line(yaml: str) -> None:
    source = f"---\n{yaml}\n---\n正文\n"
    version = judge(source)
    lines = source.count("\n") + 1
    assert version.article is not None or any(problem.severity == "error" for problem in version.problems)
    for problem in version.problems:
        assert 1 <= problem.line <= lines
        assert "\n" not in str(problem)


@given(st.binary(max_size=300))
def test_any_bytes_give_an_article_or_an_error(data: bytes) -> None:
    version = judge(data)
    assert version.article is not None or version.problems
