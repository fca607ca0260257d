"""Export, edit, import: exactly what was edited changes, and nothing when nothing was."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from kb.bulk.columns import Columns
from kb.bulk.rows import category_cell, category_titles
from kb.content.lint import lint
from kb.text.spreadsheets import guarded, unguarded
from tests.unit.article_tree import ARTICLE, CHANNELS, REPOSITORY, errors, make_tree, write
from tests.unit.bulk_desk import BulkDesk, edit_csv, edit_xlsx

FORMS = ("csv", "xlsx", "jsonl")
PATH = "mall/refund/refund-not-received.md"
#: Where real exports lie, for whoever has some: ``<name>/corpus.jsonl`` each.
REAL_EXPORTS = os.environ.get("ZHIDA_EVAL_DIR")

ODD = """\
---
# made by hand
title:   '=SUM(1)  和  +86'   # two spaces
id: odd
questions: [-负数, "@某人", "'=引用"]
channels: [电话, 微信]
status: draft
pinned: yes
tags: ["a: b"]
valid_from: 2026-11-01
---

开头一段

## 处理步骤

1. 甲

   续行
### 特殊
```
## 不是标题
```
## 备注

|a|b|
|-|-|
## 标准话术

=1+1

### 电话
\t喂
### 传真
没有这个渠道
## 处理步骤
第二次
"""


@pytest.fixture
def desk(tmp_path: Path) -> BulkDesk:
    desk = BulkDesk(tmp_path)
    make_tree(desk.root)
    write(desk.root, "mall/refund/odd.md", ODD)
    write(
        desk.root,
        "mall/refund/windows.md",
        ("\ufeff" + ARTICLE.replace("refund-not-received", "w")).replace("\n", "\r\n"),
    )
    return desk


def changed_lines(before: bytes, after: bytes) -> tuple[list[str], list[str]]:
    """(lines that went, lines that came)."""
    old, new = before.decode().split("\n"), after.decode().split("\n")
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.mark.parametrize("form", FORMS)
def test_the_articles_of_this_project_come_back_unchanged(tmp_path: Path, form: str) -> None:
    desk = BulkDesk(tmp_path)
    shutil.copytree(REPOSITORY / "articles", desk.root)
    before = desk.tree()
    report = desk.take(desk.export(form))
    assert report.counts == {"新增": 0, "更新": 0, "不变": len(desk.articles()), "错误": 0}
    assert desk.tree() == before


@pytest.mark.parametrize("form", FORMS)
def test_odd_files_come_back_unchanged(desk: BulkDesk, form: str) -> None:
    before = desk.tree()
    assert desk.take(desk.export(form)).counts == {"新增": 0, "更新": 0, "不变": 3, "错误": 0}
    assert desk.tree() == before


def test_a_table_without_its_versions_changes_nothing_either(desk: BulkDesk) -> None:
    before = desk.tree()
    path = desk.export("csv")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = [row[:-1] for row in csv.reader(file)]
    with path.open("w", encoding="gb18030", newline="") as file:
        csv.writer(file).writerows(rows)
    assert desk.take(path).counts["不变"] == 3
    assert desk.tree() == before


@pytest.mark.parametrize(
    ("heading", "text", "gone", "come"),
    [
        ("标准问", "未收到货怎么办", ["title: 未收到货退款"], ["title: 未收到货怎么办"]),
        ("相似问", "新问法\n没收到货怎么退款", [], ["  - 新问法"]),
        ("相似问", "", ["questions:", "  - 没收到货怎么退款"], []),
        ("渠道", "全部", ["channels: [微信, 电话]"], ["channels: all"]),
        ("业务部门", "售后部", [], ["owner: 售后部"]),
        ("状态", "归档", [], ["status: archived"]),
        ("审核日期", "2026/11/20", ["verified: 2026-11-16"], ["verified: 2026-11-20"]),
        ("审核日期", "", ["verified: 2026-11-16"], []),
        ("标准话术", "=您好，马上退。", ["您好，可以退款。"], ["=您好，马上退。"]),
        ("标准话术：电话", "能退。", ["可以退的。"], ["能退。"]),
        ("标准话术：电话", "", ["### 电话", "可以退的。"], []),
        ("处理步骤", "1. 查物流。\n2. 退款。", [], ["2. 退款。"]),
        ("注意事项", "别急", [], ["## 注意事项", "别急"]),
        ("其他内容", "## 备注\n话", [], ["## 备注", "话"]),
        ("置顶", "是", [], ["pinned: true"]),
    ],
)
def test_one_edited_cell_changes_its_lines_only(
    desk: BulkDesk, heading: str, text: str, gone: list[str], come: list[str]
) -> None:
    before = desk.tree()
    path = desk.export("csv")
    edit_csv(path, "refund-not-received", heading, text)
    report = desk.take(path)
    assert report.counts == {"新增": 0, "更新": 1, "不变": 2, "错误": 0}
    assert next(row.reason for row in report.rows if row.verdict == "更新") == f"改了{heading}"
    after = desk.tree()
    assert {name for name in after if after[name] != before[name]} == {PATH}
    assert changed_lines(before[PATH], after[PATH]) == (gone, come)
    desk.undo()
    assert desk.tree() == before


@pytest.mark.parametrize("heading", ["标准问", "标准话术", "标准话术：电话", "处理步骤", "其他内容"])
def test_an_odd_file_changes_only_where_it_is_edited(desk: BulkDesk, heading: str) -> None:
    before = desk.tree()["mall/refund/odd.md"].decode()
    path = desk.export("xlsx")
    edit_xlsx(path, "odd", heading, "改过")
    assert desk.take(path).counts["更新"] == 1
    after = desk.tree()["mall/refund/odd.md"].decode()
    expected = {
        "标准问": before.replace("'=SUM(1)  和  +86'", "改过"),
        "标准话术": before.replace("=1+1", "改过"),
        "标准话术：电话": before.replace("喂", "改过").replace("\t改过", "\t改过"),
        "处理步骤": before.replace("1. 甲\n\n   续行\n### 特殊\n```\n## 不是标题\n```", "改过"),
    }.get(heading)
    if expected is not None:
        assert after == expected
    assert desk.take(desk.export("csv")).counts["不变"] == 3


def test_windows_line_ends_survive_an_edit_in_a_workbook(desk: BulkDesk) -> None:
    before = desk.tree()["mall/refund/windows.md"]
    path = desk.export("xlsx")
    edit_xlsx(path, "w", "处理步骤", "1. 查单。\n2. 退款。")
    desk.take(path)
    expected = before.replace("1. 查物流。".encode(), "1. 查单。\r\n2. 退款。".encode())
    assert desk.tree()["mall/refund/windows.md"] == expected


def test_a_date_typed_into_a_workbook(desk: BulkDesk) -> None:
    path = desk.export("xlsx")
    edit_xlsx(path, "refund-not-received", "失效日期", datetime(2027, 1, 31))
    desk.take(path)
    assert str(desk.articles()["refund-not-received"].valid_to) == "2027-01-31"


def test_another_category_moves_the_file_and_undo_moves_it_back(desk: BulkDesk) -> None:
    before = desk.tree()
    path = desk.export("csv")
    edit_csv(path, "refund-not-received", "分类", "网上商城/新场景")
    assert desk.take(path).counts["更新"] == 1
    after = desk.tree()
    assert PATH not in after
    assert after["mall/xin-chang-jing/refund-not-received.md"] == before[PATH]
    desk.undo()
    assert desk.tree() == before
    assert not (desk.root / "mall/xin-chang-jing").exists()


def test_a_row_edited_here_and_an_article_edited_there_is_a_conflict(desk: BulkDesk) -> None:
    path = desk.export("csv")
    write(desk.root, PATH, ARTICLE.replace("可以退款", "不可以退款"))
    assert desk.take(path).counts["不变"] == 3  # nobody edited the table: nothing goes back
    edit_csv(path, "refund-not-received", "业务部门", "售后部")
    report = desk.take(path)
    assert "导出之后又改过" in next(row.reason for row in report.rows if row.verdict == "错误")
    assert "不可以退款" in desk.tree()[PATH].decode()


def test_code_that_would_swallow_other_sections_is_refused(desk: BulkDesk) -> None:
    write(desk.root, PATH, ARTICLE + "```\n结束\n```\n")
    before = desk.tree()
    path = desk.export("csv")
    edit_csv(path, "refund-not-received", "标准话术", "甲\n```\n乙")
    report = desk.take(path)
    assert "代码块" in next(row.reason for row in report.rows if row.verdict == "错误")
    assert desk.tree() == before


def test_a_deleted_column_says_nothing_and_the_day_of_the_edit_is_stamped(desk: BulkDesk) -> None:
    path = desk.export("csv")
    edit_csv(path, "refund-not-received", "标准话术", "新的")
    with path.open(encoding="utf-8-sig", newline="") as file:
        headings, *rows = csv.reader(file)
    kept = [headings.index(heading) for heading in ("编号", "标准话术", "版本（勿改）")]
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([[row[place] for place in kept] for row in [headings, *rows]])
    assert desk.take(path).counts == {"新增": 0, "更新": 1, "不变": 2, "错误": 0}
    article = desk.articles()["refund-not-received"]
    assert (article.script_for(), str(article.updated)) == ("新的", "2026-11-22")
    assert article.script_for("电话") == "可以退的。"


def test_a_text_too_long_for_a_workbook_stays_where_it_is(desk: BulkDesk) -> None:
    write(desk.root, PATH, ARTICLE + "长" * 40_000 + "\n")
    path = desk.export("xlsx")
    edit_xlsx(path, "refund-not-received", "标准问", "没收到货")
    assert desk.take(path).counts == {"新增": 0, "更新": 1, "不变": 2, "错误": 0}
    assert desk.tree()[PATH].decode() == ARTICLE.replace("未收到货退款", "没收到货") + "长" * 40_000 + "\n"


@pytest.mark.parametrize("form", FORMS)
def test_another_installation_gets_the_same_articles(desk: BulkDesk, tmp_path: Path, form: str) -> None:
    (desk.root / "mall/refund/odd.md").unlink()  # has parts that no column holds
    other = BulkDesk(tmp_path / "other")
    other.base.mkdir()
    assert other.take(desk.export(form)).counts["新增"] == 2
    assert other.export("jsonl").read_text(encoding="utf-8") == desk.export("jsonl").read_text(encoding="utf-8")


def test_files_that_cannot_be_read_are_named_not_exported(desk: BulkDesk) -> None:
    write(desk.root, "mall/refund/bad.md", "---\nid: bad\n---\n")
    report = desk.report(desk.base / "out.jsonl", "jsonl")
    assert (report.articles, report.unreadable) == (3, ("mall/refund/bad.md",))


def test_an_export_that_fails_leaves_the_old_file(desk: BulkDesk) -> None:
    def disk_full(things: Iterable[object], total: int, what: str) -> Iterable[object]:
        yield from list(things)[:2]
        raise OSError(errno.ENOSPC, "No space left on device")

    target = write(desk.base, "out.csv", "old")
    with pytest.raises(OSError, match="No space"):
        desk.report(target, "csv", disk_full)
    assert target.read_text() == "old"
    assert [path.name for path in desk.base.iterdir() if path.name.endswith(".tmp")] == []


def test_cells_that_look_like_formulas_are_guarded(desk: BulkDesk) -> None:
    with desk.export("csv").open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
    assert "'=SUM(1) 和 +86" in cells


def test_json_lines_hold_lists_and_plain_texts(desk: BulkDesk) -> None:
    rows = [json.loads(line) for line in desk.export("jsonl").read_text(encoding="utf-8").splitlines()]
    row = next(row for row in rows if row["id"] == "refund-not-received")
    assert row["questions"] == ["没收到货怎么退款"]
    assert row["category"] == ["网上商城", "退款与退货"]
    assert (row["body"], row["body:电话"]) == ("您好，可以退款。", "可以退的。")


TEXT = st.text(alphabet="=+-@'\t\r\n ＝甲a,\"/\\", max_size=12)


@given(TEXT)
def test_a_guarded_text_is_no_formula_and_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text
    assert not guarded(text).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(st.text(max_size=30) | TEXT)
def test_tidying_a_cell_twice_is_tidying_it_once(text: str) -> None:
    for column in Columns(CHANNELS).all:
        once = column.form.tidy(text)
        assert column.form.tidy(once) == once, column.name


@given(st.lists(st.text(alphabet="甲a/\\ >", min_size=1).map(str.strip).filter(bool), max_size=3))
def test_any_titles_can_be_a_category(titles: list[str]) -> None:
    tidy = [" ".join(title.split()) for title in titles]
    assert list(category_titles(category_cell(tidy))) == tidy


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.lists(
        st.sampled_from(["## 标准话术\n", "### 电话\n", "## 处理步骤\n", "## 备注\n", "甲\n", "\n", "  乙 \n"])
    ),
    form=st.sampled_from(FORMS),
)
def test_any_body_comes_back_unchanged(desk: BulkDesk, body: list[str], form: str) -> None:
    write(desk.root, PATH, ARTICLE.partition("## ")[0] + "".join(body))
    before = desk.tree()
    assert desk.take(desk.export(form)).counts["不变"] == 3
    assert desk.tree() == before


@pytest.mark.skipif(REAL_EXPORTS is None, reason="ZHIDA_EVAL_DIR names no folder of real exports")
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["unionpay", "jiningbank", "samsung", "esun_tw"])
def test_a_real_set_comes_back_unchanged(tmp_path: Path, name: str, form: str) -> None:
    desk = BulkDesk(tmp_path)
    count = len(desk.take(Path(str(REAL_EXPORTS)) / name / "corpus.jsonl", product=name).rows)
    assert errors(lint(desk.files)) == []
    before = desk.tree()
    assert desk.take(desk.export(form)).counts == {"新增": 0, "更新": 0, "不变": count, "错误": 0}
    assert desk.tree() == before


@pytest.mark.parametrize("form", FORMS)
def test_an_export_tells_how_current_each_article_is(desk: BulkDesk, form: str) -> None:
    write(
        desk.root,
        "mall/refund/old.md",
        ARTICLE.replace("refund-not-received", "old").replace("2026-11-16", "2026-09-01"),
    )
    rows = {row[0]: row[1:] for row in told(desk.export(form), form)}
    assert rows["old"] == ("待复核", "2026-10-01", "应于 2026-10-01 前复核，已超 52 天；2026-11-02 修改后尚未审核")
    assert rows["refund-not-received"] == ("有效", "2026-12-16", "")
    assert rows["odd"] == ("", "", "")  # a draft: nobody is told it


@pytest.mark.parametrize("form", FORMS)
def test_what_is_told_besides_is_imported_without_a_word_and_without_effect(desk: BulkDesk, form: str) -> None:
    path, before = desk.export(form), desk.tree()
    if form == "jsonl":
        path.write_text(path.read_text("utf-8").replace('"有效"', '"已失效"'), "utf-8")
    else:
        edit = edit_xlsx if form == "xlsx" else edit_csv
        edit(path, "refund-not-received", "时效（导出时）", "已失效")
        edit(path, "refund-not-received", "复核期限（导出时）", "从不")
    report = desk.take(path)
    assert (report.counts["不变"], report.unused) == (3, ())
    assert desk.tree() == before


def test_a_column_of_others_that_is_called_alike_is_still_named_as_unused(desk: BulkDesk) -> None:
    report = desk.table(("标准问", "分类", "标准话术", "时效"), ("新的问题", "网上商城/退款与退货", "您好", "长期"))
    assert report.unused == ("时效",)


def told(path: Path, form: str) -> list[tuple[str, ...]]:
    """(id, state, due, reasons) of every row."""
    if form == "jsonl":
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        return [(row["id"], *(row.get(name, "") for name in ("freshness", "due", "reasons"))) for row in rows]
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            headings, *cells = csv.reader(file)
    else:
        headings, *cells = ([cell or "" for cell in row] for row in load_workbook(path).worksheets[0].values)
    places = [0, *(headings.index(f"{name}（导出时）") for name in ("时效", "复核期限", "时效原因"))]
    return [tuple(row[place] for place in places) for row in cells]
