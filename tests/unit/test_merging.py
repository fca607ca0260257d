"""Three-way merge of two edits, and two versions side by side."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.rules.document_parts import Document
from kb.rules.merging import merge, merge_bodies
from kb.rules.side_by_side import Row, compare, paragraph_rows

_lines = st.lists(st.sampled_from(["甲", "乙", "丙", "## 处理步骤", "", "丁丁"]), max_size=12)
_bodies = _lines.map(lambda lines: "".join(f"{line}\n" for line in lines))
_values = st.none() | st.sampled_from(["一", "二"]) | st.lists(st.sampled_from("甲乙丙丁"), unique=True).map(tuple)
_fields = st.dictionaries(st.sampled_from(["title", "questions", "tags"]), _values.filter(bool), max_size=3)
_documents = st.builds(Document, _fields, _bodies)

BODY = "## 标准话术\n您好。\n### 电话\n可以退。\n## 处理步骤\n1. 查物流。\n2. 退款。\n3. 回访。\n"


@given(_documents, _documents)
def test_an_edit_of_one_side_is_the_merged_version(base: Document, edited: Document) -> None:
    for merged in (merge(base, edited, base), merge(base, base, edited), merge(base, edited, edited)):
        assert (merged.document, merged.conflicts) == (edited, ())


@given(_bodies, _bodies, _bodies)
def test_no_line_of_anybody_is_lost(base: str, mine: str, theirs: str) -> None:
    merged, conflicts = merge_bodies(base, mine, theirs)
    kept = merged.splitlines() + [line for c in conflicts for line in str(c.theirs).splitlines()]
    before = base.splitlines()
    for lines in (mine.splitlines(), theirs.splitlines()):
        for line in set(lines):
            assert kept.count(line) >= min(1, lines.count(line) - before.count(line)), (line, merged, conflicts)


@given(_bodies, _bodies, _bodies)
def test_who_comes_second_makes_no_difference_but_in_conflicts(base: str, mine: str, theirs: str) -> None:
    one, conflicts = merge_bodies(base, mine, theirs)
    other, turned = merge_bodies(base, theirs, mine)
    assert [(c.base, c.mine, c.theirs) for c in conflicts] == [(c.base, c.theirs, c.mine) for c in turned]
    assert conflicts or one == other


@given(st.lists(st.integers(), min_size=5, max_size=30, unique=True), st.data())
def test_edits_of_different_places_are_both_there(numbers: list[int], data: st.DataObject) -> None:
    lines = [f"{number}\n" for number in numbers]
    here = data.draw(st.integers(0, len(lines) - 3))
    there = data.draw(st.integers(here + 2, len(lines) - 1))
    mine = [*lines[:here], "我改的\n", *lines[here + 1 :]]
    theirs = [*lines[:there], "对方改的\n", *lines[there + 1 :]]
    wanted = [*mine[:there], "对方改的\n", *mine[there + 1 :]]
    assert merge_bodies("".join(lines), "".join(mine), "".join(theirs)) == ("".join(wanted), ())


def test_a_conflict_says_where_and_has_all_three_texts() -> None:
    merged = merge(
        Document({"title": "退款"}, BODY),
        Document({"title": "退款多久"}, BODY.replace("可以退。", "可以退，7 天。")),
        Document({"title": "退款到账"}, BODY.replace("可以退。", "能退。").replace("回访", "回电")),
    )
    title, body = merged.conflicts
    assert (title.place, title.field, title.base, title.mine, title.theirs) == (
        "标题",
        "title",
        "退款",
        "退款多久",
        "退款到账",
    )
    assert (body.place, body.mine, body.theirs) == ("标准话术（电话）", "可以退，7 天。\n", "能退。\n")
    assert merged.document.fields["title"] == "退款多久"
    assert "可以退，7 天。" in merged.document.body
    assert "回电" in merged.document.body


def test_lists_are_merged_item_by_item() -> None:
    base, mine, theirs = ({"questions": items} for items in (("甲", "乙"), ("甲", "丙", "乙"), ("乙", "丁")))
    merged = merge(Document(base), Document(mine), Document(theirs))
    assert (merged.document.fields["questions"], merged.conflicts) == (("丙", "乙", "丁"), ())


@pytest.mark.parametrize(
    ("old", "new", "marks"),
    [
        ("签收后 7 天内可退。", "签收后 15 天内可退。", (((4, 5),), ((4, 6),))),
        ("费用 17 元。", "费用 27 元。", (((3, 5),), ((3, 5),))),  # not only the first digit
        ("可以退款。", "可以退款，请放心。", ((), ((4, 8),))),
    ],
)
def test_the_changed_words_of_a_paragraph_are_marked(old: str, new: str, marks: object) -> None:
    (row,) = paragraph_rows(old, new)
    assert (row.old, row.new, (row.old_marks, row.new_marks)) == (old, new, marks)


@given(_bodies, _bodies)
def test_both_versions_can_be_read_from_the_rows(old: str, new: str) -> None:
    rows = list(paragraph_rows(old, new))
    for text, side in ((old, [row.old for row in rows]), (new, [row.new for row in rows])):
        assert [line for line in side if line is not None] == [line for line in text.split("\n") if line.strip()]
    for row in rows:
        assert not row.is_changed or row.old_marks or row.new_marks
        assert all(0 <= start < end <= len(row.old or "") for start, end in row.old_marks)
        assert all(0 <= start < end <= len(row.new or "") for start, end in row.new_marks)


@given(_documents, _documents)
def test_nothing_is_listed_that_has_not_changed(old: Document, new: Document) -> None:
    assert compare(old, old).is_empty
    for changed in compare(old, new).fields:
        assert changed.old != changed.new


def test_fields_and_sections_go_by_their_chinese_names() -> None:
    old = Document({"title": "退款", "questions": ("甲", "乙"), "owner": "售后部"}, BODY)
    new = Document(
        {"title": "退款", "questions": ("乙", "丙")},
        BODY.replace("2. 退款。", "2. 原路退款。").replace("### 电话\n可以退。\n", "") + "## 后续跟进\n回访。\n",
    )
    comparison = compare(old, new)
    assert [(f.label, f.removed, f.added, f.new) for f in comparison.fields] == [
        ("相似问法", ("甲",), ("丙",), ("乙", "丙")),
        ("业务部门", (), (), None),
    ]
    assert [(s.label, s.state) for s in comparison.sections] == [
        ("标准话术（电话）", "removed"),
        ("处理步骤", "changed"),
        ("后续跟进", "added"),
    ]


def test_what_is_far_from_any_change_is_folded() -> None:
    lines = [f"第 {n} 步，打开系统。" for n in range(9)]
    old = Document({}, "\n".join(lines))
    (section,) = compare(old, Document({}, "\n".join([*lines[:4], "第 4 步，关闭系统。", *lines[5:]]))).sections
    assert [row.folded for row in section.rows] == [3, 0, 0, 0, 3]
    assert section.rows[2] == Row(lines[4], "第 4 步，关闭系统。", ((6, 8),), ((6, 8),))
