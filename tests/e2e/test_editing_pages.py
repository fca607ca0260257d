"""Owners at work in a browser: history and the way back, gaps, many articles at once, dictionaries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.browser import Windows, log_in
from tests.e2e.processes import Desk, Server, edit, wait_until
from tests.unit.article_tree import ARTICLE, make_tree, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "correct horse battery"  # noqa: S105  # of people who live for a test
FILE = "mall/refund/refund-not-received.md"
NARROW = {"width": 360, "height": 720}

Enter = Callable[..., "Page"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Three articles of 售后业务部, and an administrator."""
    folder = tmp_path_factory.mktemp("owners")
    make_tree(folder / "articles")
    for name in ("exchange", "invoice"):
        text = ARTICLE.replace("refund-not-received", name).replace("未收到货退款", f"换货 {name}")
        write(folder / "articles", f"mall/refund/{name}.md", text)
    desk = Desk(folder / "articles", folder / "data")
    done = desk.run("user", "add", "boss", "--role", "admin", "--password-stdin", input=PASSWORD)
    assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture(scope="module")
def served(house: Desk) -> Iterator[Server]:
    with house.serve() as server:
        yield server


@pytest.fixture
def enter(browser: Browser, served: Server) -> Iterator[Enter]:
    """Logs boss in, in a window of their own, and opens a page; at the end no script may have complained."""
    windows = Windows(browser, "410")

    def open_(path: str, using: Browser = browser, **options: Any) -> Page:
        page = windows.open(using, **options)
        page.set_default_timeout(15_000)
        log_in(page, served, "boss", PASSWORD)
        page.goto(served.url + path)
        return page

    yield open_
    windows.close()


def test_an_owner_sees_what_changed_and_takes_it_back(enter: Enter, house: Desk, served: Server) -> None:
    file = house.articles / FILE
    edit(file, "可以退的。", "48 小时内退。")
    wait_until(lambda: "48 小时内" in served.get("/api/v1/articles/refund-not-received")["source"])
    page = enter("/a/refund-not-received")
    page.get_by_role("link", name="历史").click()
    radio = page.get_by_role("radio").first.bounding_box()
    assert radio is not None
    assert min(radio["width"], radio["height"]) >= 24  # what a finger hits (WCAG 2.2, 2.5.8)
    assert page.locator(".compare del").all_inner_texts() == ["可以退的。"]
    assert page.locator(".compare ins").all_inner_texts() == ["48 小时内退。"]
    page.get_by_text("恢复成").click()
    page.get_by_label("为什么恢复").fill("新规则推迟")
    page.get_by_role("button", name="恢复这个版本").click()
    page.wait_for_selector(".notice.good")
    assert "可以退的。" in file.read_text(encoding="utf-8")
    assert page.locator("tbody tr").first.inner_text().split()[-2:] == ["新规则推迟", "改了什么"]


def test_an_article_as_of_a_day_is_not_taken_for_the_present_one(enter: Enter) -> None:
    page = enter("/a/refund-not-received/history")
    today = page.evaluate("new Date().toLocaleDateString('sv')")
    page.get_by_label("看某一天客服看到的内容").fill(today)
    page.get_by_role("button", name="看这一天").click()
    page.wait_for_selector(".notice.then")
    assert f"这是 {today} 的内容，不是现在的。" in page.locator(".notice.then").inner_text()
    assert page.locator(".copy").count() == 0


def test_many_articles_are_changed_after_a_look_and_changed_back_at_once(enter: Enter, house: Desk) -> None:
    files = sorted((house.articles / "mall/refund").glob("[a-z]*.md"))
    before = [file.read_bytes() for file in files]
    page = enter("/browse")
    page.get_by_role("link", name="批量修改").click()
    page.get_by_label("全选").check()
    assert page.locator("input[name=id]:checked").count() == len(files)
    page.get_by_label("要改什么").select_option("owner:set")
    page.get_by_label("改成").fill("客户关系部")
    page.get_by_role("button", name="预览").click()
    page.wait_for_selector("table.plan")
    assert page.locator("table.plan del").all_inner_texts() == ["售后业务部"] * len(files)
    assert [file.read_bytes() for file in files] == before
    page.get_by_role("button", name=f"修改这 {len(files)} 条").click()
    page.wait_for_selector(".notice.good")
    assert all(b"owner: " in file.read_bytes() for file in files)
    page.get_by_role("button", name="全部撤销").click()
    page.get_by_text(f"已撤销 {len(files)} 条").wait_for()
    assert [file.read_bytes() for file in files] == before


