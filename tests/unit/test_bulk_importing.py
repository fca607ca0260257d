from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from kb.bulk.importing import ImportOptions, ImportReport, import_file
from kb.content.lint import lint
from kb.content.reader import ArticleFiles
from kb.errors import BulkImportError
from kb.model import Article, Script
from kb.usecases.progress import Progress, silent
from tests.unit.article_tree import ARTICLE, CHANNELS, errors, make_tree, write

TODAY = date(2026, 11, 22)
LATER = date(2027, 1, 31)
#: Where real exports lie, for whoever has some: ``<name>/corpus.jsonl`` each.
REAL_EXPORTS = os.environ.get("ZHIDA_EVAL_DIR")

ROW = {
    "id": "up1",
    "title": "什么是闪付？",
    "aliases": ["闪付怎么用", "闪付怎么用", " 什么叫\n闪付 "],
    "body": "靠近 POS 机即可。",
    "category": ["基本业务", "IC卡业务"],
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "articles"


def run(root: Path, *rows: object, today: date = TODAY, progress: Progress = silent, **options: Any) -> ImportReport:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    file = write(root.parent, "rows.jsonl", "\n".join(lines))
    return take(root, file, today, progress, **options)


def take(root: Path, file: Path, today: date = TODAY, progress: Progress = silent, **options: Any) -> ImportReport:
    """Import a file into the articles below ``root``."""
    home = root.parent / "data" / "import"
    return import_file(file, ArticleFiles(root, CHANNELS), home, today, ImportOptions(**options), progress)


def tree(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != ".import.lock")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def articles(root: Path) -> dict[str, Article]:
    files = ArticleFiles(root, CHANNELS)
    scan = files.scan()
    versions = [files.read(file, scan.folders) for file in scan.files]
    return {version.path: version.article for version in versions if version.article}


def test_a_row_becomes_an_article_in_folders_named_after_its_category(root: Path) -> None:
    report = run(root, ROW)
    assert report.counts == {"新增": 1, "更新": 0, "不变": 0, "错误": 0}
    assert report.written
    article = articles(root)["ji-ben-ye-wu/ic-ka-ye-wu/up1.md"]
    assert (article.product.title, article.scenario.title) == ("基本业务", "IC卡业务")
    assert (article.id, article.title) == ("up1", "什么是闪付？")
    assert article.questions == ("闪付怎么用", "什么叫 闪付")
    assert article.scripts == (Script(None, "靠近 POS 机即可。"),)
    assert (article.created, article.updated, article.verified) == (TODAY, TODAY, None)
    assert (article.status, article.channels) == ("published", CHANNELS)


@pytest.mark.parametrize(
    ("category", "scenario"),
    [(["基本业务", "IC卡业务"], "IC卡业务"), (["基本业务"], "基本业务"), ([], "未分类"), (None, "未分类")],
)
def test_with_a_product_the_scenario_is_the_last_of_the_category(root: Path, category: Any, scenario: str) -> None:
    run(root, ROW | {"category": category}, product="银联")
    (article,) = articles(root).values()
    assert (article.product.title, article.scenario.title) == ("银联", scenario)


def test_without_product_and_category_a_row_has_no_place(root: Path) -> None:
    assert "--product" in run(root, ROW | {"category": []}).rows[0].reason


def test_a_category_of_one_is_the_product(root: Path) -> None:
    run(root, ROW | {"category": "基本业务"})
    (article,) = articles(root).values()
    assert (article.product.title, article.scenario.title) == ("基本业务", "未分类")


@pytest.mark.parametrize("product", ["mall", "网上商城"])
def test_product_and_scenario_that_exist_are_used(root: Path, product: str) -> None:
    make_tree(root)
    report = run(root, ROW | {"category": ["售后", "退款与退货"]}, product=product)
    assert [row.path for row in report.rows] == ["mall/refund/up1.md"]
    assert set(tree(root)) == {*tree(make_tree(root)), "mall/refund/up1.md"}


def test_titles_that_sound_alike_get_folders_of_their_own(root: Path) -> None:
    run(root, ROW | {"category": ["会员", "权益"]}, ROW | {"id": "b", "category": ["会员", "全义"]})
    run(root, ROW | {"id": "c", "category": ["会员", "权益"]}, ROW | {"id": "d", "category": ["会员", "全益"]})
    found = {article.id: article.scenario for article in articles(root).values()}
    assert found["up1"] == found["c"]
    assert len({found[i].slug for i in ("up1", "b", "d")}) == 3


def test_importing_the_same_file_again_changes_nothing(root: Path) -> None:
    rows = [
        ROW,
        ROW | {"id": "b", "body": "## 标题\n### 小标题\n文字 {{客户称呼}}\r\n\r\n"},
        ROW | {"id": "c", "body": ""},
    ]
    run(root, *rows)
    before = tree(root)
    report = run(root, *rows, today=LATER)
    assert report.counts == {"新增": 0, "更新": 0, "不变": 3, "错误": 0}
    assert tree(root) == before


def test_a_changed_row_edits_its_article_and_keeps_what_people_added(root: Path) -> None:
    run(root, ROW)
    path = next(iter(articles(root)))
    source = (root / path).read_text(encoding="utf-8")
    edited = source.replace("kind: faq", "kind: guide  # 改过").replace(
        "  - 闪付怎么用", "  - 人加的问法\n  - 闪付怎么用"
    )
    write(root, path, edited + "### 电话\n贴一下就行。\n## 处理步骤\n1. 查单\n")
    report = run(root, ROW | {"title": "闪付是什么", "aliases": ["新问法"], "body": "新答案"}, today=LATER)
    assert report.counts["更新"] == 1
    article = articles(root)[path]
    assert (article.title, article.questions) == ("闪付是什么", ("人加的问法", "闪付怎么用", "什么叫 闪付", "新问法"))
    assert article.scripts == (Script(None, "新答案"), Script("电话", "贴一下就行。"))
    assert (article.kind, article.created, article.updated) == ("guide", TODAY, LATER)
    assert "# 改过" in (root / path).read_text(encoding="utf-8")
    assert article.body.endswith("## 处理步骤\n1. 查单\n")


def test_a_row_that_says_nothing_about_questions_and_answer_leaves_them(root: Path) -> None:
    run(root, ROW)
    report = run(root, {"id": "up1", "title": ROW["title"], "category": ROW["category"]})
    assert report.counts["不变"] == 1


def test_headings_of_an_answer_begin_no_sections(root: Path) -> None:
    run(root, ROW | {"body": "## 标准话术\n甲\n### 电话\n乙\n# 丙\n---\n{{金额}}"})
    (article,) = articles(root).values()
    assert article.scripts == (Script(None, "#### 标准话术\n甲\n#### 电话\n乙\n# 丙\n---\n{{金额}}"),)


def test_a_row_without_answer_is_imported_and_lint_asks_for_the_script(root: Path) -> None:
    run(root, ROW | {"body": ""})
    (problem,) = lint(ArticleFiles(root, CHANNELS), today=TODAY)
    assert (problem.severity, "缺少标准话术" in problem.message) == ("warning", True)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("{", "不是正确的 JSON"),
        ("[" * 100_000, "不是正确的 JSON"),
        ("[]", "不是 JSON 对象"),
        ({"body": "没有标准问"}, "缺少 title"),
        ({"id": "a", "category": ["甲"]}, "缺少 title"),
        (ROW | {"id": "UP_1"}, "小写字母"),
        (ROW | {"id": "../../up1"}, "小写字母"),
        (ROW | {"title": " "}, "缺少 title"),
        (ROW | {"title": "题"}, "至少要 2 个字"),
        (ROW | {"title": "题" * 201}, "最多 200 个字"),
        (ROW | {"aliases": "一个\x07问法"}, "控制字符"),
        (ROW | {"aliases": [1]}, "文字的列表"),
        (ROW | {"questions": [f"问题{n}" for n in range(51)]}, "最多 50 项"),
        (ROW | {"body": 5}, "body"),
        (ROW | {"body": "甲\x00乙"}, "二进制"),
        (ROW | {"body": "长" * 400_000}, "1 MiB"),
        (json.dumps(ROW | {"body": "\ud83d"}), "代理字符"),
        (ROW | {"category": ["类" * 61]}, "分类"),
        (ROW | {"category": {"a": 1}}, "文字的列表"),
    ],
)
def test_one_row_that_cannot_be_used_stops_all(root: Path, row: object, says: str) -> None:
    make_tree(root)
    before = tree(root)
    report = run(root, ROW | {"id": "good"}, row)
    assert not report.written
    assert [verdict.verdict for verdict in report.rows] == ["新增", "错误"]
    assert report.rows[1].line == 2
    assert says in report.rows[1].reason
    assert tree(root) == before


