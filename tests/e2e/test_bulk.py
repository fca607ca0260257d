"""Import and export as people use them: the commands, a kill in the middle, a running server, the page for offline."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openpyxl import load_workbook

from kb.content.documents import revision_of
from tests.e2e.conftest import HOSTILE
from tests.e2e.processes import Desk, wait_until
from tests.unit.article_tree import write
from tests.unit.bulk_desk import edit_xlsx

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROWS = 300
#: Where real exports lie, for whoever has some: ``<name>/corpus.jsonl`` each.
REAL_EXPORTS = os.environ.get("ZHIDA_EVAL_DIR")


def tree(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != ".import.lock")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def big_table(folder: Path) -> Path:
    lines = ["编号,标准问,分类,答案", *(f"row-{n},犀牛问题{n},动物园/犀牛,答案{n}" for n in range(ROWS))]
    return write(folder, "rows.csv", "\n".join(lines))


def test_template_dry_run_import_and_undo(desk: Desk, tmp_path: Path) -> None:
    template = tmp_path / "t.xlsx"
    assert desk.run("import", str(template), "--template", "xlsx").returncode == 0
    assert desk.run("import", str(template), "--template", "xlsx").returncode == 2
    book = load_workbook(template)
    headings = [cell.value for cell in book.worksheets[0][1]]
    book.worksheets[0].append(
        [{"标准问": "犀牛怎么退", "分类": "动物园/退货"}.get(str(heading)) for heading in headings]
    )
    book.save(template)
    before = tree(desk.articles)
    tried = desk.run("import", str(template), "--dry-run")
    assert "第 2 行 xi-niu-zen-me-tui：新增 dong-wu-yuan/tui-huo/xi-niu-zen-me-tui.md，新建产品“动物园”" in tried.stdout
    assert "新建场景“退货”" in tried.stderr
    assert tree(desk.articles) == before
    assert "已写入：新增 1" in desk.run("import", str(template)).stdout
    assert len(tree(desk.articles)) == len(before) + 3
    assert "恢复 0 条知识，移除 1 条知识、2 个目录文件" in desk.run("import", "--undo", "LAST").stdout
    assert tree(desk.articles) == before
    again = desk.run("import", "--undo", "LAST")
    assert (again.returncode, "没有可以撤销" in again.stderr) == (2, True)


def test_wrong_rows_fail_the_command_and_can_be_skipped(desk: Desk, tmp_path: Path) -> None:
    table = write(
        tmp_path,
        "rows.csv",
        "编号,标准问,分类,答案,浏览量\nok-1,犀牛怎么退,动物园/退货,可以,5\nBAD,犀牛,动物园/退货,可以,6\n",
    )
    done = desk.run("import", str(table))
    assert done.returncode == 1
    assert "第 3 行 BAD：错误 id 不能是“BAD”" in done.stdout
    assert "没有用到的列：浏览量" in done.stderr
    assert not list(desk.articles.glob("*/*/ok-1.md"))
    skipped = desk.run("import", str(table), "--skip-errors", "--json")
    assert skipped.returncode == 1
    assert json.loads(skipped.stdout)["counts"] == {"新增": 1, "更新": 0, "不变": 0, "错误": 1}
    assert list(desk.articles.glob("*/*/ok-1.md"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("import",), "请写明要导入的文件"),
        (("import", "no.csv"), "没有 no.csv"),
        (("export", "--format", "pdf"), "pdf"),
    ],
)
def test_wrong_use_is_said(desk: Desk, arguments: tuple[str, ...], said: str) -> None:
    done = desk.run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_running_server_takes_over_what_a_workbook_changed(desk: Desk, tmp_path: Path) -> None:
    book = tmp_path / "all.xlsx"
    assert desk.run("export", "--format", "xlsx", "-o", str(book)).returncode == 0
    edit_xlsx(book, "refund-not-received", "标准话术", "犀牛也可以退。")
    with desk.serve() as server:
        assert "更新 1" in desk.run("import", str(book)).stdout
        wait_until(lambda: "refund-not-received" in server.search("犀牛"))
        assert desk.run("import", "--undo", "LAST").returncode == 0
        wait_until(lambda: "refund-not-received" not in server.search("犀牛"))


@pytest.mark.parametrize("moment", ["staged", "decided", "first", "half"])
def test_an_import_killed_at_any_moment_is_whole_after_the_next_command(
    desk: Desk, tmp_path: Path, moment: str
) -> None:
    before = tree(desk.articles)
    table = big_table(tmp_path)
    pattern, count = {
        "staged": ("articles/.import/*/*/*/*.md", ROWS // 3),
        "decided": ("data/import/pending/journal.json", 1),
        "first": ("articles/dong-wu-yuan/*/row-*.md", 1),
        "half": ("articles/dong-wu-yuan/*/row-*.md", ROWS // 2),
    }[moment]
    process = subprocess.Popen(
        desk.arguments("import", str(table)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and len(list(tmp_path.glob(pattern))) < count:
        pass
    process.kill()
    process.wait()
    assert desk.run("lint").returncode == 0
    found = tree(desk.articles)
    if found != before:
        assert len(list(desk.articles.glob("dong-wu-yuan/*/row-*.md"))) == ROWS
        assert found.items() >= before.items()
    assert not (desk.articles / ".import").exists()
    assert desk.run("import", str(table)).returncode == 0
    assert len(tree(desk.articles)) == len(before) + ROWS + 2


def leave_decided(desk: Desk, path: str) -> None:
    """As if an import had been killed before its first rename, with one new article."""
    data = "---\nid: xi-niu\ntitle: 犀牛怎么退\n---\n## 标准话术\n可以。\n".encode()
    home = desk.data / "import"
    write(desk.articles, f".import/{hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]}/{path}", data)
    changes = [{"path": path, "before": "", "after": revision_of(data)}]
    journal = {"at": "", "changes": changes, "made": [], "drop": [], "undoable": True}
    write(home, "pending/journal.json", json.dumps(journal))


def test_a_running_server_completes_an_import_that_was_killed(desk: Desk) -> None:
    with desk.serve() as server:
        leave_decided(desk, "mall/refund/xi-niu.md")
        write(desk.articles, "mall/refund/note.txt", "an edit that the watcher hears of")
        wait_until(lambda: "xi-niu" in server.search("犀牛"))
    assert not (desk.data / "import/pending").exists()


def test_an_import_that_cannot_be_completed_blocks_nothing_and_is_tried_again(desk: Desk) -> None:
    leave_decided(desk, "mall/refund/blocked/xi-niu.md")
    blocking = write(desk.articles, "mall/refund/blocked", "a file where a folder is to be")
    assert "还不能收尾" in desk.run("lint").stderr
    with desk.serve() as server:
        wait_until(lambda: "refund-not-received" in server.search("未收到货退款"))
    assert (desk.data / "import/pending").exists()
    blocking.unlink()
    desk.run("lint")
    assert not (desk.data / "import/pending").exists()
    assert (desk.articles / "mall/refund/blocked/xi-niu.md").exists()


def test_the_page_for_offline_is_searched_without_network(desk: Desk, tmp_path: Path, browser: Browser) -> None:
    write(desk.articles, "mall/refund/hostile.md", HOSTILE)
    write(desk.articles, "mall/refund/draft.md", "---\nid: draft\ntitle: 草稿犀牛\nstatus: draft\n---\n")
    answer = "拦截成功后退给您。"
    write(desk.articles, "mall/refund/rhino.md", f"---\nid: rhino\ntitle: 犀牛没到\n---\n## 标准话术\n{answer}\n")
    target = tmp_path / "offline.html"
    assert desk.run("export", "--format", "html", "-o", str(target)).returncode == 0
    assert "草稿犀牛" not in target.read_text(encoding="utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints: list[str] = []
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.extend([message.text] * (message.type == "error")))
    page.goto(target.as_uri())
    page.get_by_role("searchbox").fill("犀牛没到 拦截")
    page.locator("#count", has_text="找到").wait_for()
    found = page.locator("#a-rhino")
    assert found.is_visible()
    assert page.locator("#a-hostile").is_hidden()
    found.locator("summary").click()
    assert found.get_by_text(answer).is_visible()
    page.get_by_role("searchbox").fill("alert(2)")
    page.locator("#count", has_text="找到 1 条").wait_for()
    assert page.locator("script").count() == 1
    assert page.locator("img, iframe, svg, [onerror], [onload]").count() == 0
    context.close()
    assert complaints == []


@pytest.mark.skipif(REAL_EXPORTS is None, reason="ZHIDA_EVAL_DIR names no folder of real exports")
@pytest.mark.parametrize("name", ["unionpay", "jiningbank", "samsung", "esun_tw"])
def test_a_real_set_is_imported_checked_indexed_found_and_exported(tmp_path: Path, name: str) -> None:
    desk = Desk(tmp_path / "articles", tmp_path / "data")
    source = Path(str(REAL_EXPORTS)) / name / "corpus.jsonl"
    assert desk.json("import", str(source), "--product", name)["counts"]["错误"] == 0
    assert desk.run("lint").returncode == 0
    rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
    assert desk.json("index")["articles"] == len(rows)
    for row in rows[:: len(rows) // 5]:
        hits = desk.json("search", row["title"][:100])["hits"]
        assert row["title"] in [hit["title"] for hit in hits]
    before = tree(desk.articles)
    for form in ("csv", "xlsx", "jsonl", "html"):
        target = tmp_path / f"all.{form}"
        assert desk.run("export", "--format", form, "-o", str(target)).returncode == 0
        if form != "html":
            assert desk.json("import", str(target))["counts"]["不变"] == len(rows)
    assert tree(desk.articles) == before
