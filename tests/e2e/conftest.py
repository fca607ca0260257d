"""A desk of one's own for every test; for the browser a shared one, a server on it, and windows that complain."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cluster.nodes import Node
from tests.conftest import ARTICLES
from tests.e2e.browser import Windows, launcher
from tests.e2e.houses import House
from tests.e2e.processes import Desk, Server
from tests.unit.article_tree import write

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

HOSTILE = (
    """\
---
id: hostile
title: '"><img src=x onerror=alert(1)>攻击'
questions: ['<script>alert(2)</script>']
---
## 标准话术
<script>alert(3)</script><img src=x onerror=alert(4)>{{<b onclick=alert(9)>称呼</b>}}
## 处理步骤
<svg onload=alert(6)><a href="javascript:alert(7)">点我</a> [数据](data:text/html,<script>alert(8)</script>)
<iframe srcdoc="<script>alert(8)</script>"></iframe><style>* { display: none }</style><b>结束
![远](https://evil.example/pixel.png)

| 很宽 |{header}
|---|{rule}
| 表格 |{cells}
""".replace("{header}", " 一列很长的标题 |" * 40)
    .replace("{rule}", "---|" * 40)
    .replace("{cells}", " 一格内容 |" * 40)
)

OpenPage = Callable[..., "Page"]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A copy of the project's articles and an empty data folder."""
    return Desk(shutil.copytree(ARTICLES, tmp_path / "articles"), tmp_path / "data")


@pytest.fixture(params=["whoosh", "opensearch"])
def house(request: pytest.FixtureRequest, cluster_node: Node, desk: Desk, tmp_path: Path) -> House:
    """Several machines, with an index of its own on every one, and with one on the cluster."""
    return House(cluster_node.url, desk, tmp_path, request.param)


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., Browser]]:
    with launcher() as start:
        yield start


@pytest.fixture(scope="module")
def browser(launch: Callable[..., Browser]) -> Iterator[Browser]:
    with launch() as running:
        yield running


@pytest.fixture(scope="module")
def scriptless(launch: Callable[..., Browser]) -> Iterator[Browser]:
    """A browser whose user has switched JavaScript off."""
    with launch("--blink-settings=scriptEnabled=false") as running:
        yield running


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The repository's articles and a hostile one; tests only read them and add to the logs."""
    folder = tmp_path_factory.mktemp("browser")
    write(shutil.copytree(ARTICLES, folder / "articles"), "mall/refund/hostile.md", HOSTILE)
    return Desk(folder / "articles", folder / "data")


@pytest.fixture(scope="session")
def running(shared: Desk) -> Iterator[Server]:
    with shared.serve() as server:
        yield server


@pytest.fixture
def server(browser: Browser, running: Server) -> Server:
    """The shared server, once there is a browser to look at it."""
    return running


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[OpenPage]:
    """Opens an address in a fresh window; at the end nothing may have been complained about.

    Complaints are errors in scripts or on the console (a violated content security policy is one), and dialogs.
    ``expected`` names what a test provokes.
    """
    windows = Windows(browser)

    def open_(
        path: str, host: str | None = None, expected: str | None = None, using: Browser = browser, **options: Any
    ) -> Page:
        page = windows.open(using, **options)
        page.on("dialog", lambda dialog: windows.complaints.append(dialog.message))
        windows.tolerated.extend(filter(None, [expected]))
        page.goto((server.url.replace("127.0.0.1", host) if host else server.url) + path)
        return page

    yield open_
    windows.close()
