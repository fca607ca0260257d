from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.content.findings import Findings
from kb.content.front_matter import Scalar, read_front_matter
from kb.content.writer import Value, edit_front_matter, render_document, replace_body
from kb.errors import ArticleError
from tests.unit.article_tree import ARTICLE, REAL_ARTICLES, article_of, with_fields

DAY = date(2027, 1, 31)

COMMENTED = """\
---
id: a   # stable
# above the title
title: '标题'

questions:
  - 问一  # why
  # between
  - 问二
# below the questions
owner:  # nobody yet
note: |
  # text, not a comment
  more

tags: [一,
  二]
---
正文 # 不动
"""


def values(source: str) -> dict[str, str | tuple[str | None, ...] | None]:
    findings = Findings("")
    front = read_front_matter(source, findings)
    assert front is not None
    assert findings.problems == []
    return {
        name: entry.value.text if isinstance(entry.value, Scalar) else tuple(item.text for item in entry.value)
        for name, entry in front.entries.items()
    }


def changed_lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    old, new = before.split("\n"), after.split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize("path", REAL_ARTICLES, ids=lambda path: path.stem)
def test_a_real_article_keeps_every_byte_but_the_line_that_is_edited(path: Path) -> None:
    source = path.read_bytes().decode()
    assert edit_front_matter(source, {}) == source
    edited = edit_front_matter(source, {"verified": DAY})
    gone, come = changed_lines(source, edited)
    assert come == ["verified: 2027-01-31"]
    assert len(gone) <= 1
    assert all(line.startswith("verified:") for line in gone)
    assert edit_front_matter(edit_front_matter(source, {"verified": None}), {"verified": DAY}) == edited


def test_a_new_key_goes_where_the_format_has_it() -> None:
    source = with_fields("kind: faq", "updated: 2026-11-02", "weight: 1")
    edited = edit_front_matter(source, {"verified_by": "lead", "verified": DAY, "pinned": True})
    assert edited.split("\n")[3:9] == [
        "kind: faq",
        "updated: 2026-11-02",
        "verified: 2027-01-31",
        "verified_by: lead",
        "weight: 1",
        "pinned: true",
    ]


@pytest.mark.parametrize("front", ["---\n---\n", "---\n# nothing yet\n---\n"])
def test_a_key_can_be_put_into_empty_front_matter(front: str) -> None:
    assert values(edit_front_matter(front, {"weight": 3})) == {"weight": "3"}


@pytest.mark.parametrize(
    ("changes", "gone", "come"),
    [
        ({"id": "b"}, ["id: a   # stable"], ["id: b   # stable"]),
        ({"title": "新"}, ["title: '标题'"], ["title: 新"]),
        ({"owner": "售后"}, ["owner:  # nobody yet"], ["owner: 售后  # nobody yet"]),
        ({"tags": ["三"]}, ["tags: [一,", "  二]"], ["tags: [三]"]),
        ({"questions": ["问三"]}, ["  - 问一  # why", "  # between", "  - 问二"], ["  - 问三"]),
        ({"questions": None}, ["questions:", "  - 问一  # why", "  # between", "  - 问二"], []),
        ({"note": "短"}, ["note: |", "  # text, not a comment", "  more"], ["note: 短"]),
        ({"missing": None}, [], []),
    ],
)
def test_only_the_lines_of_the_key_change(changes: dict[str, Value | None], gone: list[str], come: list[str]) -> None:
    assert changed_lines(COMMENTED, edit_front_matter(COMMENTED, changes)) == (gone, come)


def test_windows_line_ends_and_byte_order_mark_survive_an_edit() -> None:
    source = ("\ufeff" + COMMENTED).replace("\n", "\r\n")
    changes: dict[str, Value | None] = {"title": "新", "verified": DAY, "questions": ["甲", "乙"], "owner": None}
    edited = edit_front_matter(source, changes)
    assert edited.startswith("\ufeff---\r\n")
    assert edited.replace("\r\n", "").count("\n") == 0
    assert edited.replace("\r\n", "\n").removeprefix("\ufeff") == edit_front_matter(COMMENTED, changes)


def test_a_file_that_cannot_be_read_is_not_edited() -> None:
    with pytest.raises(ArticleError, match="第 3 行"):
        edit_front_matter("---\nid: a\ntitle: 'x\n---\n", {"verified": DAY})


def test_the_body_is_replaced_with_the_line_ends_of_the_file() -> None:
    assert replace_body(ARTICLE, "## 标准话术\n新\n") == ARTICLE.partition("## ")[0] + "## 标准话术\n新\n"
    windows = ARTICLE.replace("\n", "\r\n")
    assert replace_body(windows, "新\n文\n") == windows.partition("## ")[0] + "新\r\n文\r\n"


def test_a_new_file_has_its_keys_in_the_order_of_the_format() -> None:
    fields: dict[str, Value | None] = {
        "updated": DAY,
        "questions": ("问一",),
        "title": "标题",
        "owner": None,
        "tags": (),
        "id": "a",
        "pinned": False,
    }
    assert render_document(fields, "## 标准话术\n您好\n") == (
        "---\nid: a\ntitle: 标题\nquestions:\n  - 问一\nupdated: 2027-01-31\npinned: false\n---\n## 标准话术\n您好\n"
    )


AMBIGUOUS = ["yes", "NULL", "~", "1e3", "0x1f", "2026-01-01", "1:30", "=", "<<", "?", "#a", "[a]", "{{客户}}", "a,b"]
SPECIAL = [
    "- a",
    "a: b",
    "a #b",
    "'",
    '"',
    "\\",
    "@a",
    "%a",
    "!a",
    "&a",
    "*a",
    "|",
    ">",
    "a\nb",
    " a",
    "a ",
    "\ufeff",
    ": ",
]
WEIRD = st.text(min_size=1, max_size=20) | st.sampled_from(AMBIGUOUS + SPECIAL)


@given(WEIRD, st.lists(WEIRD, min_size=1, max_size=4), st.lists(WEIRD, min_size=1, max_size=4))
def test_any_text_written_is_read_back(title: str, questions: list[str], tags: list[str]) -> None:
    expected: dict[str, Value] = {"title": title, "questions": tuple(questions), "tags": tuple(tags)}
    written = render_document(expected)
    assert values(written) == expected
    assert values(edit_front_matter(COMMENTED, expected)).items() >= expected.items()


@given(
    st.dictionaries(
        st.sampled_from(["id", "title", "questions", "owner", "tags", "verified", "zzz"]), st.none() | WEIRD
    )
)
def test_an_edit_changes_its_keys_and_no_other(changes: dict[str, str | None]) -> None:
    edited = edit_front_matter(COMMENTED, changes)
    kept = {name: value for name, value in values(COMMENTED).items() if name not in changes}
    assert values(edited) == kept | {name: value for name, value in changes.items() if value is not None}
    assert edited.endswith("---\n正文 # 不动\n")
    assert "# below the questions" in edited


def test_an_edit_is_what_the_reader_reads() -> None:
    source = edit_front_matter(ARTICLE, {"verified": DAY, "verified_by": "lead", "status": "archived"})
    article = article_of(source)
    assert (article.verified, article.verified_by, article.status) == (DAY, "lead", "archived")
