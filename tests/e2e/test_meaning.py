"""What an agent sees of search by meaning: a label on what only means the same, a remark when the model is silent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from tests.e2e.browser import missing
from tests.e2e.conftest import OpenPage
from tests.e2e.processes import Desk, Server, wait_until
from tests.embedding_servers import EmbeddingServer, embeddings, good, serving, vector_of
from tests.local_servers import Reply
from tests.unit.article_tree import make_tree

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

#: what the article says, and the same without a character in common
WORDING, OTHER_WORDS = "没收到货怎么退款", "东西丢了找谁赔"


def alike(request: dict[str, Any]) -> Reply:
    """To this model the two questions mean the same."""
    return 200, {}, embeddings(request["input"], lambda text: vector_of(text.replace(OTHER_WORDS, WORDING)))


@pytest.fixture
def model() -> Iterator[EmbeddingServer]:
    with serving() as running:
        running.reply = alike
        yield running


@pytest.fixture
def server(browser: Browser, model: EmbeddingServer, tmp_path: Path) -> Iterator[Server]:
    """One article, known to the model."""
    desk = Desk(make_tree(tmp_path / "articles"), tmp_path / "data")
    # the deadline is far away: only a model that never answers misses it
    settings = {"KB_SEMANTIC": "on", "KB_EMBEDDINGS_URL": model.url, "KB_SEMANTIC_DEADLINE_MS": "3000"}
    with desk.serve(**settings) as running:
        wait_until(lambda: running.get("/healthz")["semantic"]["state"] == "ready")
        yield running


def accessible(page: Page) -> None:
    """Nothing to find for axe-core, wide and narrow, light and dark."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        missing("axe-playwright-python")
    for dark, width in ((False, 1280), (True, 360)):
        page.emulate_media(color_scheme="dark" if dark else "light")
        page.set_viewport_size({"width": width, "height": 900})
        found = Axe().run(page)
        assert found.violations_count == 0, f"dark={dark} {width}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_what_only_means_the_same_says_so(open_page: OpenPage) -> None:
    page = open_page(f"/?q={OTHER_WORDS}")
    hit = page.locator(".hit", has_text="未收到货退款")
    label = hit.locator(".badge.origin")
    assert label.inner_text() == "语义相近"
    assert "用词不同" in str(label.get_attribute("title"))
    assert "请先核对" in page.locator("#content > .notice").inner_text()
    hit.locator(".why summary").click()
    assert hit.locator(".why dt").all_inner_texts() == ["语义"]
    assert hit.locator(".snippet").count() == 0, "the script stands below"
    accessible(page)
    page.goto(page.url.split("?")[0] + f"?q={WORDING}")
    assert page.locator(".hit .badge.origin").count() == 0, "the words say it themselves"


def test_without_an_answer_from_the_model_words_find_and_it_is_said(
    open_page: OpenPage, model: EmbeddingServer
) -> None:
    ended = threading.Event()

    def hang(request: dict[str, Any]) -> Reply:
        ended.wait(60)
        return good(request)

    model.reply = hang
    try:
        page = open_page(f"/?q={WORDING}")
        assert "未收到货退款" in page.locator(".hit h2").inner_text()
        assert "只按字词查找" in page.locator(".section-head").inner_text()
        assert page.locator(".notice").count() == 0, "nothing to be alarmed about"
        accessible(page)
        page.goto(page.url.split("?")[0] + "recommend")
        page.locator("textarea").fill("退款多久到账")
        page.locator(".chat button").click()
        page.wait_for_selector(".answers")
        assert "只按字词查找" in page.locator(".topic").first.inner_text()
    finally:
        ended.set()
