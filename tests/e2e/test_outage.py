"""The engine is down: the page says so and goes on with what needs no engine."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator

import pytest
from werkzeug.serving import make_server

from kb.config import Settings
from kb.wiring.service import build_service
from tests.conftest import indexed
from tests.e2e.browser import offered, pasted
from tests.e2e.conftest import OpenPage
from webui import create_app


@pytest.fixture
def address(small: Settings) -> Iterator[str]:
    """Where a service without an index listens."""
    indexed(small)
    shutil.rmtree(small.index_dir)
    server = make_server("127.0.0.1", 0, create_app(build_service(small)), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_without_the_engine_all_but_search_goes_on(open_page: OpenPage, address: str) -> None:
    page = open_page("/", expected="503")
    page.goto(f"http://{address}/")
    page.locator("input[name=q]").fill("退款")
    page.keyboard.press("Enter")
    banner = page.get_by_role("alert")
    banner.wait_for()
    assert "搜索暂时不可用" in banner.inner_text()
    page.locator("input[name=q]").fill("")
    page.locator("input[name=q]").focus()
    assert offered(page, "tk") == ["未收到货退款", "退款与退货"]
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+1")
    page.wait_for_selector(".copy.done")
    assert pasted(page) == "您好，可以退款。"
    page.get_by_role("link", name="分类浏览").click()
    page.locator("summary", has_text="退款与退货").click()
    page.get_by_role("link", name="未收到货退款").click()
    page.wait_for_selector(".said")
