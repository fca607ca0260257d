"""The delivered nginx configuration: which node gets a request, and what people get when a node is gone."""

from __future__ import annotations

import re
import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from http.client import HTTPSConnection
from http.cookiejar import CookieJar
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit
from urllib.request import HTTPCookieProcessor, HTTPSHandler, build_opener

import pytest
from flask import Flask

from kb.service import Service
from tests.cluster.nodes import Node
from tests.e2e.processes import Desk, wait_until
from tests.e2e.test_access_commands import PASSWORD, add_user
from tests.local_servers import LocalServer, Reply, Request, running
from tests.nginx import CONFIGURATION, Front, in_front_of, program, write_configuration
from webui import create_app
from webui.http.elsewhere import _HERE, _NOT_HERE
from webui.http.limits import LARGEST

ARTICLE = "refund-not-received"
REFUND = "没收到货怎么退款"


class Answer(NamedTuple):
    status: int
    headers: dict[str, str]
    text: str


class _Stub(LocalServer):
    """A node that says its name, and ``status`` for what ``refuses`` matches."""

    def __init__(self, name: str, refuses: str = "$.", status: int = 421) -> None:
        super().__init__()
        self.name, self.refuses, self.status = name, re.compile(refuses), status
        self.asked: list[Request] = []

    def answer(self, request: Request) -> Reply:
        self.asked.append(request)
        refused = self.refuses.match(request.path)
        # closed each time, so that one that listens no more is really gone
        return (self.status if refused else 200), {"X-Node": self.name, "Connection": "close"}, self.name.encode()


