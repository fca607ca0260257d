"""The FAQ panel in a real browser: filter, copy and open in place, beside the results or over them."""

from __future__ import annotations

from tests.e2e.browser import events, pasted, search
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, wait_until

WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 700}


def test_typing_filters_and_one_key_copies(open_page: OpenPage) -> None:
    page = open_page("/")
    filter_ = page.get_by_label("筛选高频问题")
    for typed in ("未收到货", "weishou", "wsdh"):
        filter_.fill(typed)
        assert "未收到货退款" in page.locator(".entry .name:visible").all_inner_texts()
    filter_.fill("未收到货退")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    assert pasted(page).startswith("您好{{客户称呼}}，没收到货也可以申请退款")
    filter_.fill("没有这样的问题")
    assert page.get_by_text("速查里没有匹配的问题").is_visible()
    filter_.fill("")
    assert page.locator(".rest[open]").count() == 0
    assert page.locator(".entry:visible").count() > 30


def test_what_is_folded_away_is_found_by_the_filter(open_page: OpenPage) -> None:
    page = open_page("/")
    folded = page.locator(".rest .name").first
    assert not folded.is_visible()
    page.get_by_label("筛选高频问题").fill(folded.text_content() or "")
    assert folded.is_visible()


def test_nothing_in_the_panel_leads_to_the_search(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("筛选高频问题").fill("饕餮")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=**")
    assert page.locator("input[name=q]").input_value() == "饕餮"


def test_it_stays_as_it_is_beside_the_results(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/", viewport=WIDE)
    entry = page.locator(".entry", has_text="未收到货退款").first
    entry.locator("summary").click()
    wait_until(lambda: any(event.article_id == "refund-not-received" for event in events(shared, "open")))
    search(page, "发票")
    assert entry.locator(".script-text").is_visible(), "opened in place, and still open"
    entry.locator(".copy").click()
    page.wait_for_selector(".copy.done")
    assert "没收到货也可以申请退款" in pasted(page)
    assert page.locator(".hit").count() > 0


def test_a_page_of_results_fetches_it(open_page: OpenPage) -> None:
    page = open_page("/?q=退款&channel=电话", viewport=WIDE)
    page.wait_for_selector("#faq .entry")
    page.locator("#faq .entry", has_text="未收到货退款").locator("summary").click()
    assert page.locator("#faq").get_by_text("没收到也能退，我先看一下到哪了").is_visible()


def test_it_follows_the_channel(open_page: OpenPage) -> None:
    page = open_page("/", viewport=WIDE)
    search(page, "退款")
    page.locator("select[name=channel]").select_option("电话")
    page.wait_for_url("**channel=**")
    page.wait_for_selector("#faq a[href*='channel=']", state="attached")
    assert "没收到也能退，我先看一下到哪了" in (page.locator("#faq").text_content() or "")


def test_on_a_narrow_screen_it_opens_over_the_results(open_page: OpenPage) -> None:
    page = open_page("/?q=退款", viewport=NARROW)
    assert page.locator("#faq").is_hidden()
    page.get_by_role("button", name="高频问题", exact=True).click()
    page.get_by_label("筛选高频问题").wait_for()
    assert page.evaluate("document.activeElement.matches('[data-faq-filter]')")
    page.keyboard.type("fapiao")
    assert page.locator("#faq .entry:visible").count() > 0
    page.keyboard.press("Escape")
    assert page.locator("#faq").is_hidden()
    assert page.locator(".hit").first.is_visible(), "the search is not lost"


def test_arrow_keys_walk_through_it(open_page: OpenPage) -> None:
    page = open_page("/")
    page.get_by_label("筛选高频问题").fill("tuikuan")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    opened = page.locator(".entry details[open] .name")
    assert opened.inner_text() == page.locator(".entry .name:visible").nth(1).inner_text()
    page.keyboard.press("c")
    page.wait_for_selector(".copy.done")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.matches('[data-faq-filter]')")


def test_it_shows_its_age(open_page: OpenPage) -> None:
    page = open_page("/")
    assert page.locator("[data-age]").inner_text() in ("刚刚", *(f"{n} 分钟前" for n in range(1, 60)))


def test_a_page_that_stays_open_fetches_a_newer_one_when_nobody_is_using_it(open_page: OpenPage) -> None:
    page = open_page("/")
    page.clock.install()
    page.reload()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator(".entry summary").first.click()
    page.clock.fast_forward("20:00")
    assert page.locator("[data-age]").inner_text().endswith("分钟前")
    assert page.url not in asked, "not under the agent's hands"
    page.locator(".entry summary").first.click()
    page.locator("input[name=q]").focus()
    with page.expect_response(page.url):
        page.clock.fast_forward("01:00")


def test_it_goes_on_without_the_server(open_page: OpenPage) -> None:
    page = open_page("/", expected="net::ERR")
    page.context.set_offline(True)
    page.get_by_label("筛选高频问题").fill("未收到货退款")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    assert "没收到货也可以申请退款" in pasted(page)


def test_rows_say_which_key_copies_them_and_the_message_which_was_copied(open_page: OpenPage) -> None:
    page = open_page("/")
    keys = "all => all.map((each) => each.dataset.alt)"
    assert page.locator("#faq .copy[data-alt]").evaluate_all(keys) == [f"Alt {n}" for n in range(1, 10)]
    page.get_by_label("筛选高频问题").fill("tuikuan")
    assert page.locator("#faq .copy[data-alt]:visible").evaluate_all(keys)[:3] == ["Alt 1", "Alt 2", "Alt 3"]
    title = page.locator(".entry", has=page.locator("[data-alt='Alt 2']")).locator(".name").inner_text()
    page.keyboard.press("Alt+2")
    page.wait_for_selector(".copy.done")
    assert page.locator("#toast").inner_text().startswith(f"已复制“{title}”")
    search(page, "退款")
    assert page.locator("#faq .copy[data-alt]").count() == 0, "the keys are those of the hits"
    page.get_by_role("link", name="直达，回首页").click()
    page.wait_for_selector("#faq .copy[data-alt]")
