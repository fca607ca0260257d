"""Pictures with real processes: uploads without end against a server, a picture in a real browser."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from kb.content.image_files import store_image
from kb.content.images import recode
from tests.disks import small_disk
from tests.e2e.processes import Desk, Server, wait_until
from tests.unit.article_tree import ARTICLE, make_tree, write
from tests.unit.picture_files import SVG, drawn, saved

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MIB = 1024 * 1024
ARTICLE_ADDRESS = "/api/v1/articles/refund-not-received"


@pytest.fixture
def small_desk(tmp_path: Path) -> Desk:
    """One article and an empty data folder."""
    return Desk(make_tree(tmp_path / "articles"), tmp_path / "data")


def most_memory(server: Server) -> int:
    """Bytes that the server held at its height."""
    status = Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


def send(server: Server, megabytes: int, chunked: bool) -> tuple[int | None, int]:
    """(status, None when the connection was reset while we were sending; megabytes that the server took)"""
    taken = 0

    def pieces() -> Iterator[bytes]:
        nonlocal taken
        for taken in range(megabytes):  # noqa: B007  # how far we got
            yield bytes(MIB)

    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Sec-Fetch-Site": "same-origin"}
    headers |= {} if chunked else {"Content-Length": str(megabytes * MIB)}
    with suppress(ConnectionError):
        connection.request("POST", "/api/v1/images", pieces(), headers, encode_chunked=chunked)
    try:
        return connection.getresponse().status, taken
    except (ConnectionError, http.client.HTTPException):
        return None, taken
    finally:
        connection.close()


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
def test_a_hundred_megabytes_fill_neither_memory_nor_disk(small_desk: Desk, tmp_path: Path) -> None:
    with small_disk(tmp_path / "temporary", "16m"), small_desk.serve(TMPDIR=str(tmp_path / "temporary")) as server:
        assert send(server, 4, chunked=False)[0] == 400  # let through, read, and found to be no form
        server.search("tuikuan")  # what is loaded at the first search is no upload's doing
        before = most_memory(server)
        for chunked in (False, True, False, True):
            status, taken = send(server, 100, chunked)
            assert status in (413, None)
            assert taken < 30
        assert most_memory(server) - before < 20 * MIB
        assert server.get("/healthz")["status"] == "ok"
        server.stop()
        assert "No space" not in server.errors


def test_an_agent_sees_the_picture_that_an_article_shows(small_desk: Desk, browser: Browser) -> None:
    picture = recode(saved(drawn()))
    with small_desk.serve() as server:
        store_image(small_desk.articles, "mall/refund", picture)
        write(small_desk.articles, "mall/refund/images/0123456789abcdef.svg", SVG)
        write(small_desk.articles, "mall/refund/images/0123456789abcdef.png", SVG)
        shown = f"![退款按钮](images/{picture.name})\n![脚本](images/0123456789abcdef.png)\n"
        write(small_desk.articles, "mall/refund/refund-not-received.md", f"{ARTICLE}\n{shown}")
        wait_until(lambda: picture.name in server.get(ARTICLE_ADDRESS)["html"])

        page = browser.new_page()
        dialogs: list[str] = []
        page.on("dialog", lambda dialog: dialogs.append(dialog.message))
        page.goto(f"{server.url}/a/refund-not-received")
        image = page.get_by_alt_text("退款按钮")
        image.scroll_into_view_if_needed()
        page.wait_for_function("image => image.complete && image.naturalWidth === 40", arg=image.element_handle())
        page.goto(f"{server.url}/media/mall/refund/images/{picture.name}")
        page.goto(f"{server.url}/media/mall/refund/images/0123456789abcdef.png")
        assert page.goto(f"{server.url}/media/mall/refund/images/0123456789abcdef.svg").status == 404  # type: ignore[union-attr]
        assert dialogs == []
        page.close()
