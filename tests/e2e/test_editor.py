"""Owners write in the browser: preview, draft, publish; nothing gets lost, whatever comes in between; nothing runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from kb.store.database import Database
from kb.store.drafts import Drafts
from tests.e2e.browser import Windows, log_in, search
from tests.e2e.processes import Desk, Server, wait_until
from tests.unit.article_tree import ARTICLE, make_tree, write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Page

PASSWORD = "correct horse battery"  # noqa: S105  # of people who live for a test
PATH = "/edit/refund-not-received"
FILE = "mall/refund/refund-not-received.md"

Enter = Callable[..., "Page"]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A small house with an owner of 售后业务部, a reviewer and a colleague who may not publish."""
    folder = tmp_path_factory.mktemp("editor")
    make_tree(folder / "articles")
    for number in range(12):  # an index of some size: with one article, every word is as good as none
        text = ARTICLE.replace("refund-not-received", f"other-{number}").replace("退款", f"换货{number}")
        write(folder / "articles", f"mall/refund/other-{number}.md", text)
    desk = Desk(folder / "articles", folder / "data")
    for name, role, *more in (
        ("王芳", "editor", "--owner", "售后业务部"),
        ("李强", "reviewer"),
        ("小赵", "editor", "--owner", "售后业务部", "--no-publish"),
    ):
        done = desk.run("user", "add", name, "--role", role, *more, "--password-stdin", input=PASSWORD)
        assert done.returncode == 0, done.stderr
    return desk


@pytest.fixture(scope="module")
def served(house: Desk) -> Iterator[Server]:
    with house.serve() as server:
        yield server


@pytest.fixture(autouse=True)
def fresh(request: pytest.FixtureRequest) -> None:
    """Every test begins with the article as it was, and without a draft."""
    if "served" not in request.fixturenames:
        return
    house: Desk = request.getfixturevalue("house")
    server: Server = request.getfixturevalue("served")
    write(house.articles, FILE, ARTICLE)
    Drafts(Database(house.data / "zhida.db")).discard("refund-not-received")
    wait_until(lambda: server.get("/api/v1/articles/refund-not-received")["source"] == ARTICLE)


@pytest.fixture
def enter(browser: Browser, served: Server) -> Iterator[Enter]:
    """Logs somebody in, in a window of their own, and opens a page; at the end no script may have complained."""
    windows = Windows(browser, "Failed to load resource")  # refusals that the page tells in its own words

    def open_(path: str, name: str | None = "王芳", using: Browser = browser, **options: Any) -> Page:
        page = windows.open(using, **options)
        if name:
            log_in(page, served, name, PASSWORD)
        page.goto(served.url + path)
        return page

    yield open_
    windows.close()


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def collect_dialogs(page: Page) -> list[str]:
    """The kinds of all dialogs from now on; each is accepted."""
    seen: list[str] = []

    def accept(dialog: Dialog) -> None:
        seen.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    return seen


def published(page: Page) -> None:
    """Publish, and wait for the article's page."""
    press(page, "发布")
    page.wait_for_url("**/a/**")


def script(page: Page) -> str:
    return page.locator("[name='script:']").input_value()


def test_an_owner_edits_previews_and_publishes_and_an_open_search_page_finds_it(enter: Enter, house: Desk) -> None:
    agent = enter("/", name=None)
    page = enter("/a/refund-not-received")
    page.get_by_role("link", name="编辑").click()
    page.get_by_label("标准话术", exact=True).fill("您好，包裹丢失的由我们**先行垫付**运费险。")
    page.wait_for_selector("[data-preview] >> text=先行垫付")
    page.get_by_label("为什么改").fill("新规则")
    published(page)
    assert "已发布，客服 2 秒内可查到" in page.inner_text("main")
    assert "先行垫付" in (house.articles / FILE).read_text(encoding="utf-8")
    wait_until(lambda: found(agent, "先行垫付运费险"))


def found(agent: Page, words: str) -> bool:
    search(agent, words)
    return agent.locator(".hits >> text=先行垫付").count() > 0


def test_a_draft_is_seen_by_colleagues_and_not_by_agents_until_it_is_published(
    enter: Enter, house: Desk, served: Server
) -> None:
    writer = enter(PATH, "小赵")
    assert writer.get_by_role("button", name="发布", exact=True).count() == 0
    writer.get_by_label("标准话术", exact=True).fill("草稿里的话")
    writer.keyboard.press("Control+s")
    writer.wait_for_selector("[data-status]:has-text('草稿已保存')")
    assert (house.articles / FILE).read_text(encoding="utf-8") == ARTICLE
    assert "草稿里的话" not in served.get("/api/v1/articles/refund-not-received")["source"]
    owner = enter(PATH, "王芳")
    assert "小赵" in owner.locator(".notice").first.inner_text()
    assert script(owner) == "草稿里的话"
    published(owner)
    assert "草稿里的话" in (house.articles / FILE).read_text(encoding="utf-8")