def ask(front: Front, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    """One request on a connection of its own."""
    where = urlsplit(front.url)
    connection = HTTPSConnection(where.hostname or "", where.port, timeout=30, context=front.trusting)
    connection.request(method, path, body or None, headers)
    answer = connection.getresponse()
    found = Answer(answer.status, dict(answer.getheaders()), answer.read().decode())
    connection.close()
    return found


@pytest.fixture
def nodes() -> Iterator[dict[str, _Stub]]:
    with ExitStack() as stack:
        yield {name: stack.enter_context(running(_Stub(name))) for name in ("writer", "one", "two")}


@pytest.fixture
def front(nodes: dict[str, _Stub], tmp_path: Path) -> Iterator[Front]:
    search = [nodes["one"].address, nodes["two"].address]
    with in_front_of(tmp_path / "nginx", nodes["writer"].address, search) as front:
        yield front


def addresses(app: Flask) -> Iterator[tuple[str, str, str]]:
    """(method, an address, endpoint) of every route."""
    for rule in app.url_map.iter_rules():
        filled = re.sub(r"<int:[^>]+>", "7", rule.rule)
        filled = re.sub(r"<path:[^>]+>", "js/desk.js", filled)
        for method in rule.methods - {"OPTIONS"} if rule.methods else ():
            yield method, re.sub(r"<[^>]+>", "thing-1", filled), rule.endpoint


def test_the_file_is_good_nginx(tmp_path: Path) -> None:
    main, *_ = write_configuration(tmp_path, "127.0.0.1:8000", ["127.0.0.1:8001", "127.0.0.1:8002"])
    done = subprocess.run(
        [program(), "-t", "-p", str(tmp_path), "-c", str(main)], capture_output=True, text=True, check=False
    )
    assert "test is successful" in done.stderr, done.stderr
    assert "warn" not in done.stderr


def test_its_routes_are_those_that_search_nodes_answer(service: Service) -> None:
    table = re.search(r"\$zhida_is_read \{(.*?)\n\}", CONFIGURATION.read_text(encoding="utf-8"), re.DOTALL)
    assert table
    patterns = [re.compile(pattern) for pattern in re.findall(r'"~(.+)" 1;', table[1])]
    for method, address, endpoint in addresses(create_app(service)):
        is_read = any(pattern.search(f"{method} {address}") for pattern in patterns)
        assert is_read == (endpoint in _HERE), f"{method} {address}: {endpoint}"


def test_requests_reach_the_node_that_answers_them(front: Front, nodes: dict[str, _Stub], service: Service) -> None:
    for method, address, endpoint in addresses(create_app(service)):
        answer = ask(front, method, address)
        assert (answer.headers["X-Node"] != "writer") == (endpoint in _HERE), f"{method} {address}"
    for endpoint, parameter in _NOT_HERE.items():
        address = {"pages.article": "/a/thing-1", "pages.browse": "/browse"}[endpoint]
        assert ask(front, "GET", f"{address}?{parameter}=2026-11-01").headers["X-Node"] == "writer"


def test_nodes_are_told_who_asks_and_never_whom_a_browser_says_to_be(front: Front, nodes: dict[str, _Stub]) -> None:
    ask(front, "POST", "/login", b"name=x", **{"X-Remote-User": "boss", "X-Forwarded-Proto": "http"})
    (request,) = nodes["writer"].asked
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert request.body == b"name=x"
    assert headers["x-forwarded-proto"] == "https"
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-host"] == headers["host"] == urlsplit(front.url).netloc
    assert "x-remote-user" not in headers


def test_what_a_search_node_leaves_to_the_writer_gets_there(front: Front, nodes: dict[str, _Stub]) -> None:
    nodes["one"].refuses = nodes["two"].refuses = re.compile("/api/v1/gaps")
    assert ask(front, "POST", "/api/v1/gaps", b"{}").text == "writer"
    assert nodes["writer"].asked[-1].body == b"{}"


def test_a_file_that_only_the_newer_node_has_is_found(front: Front, nodes: dict[str, _Stub]) -> None:
    nodes["one"].refuses, nodes["one"].status = re.compile("/static/"), 404
    assert [ask(front, "GET", "/static/abc/base.css").text for _ in range(6)] == ["two"] * 6


def test_who_has_just_changed_something_reads_at_the_writer(front: Front) -> None:
    cookie = ask(front, "POST", "/login", b"name=x").headers["Set-Cookie"]
    assert cookie == "zhida_wrote=1; Max-Age=3; Path=/; HttpOnly; Secure; SameSite=Lax"
    assert ask(front, "GET", "/", Cookie="zhida_wrote=1").text == "writer"
    assert "Set-Cookie" not in ask(front, "GET", "/review").headers
    assert "Set-Cookie" not in ask(front, "POST", "/api/v1/events", b"{}").headers


def test_people_are_sent_to_the_encrypted_address(front: Front) -> None:
    process = subprocess.run(
        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code} %{redirect_url}", f"{front.plain}/a/x?q=1"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert process.stdout == "308 https://localhost/a/x?q=1"


def test_questions_are_not_written_into_the_log(front: Front) -> None:
    ask(front, "GET", "/?" + urlencode({"q": "我的电话是13800000000"}))
    wait_until(lambda: '"GET /" 200' in front.log())
    assert "138" not in front.log()


def test_nodes_that_are_gone_are_asked_no_more_and_all_of_them_are_told(
    front: Front, nodes: dict[str, _Stub], tmp_path: Path
) -> None:
    nodes["one"].close()
    assert {ask(front, "GET", "/").text for _ in range(8)} == {"two"}
    nodes["two"].close()
    assert {ask(front, "GET", "/").text for _ in range(4)} == {"writer"}
    nodes["writer"].close()
    for method, path, told in (("GET", "/", "各个节点暂时都没有答复"), ("POST", "/login", "写节点正在重启或停机")):
        answer = ask(front, method, path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
        assert told in answer.text


def test_what_is_too_large_is_told_by_the_product() -> None:
    found = re.search(r"client_max_body_size (\d+)m;", CONFIGURATION.read_text(encoding="utf-8"))
    assert found
    assert int(found[1]) * 1024**2 > LARGEST


class Browser:
    """Keeps cookies, follows redirects and says where a form comes from, as browsers do."""

    def __init__(self, front: Front) -> None:
        self._url, self.cookies = front.url, CookieJar()
        self._opener = build_opener(HTTPCookieProcessor(self.cookies), HTTPSHandler(context=front.trusting))
        self._opener.addheaders = [("Origin", front.url)]

    def open(self, path: str, **form: str) -> str:
        """The page at ``path``, after sending ``form``."""
        body = urlencode(form).encode() if form else None
        with self._opener.open(self._url + path, body, timeout=30) as answer:
            return str(answer.read().decode())

    def log_in(self, name: str) -> str:
        field = re.search(r'name="csrf" value="([^"]+)"', self.open("/login?next=/"))
        assert field
        return self.open("/login", csrf=field[1], name=name, password=PASSWORD, next="/")


def test_one_address_for_a_real_writer_and_its_search_nodes(cluster_node: Node, desk: Desk, tmp_path: Path) -> None:
    assert add_user(desk, "boss", "admin") == 0
    environment = {
        "KB_ENGINE": "whoosh",
        "KB_OPENSEARCH_URL": cluster_node.url,
        "KB_OPENSEARCH_INDEX": f"t{secrets.token_hex(6)}",
        "KB_SECRET": secrets.token_hex(32),
        "KB_TRUSTED_PROXIES": "127.0.0.1",
    }
    searching = Desk(tmp_path / "none", tmp_path / "node").serve
    with (
        desk.serve(**environment, KB_ROLE="writer") as writer,
        searching(**environment, KB_ROLE="search") as node,
        in_front_of(tmp_path / "nginx", writer.url, [node.url]) as front,
    ):
        browser = Browser(front)
        assert "boss" not in browser.open("/")
        assert "boss" in browser.log_in("boss")  # at the writer, at once
        assert all(cookie.secure for cookie in browser.cookies if cookie.name == "zhida_login")
        browser.cookies.clear(urlsplit(front.url).hostname + ".local", "/", "zhida_wrote")  # type: ignore[operator]  # our address has a name
        wait_until(lambda: "boss" in browser.open("/"))  # and at the search node
        assert "boss" in browser.open("/admin")
        writer.kill()
        assert ask(front, "GET", "/?" + urlencode({"q": REFUND})).status == 200
        assert "写节点" in ask(front, "GET", "/admin").text
        assert ask(front, "GET", "/healthz").status == 200