def test_an_id_used_twice_in_the_file_is_an_error(root: Path) -> None:
    assert "不止一行" in run(root, ROW, ROW | {"title": "另一条"}).rows[1].reason


def test_an_id_used_elsewhere_in_the_articles_names_the_file(root: Path) -> None:
    make_tree(root)
    report = run(root, ROW | {"id": "refund-not-received"})
    assert "mall/refund/refund-not-received.md" in report.rows[0].reason


def test_a_file_that_is_broken_is_not_overwritten(root: Path) -> None:
    make_tree(root)
    write(root, "mall/refund/up1.md", "---\nid: up1\n---\n")
    report = run(root, ROW | {"category": ["退款与退货"]}, product="mall")
    assert "写法有误" in report.rows[0].reason


def test_an_article_under_another_file_name_is_edited_where_it_is(root: Path) -> None:
    make_tree(root)
    write(root, "mall/refund/flash.md", ARTICLE.replace("refund-not-received", "up1"))
    report = run(root, ROW | {"category": ["退款与退货"]}, product="mall")
    assert [(row.verdict, row.path) for row in report.rows] == [("更新", "mall/refund/flash.md")]


def test_a_new_folder_is_announced_with_the_one_that_may_have_been_meant(root: Path) -> None:
    make_tree(root)
    report = run(
        root, ROW | {"category": ["网上商成", "退款与退货"]}, ROW | {"id": "b", "category": ["动物园", "犀牛"]}
    )
    assert report.rows[0].reason == "新建产品“网上商成”（是不是“网上商城”？），新建场景“退款与退货”"
    assert report.made[2:] == ("新建产品“动物园”", "新建场景“犀牛”")
    assert run(root, ROW | {"id": "c", "category": ["动物园", "犀牛"]}).made == ()