def test_the_form_works_without_javascript(enter: Enter, scriptless: Browser, house: Desk) -> None:
    page = enter(PATH, using=scriptless)
    page.get_by_label("标准问", exact=True).fill("货没到怎么退款")
    page.get_by_label("失效日期").fill("2020-01-01")
    page.get_by_label("生效日期").fill("2021-01-01")
    press(page, "发布")
    assert "永远不会生效" in page.locator("[data-problems=valid_to]").inner_text()
    assert page.get_by_label("标准问", exact=True).input_value() == "货没到怎么退款"
    page.get_by_label("失效日期").fill("")
    page.get_by_label("生效日期").fill("")
    press(page, "发布")
    page.wait_for_url("**/a/**")
    assert "title: 货没到怎么退款\n" in (house.articles / FILE).read_text(encoding="utf-8")


def test_a_new_article_goes_into_a_new_scenario(enter: Enter, house: Desk, served: Server) -> None:
    page = enter("/edit?product=mall&q=发票抬头写错了&q=能换抬头吗", "李强")
    assert page.get_by_label("标准问", exact=True).input_value() == "发票抬头写错了"
    assert page.get_by_label("相似问法").input_value() == "能换抬头吗"
    page.get_by_label("新问题场景的名称").fill("发票")
    page.get_by_label("标准话术", exact=True).fill("您好，可以重开。")
    published(page)
    folder = house.articles / "mall" / "fa-piao"
    assert "title: 发票\n" in (folder / "_index.md").read_text(encoding="utf-8")
    (file,) = [path for path in folder.iterdir() if path.name != "_index.md"]
    assert served.get(f"/api/v1/articles/{file.stem}")["questions"] == ["能换抬头吗"]


def test_form_and_source_follow_each_other(enter: Enter) -> None:
    page = enter(PATH)
    page.get_by_label("问题对接人").fill("值班群")
    page.get_by_role("tab", name="源文件").click()
    source = page.get_by_label("整个文件")
    source.wait_for()
    assert "contact: 值班群\n" in source.input_value()
    source.fill(source.input_value().replace("未收到货退款", "货没到退款"))
    page.get_by_role("tab", name="表单").click()
    page.locator("#pane-form").wait_for()
    assert page.get_by_label("标准问", exact=True).input_value() == "货没到退款"


def test_what_the_file_does_not_say_stays_when_one_looks_at_it(enter: Enter) -> None:
    page = enter("/edit")
    page.get_by_label("标准问", exact=True).fill("礼品卡过期了")
    page.locator("#f-product").select_option("mall")
    page.locator("#f-scenario").select_option("mall/refund")
    page.get_by_label("为什么改").fill("大促新规")
    page.get_by_role("tab", name="源文件").click()
    page.locator("#pane-source").wait_for()
    page.get_by_role("tab", name="表单").click()
    page.locator("#pane-form").wait_for()
    assert page.get_by_label("为什么改").input_value() == "大促新规"
    assert page.locator("#f-product").input_value() == "mall"
    assert page.locator("#f-scenario").input_value() == "mall/refund"


def test_an_empty_page_blames_nobody(enter: Enter) -> None:
    page = enter("/edit")
    page.wait_for_function("document.querySelector('[data-trial]:not([hidden])')")  # every enhancement has begun
    title = page.get_by_label("标准问", exact=True)
    with page.expect_response("**/api/v1/check"):
        title.fill("礼品卡")
    assert (
        page.evaluate("performance.getEntriesByType('resource').filter(({name}) => name.endsWith('/check')).length")
        == 1
    )


def test_two_owners_collide_and_nothing_is_lost(enter: Enter, house: Desk) -> None:
    mine, theirs = enter(PATH, "王芳"), enter(PATH, "李强")
    theirs.get_by_label("标准问", exact=True).fill("他的标题")
    theirs.get_by_label("问题对接人").fill("他的群")
    published(theirs)
    mine.get_by_label("标准问", exact=True).fill("我的标题")
    mine.get_by_label("标准话术", exact=True).fill("我的话")
    press(mine, "发布")
    mine.wait_for_selector(".conflict:focus")
    assert "李强" in mine.inner_text(".conflict h2")
    assert mine.get_by_label("问题对接人").input_value() == "他的群"
    assert script(mine) == "我的话"
    assert "他的标题" in mine.inner_text("[data-theirs=title]")
    press(mine, "发布")  # the browser wants a choice first
    assert mine.url.endswith(PATH)
    mine.get_by_label("用对方的").check()
    assert mine.get_by_label("标准问", exact=True).input_value() == "他的标题"
    published(mine)
    source = (house.articles / FILE).read_text(encoding="utf-8")
    assert all(text in source for text in ("他的标题", "他的群", "我的话"))


