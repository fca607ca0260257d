"""Results in a real browser: in place of the page, with Back, slow and broken networks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.browser import events, search
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Route


def test_enter_shows_results_without_loading_the_page_anew(open_page: OpenPage) -> None:
    page = open_page("/")
    page.evaluate("window.stayed = true")
    search(page, "没收到货怎么退款")
    assert page.evaluate("window.stayed")
    assert page.url.endswith("/?q=%E6%B2%A1%E6%94%B6%E5%88%B0%E8%B4%A7%E6%80%8E%E4%B9%88%E9%80%80%E6%AC%BE")
    first = page.locator(".hit").first
    assert "未收到货退款" in first.inner_text()
    assert first.locator("mark").count() > 0
    assert page.evaluate("document.activeElement.name") == "q", "one can go on typing"


def test_back_and_forward_bring_back_what_was_there(open_page: OpenPage) -> None:
    page = open_page("/")
    page.evaluate("window.stayed = true")
    search(page, "退款")
    search(page, "发票")
    page.go_back()
    page.wait_for_function("() => document.title.startsWith('退款')")
    assert page.locator("input[name=q]").input_value() == "退款"
    assert "退款" in page.locator(".hit h2").first.inner_text()
    page.go_back()
    page.wait_for_selector('.desk[data-view="home"]')
    page.go_forward()
    page.go_forward()
    page.wait_for_function("() => document.title.startsWith('发票')")
    assert page.evaluate("window.stayed")


def test_back_from_an_article_finds_the_results_again(open_page: OpenPage) -> None:
    page = open_page("/")
    search(page, "退款")
    page.locator(".hit h2 a").nth(1).click()
    page.wait_for_url("**/a/**")
    page.go_back()
    page.wait_for_selector(".hit")
    assert page.locator("input[name=q]").input_value() == "退款"


def test_a_facet_narrows_and_its_chip_widens_again(open_page: OpenPage) -> None:
    page = open_page("/?q=退款&channel=微信")
    page.evaluate("window.stayed = true")
    before = page.locator("#found").inner_text()
    page.locator(".facets .chip", has_text="支付与账户").click()
    page.wait_for_selector(".chip.on")
    assert set(page.locator(".hit .meta a:first-child").all_inner_texts()) == {"支付与账户"}
    assert page.locator("select[name=product]").input_value() == "payment"
    page.locator(".chip.on").click()
    page.wait_for_selector(".chip.on", state="detached")
    assert page.locator("#found").inner_text() == before
    assert page.evaluate("window.stayed")


def test_a_hit_says_why(open_page: OpenPage) -> None:
    page = open_page("/?q=快递丢了")
    hit = page.locator(".hit", has=page.locator("[data-pick=refund-not-received]"))
    why = hit.locator(".why")
    why.locator("summary").click()
    assert why.locator("dt").all_inner_texts()[0] == "相似问法"
    assert "快递" in why.locator("mark").all_inner_texts()


def test_a_picked_hit_is_written_down_with_its_place(open_page: OpenPage, shared: Desk) -> None:
    page = open_page("/")
    search(page, "电子发票")
    link = page.locator(".hit h2 a").nth(1)
    article_id = link.get_attribute("data-pick")
    link.click()
    page.wait_for_url("**/a/**")
    wait_until(lambda: any(pick.query == "电子发票" for pick in events(shared, "pick")))
    pick = next(pick for pick in events(shared, "pick") if pick.query == "电子发票")
    assert (pick.article_id, pick.position) == (article_id, 2)


def test_a_slow_answer_is_announced_by_a_skeleton(open_page: OpenPage) -> None:
    page = open_page("/")
    held: list[Route] = []
    page.route("**/?q=**", lambda route: held.append(route))
    page.locator("input[name=q]").fill("退款")
    page.keyboard.press("Enter")
    page.wait_for_selector(".skeleton")
    assert page.locator("#content").get_attribute("aria-busy") == "true"
    held[0].continue_()
    page.wait_for_selector(".hit")
    assert page.locator(".skeleton").count() == 0
    page.go_back()
    page.wait_for_selector('.desk[data-view="home"]')
    assert page.locator(".skeleton").count() == 0


def test_only_the_last_of_two_searches_is_shown(open_page: OpenPage) -> None:
    page = open_page("/", expected="net::ERR")
    page.route(lambda url: "q=%E9%80%80%E6%AC%BE" in url, lambda route: None)
    page.locator("input[name=q]").fill("退款")
    page.keyboard.press("Enter")
    page.wait_for_selector(".skeleton")
    search(page, "发票")
    assert "发票" in page.locator(".hit h2").first.inner_text()


def test_a_lost_network_is_said_and_the_page_stays_useful(open_page: OpenPage) -> None:
    page = open_page("/", expected="net::ERR")
    page.context.set_offline(True)
    page.locator("input[name=q]").fill("退款")
    page.keyboard.press("Enter")
    notice = page.get_by_role("alert")
    notice.wait_for()
    assert "连不上服务器" in notice.inner_text()
    assert page.locator("#faq .entry").first.is_visible()
    page.context.set_offline(False)
    notice.get_by_role("link").click()
    page.wait_for_selector(".hit")


def test_nothing_found_leads_on(open_page: OpenPage) -> None:
    page = open_page("/?q=饕餮tuikuanx&product=mall")
    assert page.locator("h1").inner_text() == "没有找到“饕餮tuikuanx”"
    assert page.locator("a.row", has_text="退款").count() > 0
    form = page.locator("form.gap")
    sent = form.evaluate("form => Object.fromEntries(new FormData(form))")
    assert sent.pop("csrf")
    assert sent == {
        "query": "饕餮tuikuanx",
        "note": "",
        "product": "mall",
    }
    page.locator(".places .chip", has_text="退款与退货").click()
    page.wait_for_url("**/browse?**")
    assert page.get_by_role("link", name="未收到货退款").is_visible()


def test_a_remembered_product_and_channel_are_said_and_left_by_a_link(open_page: OpenPage) -> None:
    page = open_page("/?q=退款&product=payment&channel=电话")
    assert page.locator(".limit").all_inner_texts() == [
        "只看了“支付与账户” · 在全部产品里查",
        "只看适用“电话”的 · 不限渠道",
    ]
    page.get_by_role("link", name="在全部产品里查").click()
    page.wait_for_function("() => document.querySelectorAll('.limit').length === 1")
    assert page.locator("select[name=product]").input_value() == ""
    page.get_by_role("link", name="不限渠道").click()
    page.wait_for_selector(".limit", state="detached")
    assert page.url.endswith("/?q=%E9%80%80%E6%AC%BE")


def test_an_expired_hit_stays_folded_and_says_why(open_page: OpenPage) -> None:
    page = open_page("/?q=双十一优惠券")
    expired = page.locator(".hit", has=page.locator("[data-pick=coupon-double11-2026]"))
    assert "已失效：有效期至 2026-11-11" in expired.locator(".notice").inner_text()
    assert expired.locator(".script[open]").count() == 0
    states = page.locator(".hit .copy").evaluate_all("all => all.map((each) => each.dataset.state)")
    opened = page.locator(".hit:has(.script[open]) .copy").get_attribute("data-position")
    assert opened == str(next(place for place, state in enumerate(states, 1) if state != "expired"))


def test_what_is_a_makeshift_can_be_reported_at_once(open_page: OpenPage) -> None:
    page = open_page("/?q=退款 门锁")
    report = page.locator(".notice + .unanswered")
    report.locator("summary").click()
    report.get_by_label("客户真正想问的").fill("门锁退款要寄回吗")
    report.get_by_role("button", name="报告知识缺口").click()
    page.wait_for_url("**reported=**")


def test_previews_show_blanks_as_what_they_are(open_page: OpenPage) -> None:
    for scripts in (False, True):
        page = open_page("/?q=退款", java_script_enabled=scripts)
        previews = page.locator(".preview").all_text_contents()
        assert not any("{{" in text for text in previews)
        assert "客户称呼" in page.locator(".preview var").all_text_contents()