def test_a_gap_opens_the_editor_with_the_words_of_customers(enter: Enter, served: Server) -> None:
    for words in ("能刷花呗吗", "可以刷花呗吗", "能刷花呗吗"):
        served.post("/api/v1/gaps", query=words, product="mall")
        served.post("/api/v1/gaps", query=words + "？", product="mall")  # the same again, but no double click
    page = enter("/gaps")
    assert "报告" in page.locator(".item").first.inner_text()
    page.get_by_role("link", name="写这条知识").first.click()
    page.wait_for_url("**/edit?**")
    written = [page.locator("[name=title]").input_value(), *page.locator("[name=questions]").input_value().split("\n")]
    assert {text.rstrip("？") for text in written} == {"能刷花呗吗", "可以刷花呗吗"}
    assert page.locator("#f-product").input_value() == "mall"


def test_a_gap_that_is_answered_leaves_the_list_and_is_found(enter: Enter, house: Desk, served: Server) -> None:
    served.post("/api/v1/gaps", query="包裹没影了")
    page = enter("/gaps")
    item = page.locator(".item", has_text="包裹没影了")
    item.get_by_text("已有答案…").click()
    item.get_by_placeholder("打几个字找条目，或填条目编号").fill("refund-not-received")
    item.get_by_role("button", name="就用这一条").click()
    page.get_by_text("并加进了它的相似问法").wait_for()
    assert page.locator(".item", has_text="包裹没影了").count() == 0
    wait_until(lambda: served.search("包裹没影了")[:1] == ["refund-not-received"])
    page.locator(".undoable").get_by_role("button", name="撤销").click()
    page.locator(".item", has_text="包裹没影了").wait_for()
    assert "包裹没影了" not in (house.articles / FILE).read_text(encoding="utf-8")


def test_a_change_of_the_dictionaries_is_seen_before_it_is_saved(enter: Enter, served: Server) -> None:
    page = enter("/dictionaries")
    synonyms = page.get_by_label("同义词")
    synonyms.fill("退款 猫腻\n孤零零\n")
    page.get_by_label("停用词").fill("退款\n")
    page.get_by_role("button", name="预览影响").click()
    page.wait_for_selector("#preview")
    assert "第 2 行" in page.locator(".findings").inner_text()
    assert "未收到货退款" in page.locator("#preview h3").all_inner_texts()
    synonyms.fill("退款 猫腻\n")
    page.get_by_label("停用词").fill("")
    page.get_by_role("button", name="保存").click()
    page.get_by_text("已保存").wait_for()
    assert "refund-not-received" in served.search("猫腻")


def test_what_is_deleted_says_so_and_comes_back(enter: Enter, house: Desk) -> None:
    file = house.articles / "mall/refund/invoice.md"
    before = file.read_bytes()
    page = enter("/a/invoice")
    page.get_by_role("link", name="移动、归档、删除").click()
    page.get_by_label("我要删除").check()
    page.get_by_role("button", name="删除", exact=True).click()
    page.get_by_text("这条知识已删除").wait_for()
    assert not file.exists()
    page.get_by_role("button", name="撤销删除").click()
    page.get_by_role("heading", name="换货 invoice").wait_for()
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "path",
    [
        "/gaps",
        "/dictionaries",
        "/bulk",
        "/a/refund-not-received/history",
        "/a/refund-not-received/manage",
        "/browse?status=draft",
        "/browse?status=archived",
    ],
)
def test_every_page_fits_a_narrow_panel(enter: Enter, path: str) -> None:
    page = enter(path, viewport=NARROW, color_scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_pages_work_without_javascript(enter: Enter, scriptless: Browser, house: Desk) -> None:
    page = enter("/bulk", using=scriptless)
    page.locator("input[name=id]").first.check()
    page.get_by_label("要改什么").select_option("tags:add")
    page.get_by_label("改成").fill("双十一")
    page.get_by_role("button", name="预览").click()
    page.get_by_role("button", name="修改这 1 条").click()
    page.get_by_role("button", name="全部撤销").click()
    assert "已撤销 1 条" in page.locator("main").inner_text()