def test_two_owners_collide_without_javascript(enter: Enter, scriptless: Browser, house: Desk) -> None:
    mine, theirs = enter(PATH, "王芳", using=scriptless), enter(PATH, "李强")
    theirs.get_by_label("标准问", exact=True).fill("他的标题")
    published(theirs)
    mine.get_by_label("标准问", exact=True).fill("我的标题")
    press(mine, "发布")
    mine.wait_for_selector(".conflict:focus")
    mine.get_by_label("用对方的").check()
    press(mine, "发布")
    mine.wait_for_url("**/a/**")
    assert "title: 他的标题\n" in (house.articles / FILE).read_text(encoding="utf-8")


def test_what_was_written_survives_a_closed_window(enter: Enter) -> None:
    page = enter(PATH)
    page.get_by_label("标准话术", exact=True).fill("写到一半")
    page.wait_for_function("() => localStorage.getItem('zhida.edit.refund-not-received')?.includes('写到一半')")
    context = page.context
    page.close(run_before_unload=False)
    again = context.new_page()
    again.goto(page.url)
    offer = again.locator("[data-restore]")
    offer.wait_for()
    assert "标准话术" in offer.inner_text()
    assert script(again) == "您好，可以退款。"
    press(again, "恢复")
    again.wait_for_function("() => document.querySelector(\"[name='script:']\").value === '写到一半'")
    again.keyboard.press("Control+s")
    again.wait_for_selector("[data-status]:has-text('草稿已保存')")
    assert again.evaluate("localStorage.getItem('zhida.edit.refund-not-received')") is None


def test_leaving_with_something_unsaved_is_asked_about(enter: Enter) -> None:
    page = enter(PATH)
    asked = collect_dialogs(page)
    page.get_by_label("标准话术", exact=True).fill("没保存")
    page.goto("about:blank")
    assert asked == ["beforeunload"]


def test_an_expired_login_keeps_everything(enter: Enter, served: Server, house: Desk) -> None:
    page = enter(PATH)
    page.get_by_label("标准话术", exact=True).fill("登录过期也不丢")
    page.context.clear_cookies(name="zhida_login")
    press(page, "发布")
    dialog = page.get_by_role("dialog", name="登录已过期")
    dialog.wait_for()
    assert script(page) == "登录过期也不丢"
    other = page.context.new_page()
    log_in(other, served, "王芳", PASSWORD)
    dialog.get_by_role("button", name="知道了").click()
    published(page)
    assert "登录过期也不丢" in (house.articles / FILE).read_text(encoding="utf-8")