def test_a_new_article_was_not_created_after_its_last_update(root: Path) -> None:
    run(root, ROW | {"updated": "2025-03-01"})
    (article,) = articles(root).values()
    assert (article.created, article.updated) == (date(2025, 3, 1), date(2025, 3, 1))
    assert errors(lint(ArticleFiles(root, CHANNELS), today=TODAY)) == []


def test_a_row_with_a_version_needs_its_id(root: Path) -> None:
    reason = run(root, {"title": "什么是闪付？", "version": "v0123456789ab", "category": ["甲"]}).rows[0].reason
    assert "要留着编号" in reason


def test_a_dry_run_tells_the_same_and_touches_nothing(root: Path) -> None:
    report = run(root, ROW, dry_run=True)
    assert report.counts["新增"] == 1
    assert not report.written
    assert not root.exists()


def test_blank_lines_and_a_byte_order_mark_are_no_rows(root: Path) -> None:
    report = run(root, "\ufeff" + json.dumps(ROW), "", "  ", ROW | {"id": "b"})
    assert [row.line for row in report.rows] == [1, 4]


@pytest.mark.parametrize("content", [None, "退款".encode("gb18030")])
def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        write(tmp_path, "rows.jsonl", content)
    with pytest.raises(BulkImportError, match="没有导入"):
        take(tmp_path / "articles", tmp_path / "rows.jsonl")


def test_an_import_that_is_stopped_leaves_nothing(root: Path) -> None:
    def killed(rows: Iterable[Any], total: int, what: str) -> Iterable[Any]:
        if what != "导入":
            return rows
        assert total == 2
        return stopped(rows)

    def stopped(rows: Iterable[Any]) -> Iterable[Any]:
        for row in rows:
            yield row
            raise KeyboardInterrupt

    make_tree(root)
    before = tree(root)
    with pytest.raises(KeyboardInterrupt):
        run(root, ROW, ROW | {"id": "b"}, progress=killed)
    assert tree(root) == before


def test_a_disk_that_fills_up_halfway_leaves_nothing_and_the_next_run_imports_all(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_replace, calls = os.replace, []

    def replace(source: Any, target: Any) -> None:
        calls.append(target)
        if len(calls) == 4:
            raise OSError(errno.ENOSPC, "No space left on device")
        real_replace(source, target)

    rows = [ROW | {"id": f"a{n}"} for n in range(4)]
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", replace)
        with pytest.raises(BulkImportError, match="再执行一次"):
            run(root, *rows)
    assert tree(root) == {}
    assert run(root, *rows).counts == {"新增": 4, "更新": 0, "不变": 0, "错误": 0}
    assert not (root / ".import").exists()


@pytest.mark.skipif(REAL_EXPORTS is None, reason="ZHIDA_EVAL_DIR names no folder of real exports")
@pytest.mark.parametrize("name", ["unionpay", "jiningbank", "samsung", "esun_tw", "antfin"])
def test_a_real_export_is_imported_without_errors(root: Path, name: str) -> None:
    source = Path(str(REAL_EXPORTS)) / name / "corpus.jsonl"
    report = take(root, source, product=name)
    assert report.counts["新增"] == len(report.rows) == len(source.read_text(encoding="utf-8").splitlines())
    assert errors(lint(ArticleFiles(root, CHANNELS), today=TODAY)) == []
    assert take(root, source, LATER, product=name).counts["不变"] == len(report.rows)