PASTE = """async (name) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 20, height: 10 });
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  const data = new DataTransfer();
  data.items.add(new File([blob], "image.png", { type: "image/png" }));
  const area = document.querySelector(`[name='${name}']`);
  area.focus();
  area.setSelectionRange(0, 0);
  area.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_a_pasted_picture_is_uploaded_and_shown(enter: Enter, house: Desk) -> None:
    page = enter(PATH)
    page.evaluate(PASTE, "section:处理步骤")
    page.wait_for_function("() => document.querySelector(\"[name='section:处理步骤']\").value.startsWith('![')")
    picture = page.locator("[data-preview] img")
    picture.wait_for()
    page.wait_for_function("() => document.querySelector('[data-preview] img').naturalWidth === 20")
    assert len(list((house.articles / "mall/refund/images").iterdir())) == 1
    page.evaluate(PASTE, "script:")
    assert "话术里不能放图片" in page.inner_text("[data-upload]")


def test_the_toolbar_writes_markdown_that_undo_takes_back(enter: Enter) -> None:
    page = enter(PATH)
    steps = page.locator("[name='section:处理步骤']")
    steps.fill("查物流")
    steps.select_text()
    page.keyboard.press("Control+b")
    assert steps.input_value() == "**查物流**"
    press(page, "列表")
    assert steps.input_value() == "- **查物流**"
    page.keyboard.press("Control+z")
    assert steps.input_value() == "**查物流**"
    talk = page.locator("[name='script:']")
    talk.fill("您好")
    page.get_by_label("插入变量").select_option("客户称呼")
    assert talk.input_value() == "您好{{客户称呼}}"
    assert page.get_by_role("button", name="粗体").get_attribute("aria-disabled") == "true"
    page.keyboard.press("Control+b")
    assert talk.input_value() == "您好{{客户称呼}}"


def test_the_length_of_a_wording_is_counted(enter: Enter) -> None:
    page = enter(PATH)
    page.locator("[name='script:']").fill("字" * 301)
    count = page.locator("[data-count='script:']")
    assert count.inner_text() == "301 / 300 字"
    assert "over" in (count.get_attribute("class") or "")
    page.locator("[name='script:电话']").fill("字" * 301)
    assert page.locator("[data-count='script:电话']").inner_text() == "301 字"


HOSTILE = (
    "</textarea>\"'><img src=x onerror=alert(1)><script>alert(2)</script>"
    "{{<b onclick=alert(3)>}}[x](javascript:alert(4))"
)


def test_nothing_that_is_written_runs_anywhere(enter: Enter, served: Server) -> None:
    page = enter(f"/edit?q={HOSTILE[:30]}", "李强")
    for name in ("title", "questions", "owner", "contact", "product_title", "scenario_title", "note"):
        page.locator(f"[name={name}]").fill(HOSTILE[:60])
    page.locator("[name=tags]").evaluate("(field) => { field.value = '<img src=x onerror=alert(1)>'; }")
    for name in ("script:", "script:电话", "section:处理步骤", "section:后续跟进"):
        page.locator(f"[name='{name}']").fill(HOSTILE)
    page.locator("[name=id]").fill("hostile")
    page.wait_for_selector("[data-preview] >> text=alert(2)")
    published(page)
    ran = collect_dialogs(page)
    for path in ("/a/hostile", "/browse", "/?q=alert", "/", "/edit/hostile", "/edit/hostile?mode=source"):
        page.goto(served.url + path)
        page.wait_for_load_state("networkidle")
        assert page.locator("img[src=x], [onerror], [onclick], main script").count() == 0, path
    page.goto(served.url)
    page.keyboard.type("alert")
    page.wait_for_selector("#suggestions li")
    assert ran == []


def test_only_those_who_may_are_offered_to_edit(enter: Enter) -> None:
    agent = enter("/a/refund-not-received", name=None)
    assert agent.get_by_role("link", name="编辑").count() == 0
    agent.goto(agent.url.replace("/a/refund-not-received", "/browse"))
    assert agent.get_by_role("link", name="新建条目").count() == 0
    editor = enter("/browse")
    assert editor.get_by_role("link", name="新建条目").count() == 1


@pytest.mark.parametrize("path", [PATH, f"{PATH}?mode=source", "/edit"])
def test_the_editor_is_accessible_and_nothing_sticks_out(enter: Enter, path: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = enter(path)
    for fold in page.locator("main summary:visible").all():
        fold.click()
    for dark, width in ((False, 1280), (True, 1280), (True, 360), (False, 360)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        found_by_axe = axe.Axe().run(page)
        assert found_by_axe.violations_count == 0, f"dark={dark} {width}: {found_by_axe.generate_report()}"


def test_why_nothing_was_saved_stands_beside_the_button_that_was_pressed(enter: Enter) -> None:
    page = enter("/edit?q=能开专票吗")
    page.locator("[name=title]").fill("能开专票吗")
    page.get_by_role("button", name="发布").click()
    page.locator(".saving .bad", has_text="没有保存：还没有选").wait_for()
    assert page.get_by_role("button", name="发布").is_visible()


def test_a_draft_is_thrown_away_from_where_it_is_shown(enter: Enter, house: Desk) -> None:
    page = enter(PATH)
    page.locator("[name=title]").fill("换个标题")
    page.get_by_role("button", name="存为草稿").click()
    page.get_by_text(re.compile("草稿已保存 ")).wait_for()
    page.reload()
    page.get_by_text("丢弃草稿…").click()
    page.get_by_role("button", name="丢弃这份草稿").click()
    page.get_by_text("草稿已丢弃").wait_for()
    assert (house.articles / FILE).read_text(encoding="utf-8") == ARTICLE


def test_the_menu_closes_as_menus_do(enter: Enter) -> None:
    page = enter("/a/refund-not-received")
    menu, button = page.locator(".me > .menu"), page.locator(".me > summary")
    button.click()
    assert menu.is_visible()
    page.keyboard.press("Escape")
    assert not menu.is_visible()
    assert button.evaluate("button => button === document.activeElement")
    button.click()
    page.locator("h1").click()
    assert not menu.is_visible()
