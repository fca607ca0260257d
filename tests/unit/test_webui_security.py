"""What a hostile article, link or site can't do."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from flask.testing import FlaskClient

from kb.config import load_settings
from kb.service import Service
from tests.conftest import indexed
from tests.unit.article_tree import make_tree, write
from tests.unit.forms import csrf_token
from tests.unit.html_page import Page
from webui import create_app
from webui.http import security
from webui.http.assets import base_address

HOSTILE = """\
---
id: hostile
title: '"><img src=x onerror=alert(1)>'
questions:
  - <script>alert("questions")</script>
owner: <script>alert("owner")</script>
contact: "javascript:alert('contact')"
tags: ['</dd><script>alert(1)</script>']
verified_by: <svg onload=alert(1)>
verified: 2026-11-16
---
## 标准话术
您好<script>alert("script")</script>，{{<b onclick=alert(1)>称呼</b>}}。
### 电话"><script>alert(1)</script>
电话版
## 处理步骤
<script>alert("body")</script><style>body{display:none}</style><iframe src="https://evil.example"></iframe>
[点我](javascript:alert(1)) [数据](data:text/html,<script>alert(1)</script>) [自动](  JaVaScRiPt:alert(1))
[好](https://example.com/a?b=1) <a href="vbscript:x" onclick="alert(1)" style="position:fixed">坏</a>
![远](https://evil.example/pixel.png) ![远2](//evil.example/p.png) ![数据](data:image/png;base64,AAAA)
![近](images/0123456789abcdef.png)
![近](near.png) ![上](../images/0123456789abcdef.png) ![脚本](images/0123456789abcdef.svg)
<form action="https://evil.example"><input name=q autofocus onfocus=alert(1)></form>
<div><p>没有关上 <b>的标签 <!-- 注释
<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>
"""

PAYLOADS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onfocus=alert(1) autofocus '",
    "</title><script>alert(1)</script>",
    "{{987*123}}{% print(config) %}",
    "javascript:alert(1)",
)

LINKS = ("href", "src", "action", "formaction", "data-pick", "data-copy")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    """A browser on a knowledge base with an article that attacks it."""
    folder = tmp_path_factory.mktemp("hostile")
    articles = make_tree(folder / "articles")
    write(articles, "mall/refund/hostile.md", HOSTILE)
    service = indexed(
        load_settings(
            environ={}, overrides={"articles": str(articles), "data": str(folder / "data"), "semantic": "off"}
        )
    )
    return create_app(service).test_client()


def assert_harmless(html: str) -> Page:
    """No code but our own, nothing fetched from or sent to elsewhere."""
    page = Page(html)
    for tag in page.tags:
        assert tag.name not in {"iframe", "object", "embed", "style", "base", "math"}
        assert tag.name != "svg" or tag.attributes == {"class": "icon", "aria-hidden": "true"}, "only our own icons"
        for name, value in tag.attributes.items():
            assert not name.startswith("on"), f"<{tag.name} {name}>"
            assert name != "style"
            if name in LINKS:
                parts = urlsplit(value.strip())
                assert parts.scheme in ("", "https"), value
                assert tag.name == "a" or not parts.netloc, value
    scripts = [tag.get("src") for tag in page.find("script")]
    assert [re.sub(r"/static/[0-9a-f]{12}/", "", address) for address in scripts] == ["js/main.js"]
    assert [tag.pieces for tag in page.find("script")] == [[]], "no inline script"
    return page


@pytest.mark.parametrize("address", ["/a/hostile", "/?q=alert", "/?q=电话版", "/browse", "/"])
def test_a_hostile_article_is_shown_and_does_nothing(hostile: FlaskClient, address: str) -> None:
    response = hostile.get(address)
    assert response.status_code == 200
    page = assert_harmless(response.get_data(as_text=True))
    assert '"><img src=x onerror=alert(1)>' in page.text()


def test_what_is_good_in_an_article_survives(hostile: FlaskClient) -> None:
    page = Page(hostile.get("/a/hostile").get_data(as_text=True))
    good = next(tag for tag in page.find("a") if tag.text == "好")
    assert good.attributes == {"href": "https://example.com/a?b=1", "rel": "noopener noreferrer"}
    images = [tag.get("src") for tag in page.find("img") if tag.get("src")]
    assert [address for address in images if not address.startswith("/static/")] == [
        "/media/mall/refund/images/0123456789abcdef.png"
    ]
    assert '您好<script>alert("script")</script>，' in page.text(), "a script is text to copy, whatever it says"


def test_the_api_marks_up_nothing_but_matches(hostile: FlaskClient) -> None:
    answer = hostile.get("/api/v1/search?q=alert").json
    assert answer
    for hit in answer["hits"]:
        assert set(re.findall(r"<[^>]*>", hit["title_html"] + hit["snippet"])) <= {"<mark>", "</mark>"}
    article = hostile.get("/api/v1/articles/hostile").json
    assert article
    assert "script" not in {tag.name for tag in Page(article["html"]).tags}


@pytest.mark.parametrize("payload", PAYLOADS)
@pytest.mark.parametrize(
    "address",
    [
        "/?q={}",
        "/?q={}&tag={}",
        "/?q=退款&product={}",
        "/?q=退款&channel={}",
        "/?q=退款&offset={}",
        "/browse?product={}&scenario={}",
        "/a/refund-received?channel={}&voted={}",
        "/a/{}",
        "/{}",
    ],
)
def test_a_hostile_link_is_reflected_as_text(client: FlaskClient, address: str, payload: str) -> None:
    html = client.get(address.replace("{}", quote(payload, safe=""))).get_data(as_text=True)
    assert_harmless(html)
    assert str(987 * 123) not in html


@pytest.mark.parametrize("payload", PAYLOADS)
def test_the_api_reflects_as_json_only(client: FlaskClient, payload: str) -> None:
    for address in ("search?q={}", "suggest?q={}", "search?q=a&kind={}", "articles/{}", "{}"):
        response = client.get("/api/v1/" + address.replace("{}", quote(payload, safe="")))
        assert response.mimetype in ("application/json", "application/problem+json")
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("method", "address", "status"),
    [
        ("GET", "/", 200),
        ("GET", "/a/refund-received", 200),
        ("GET", f"{base_address()}/js/main.js", 200),
        ("GET", f"{base_address()}/nope.js", 404),
        ("GET", f"{base_address()}/..%2f__init__.py", 404),
        ("GET", "/healthz", 200),
        ("GET", "/api/v1/suggest?q=tk", 200),
        ("GET", "/api/v1/search?x=1", 400),
        ("GET", "/nope", 404),
        ("PUT", "/", 405),
        ("POST", "/api/v1/search", 405),
        ("DELETE", "/nope", 404),
        ("POST", "/a/refund-received/feedback", 403),
        ("POST", "/api/v1/events", 415),
        ("OPTIONS", "/api/v1/events", 200),
        ("HEAD", "/browse", 200),
    ],
)
def test_every_answer_carries_the_headers(client: FlaskClient, method: str, address: str, status: int) -> None:
    response = client.open(address, method=method, buffered=True)
    assert response.status_code == status
    for name, value in security.HEADERS.items():
        assert response.headers[name] == value
    assert re.fullmatch(r"[0-9a-f]{16}", response.headers["X-Request-Id"])
    assert "Access-Control-Allow-Origin" not in response.headers


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    policy = security.HEADERS["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe|data:|blob:|https?:|\*", policy)


def test_our_own_templates_need_nothing_inline() -> None:
    templates = Path(security.__file__).parents[1] / "templates"
    mailed = {"report_file.html"}  # opened without us: it brings its sheets along, and a policy of its own
    for template in (path for path in templates.iterdir() if path.name not in mailed):
        source = template.read_text(encoding="utf-8")
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)|\|\s*safe", source), template.name


def test_a_visitor_gets_one_random_cookie_that_scripts_cannot_read(service: Service) -> None:
    tokens = set()
    for _ in range(2):
        client = create_app(service).test_client()
        cookie = client.get("/").headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Lax" in cookie
        assert "Secure" not in cookie
        assert "Set-Cookie" not in client.get("/browse").headers
        tokens.add(client.get_cookie(security.COOKIE).value)  # type: ignore[union-attr]
    assert len(tokens) == 2


def test_over_https_the_cookie_stays_there(client: FlaskClient) -> None:
    assert "Secure" in client.get("/", base_url="https://kb.example").headers["Set-Cookie"]


@pytest.mark.parametrize("token", ["", "short", "x" * 5000, "<script>aaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaaa%"])
def test_a_cookie_that_is_not_ours_is_replaced(client: FlaskClient, token: str) -> None:
    response = client.get("/", headers={"Cookie": f"{security.COOKIE}={token}"})
    assert response.headers["Set-Cookie"].startswith(f"{security.COOKIE}=")


def test_programs_and_static_files_get_no_cookie(client: FlaskClient) -> None:
    for address in ("/api/v1/suggest?q=tk", f"{base_address()}/tokens.css", "/healthz", "/nope"):
        assert "Set-Cookie" not in client.get(address, buffered=True).headers


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "none"}, 303),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://kb.example"}, 403),
        ({"Origin": "http://kb.example"}, 303),
        ({"Origin": "http://kb.example:81"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://kb.example.evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Referer": "http://kb.example/a/refund-received"}, 303),
        ({"Referer": "http://evil.example/?http://kb.example/"}, 403),
        ({"Referer": "http://kb.example@evil.example/"}, 403),
        ({"Origin": "http://[broken"}, 403),
        ({}, 403),
    ],
)
def test_a_form_is_taken_from_our_own_pages_only(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    form = {"vote": "helpful", "csrf": csrf_token(client, base_url="http://kb.example")}
    response = client.post("/a/refund-received/feedback", data=form, headers=headers, base_url="http://kb.example")
    assert response.status_code == status


@pytest.mark.parametrize("path", ["events", "feedback"])
def test_the_api_takes_json_only(client: FlaskClient, path: str) -> None:
    address, here = f"/api/v1/{path}", {"Sec-Fetch-Site": "same-origin"}
    for content_type in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        for headers in (here, {}):
            response = client.post(address, data="{}", content_type=content_type, headers=headers)
            assert response.status_code == 415
    elsewhere = client.post(address, json={}, headers={"Sec-Fetch-Site": "cross-site"})
    assert elsewhere.status_code == 403


def test_a_large_body_is_refused(client: FlaskClient) -> None:
    client.get("/")
    for content_type in ("application/json", "application/x-www-form-urlencoded"):
        response = client.post(
            "/a/refund-received/feedback" if "form" in content_type else "/api/v1/events",
            data="x" * (64 * 1024 + 1),
            content_type=content_type,
            headers={"Sec-Fetch-Site": "same-origin"},
        )
        assert response.status_code == 413


def test_a_static_file_is_kept_for_ever_under_its_hash_only(client: FlaskClient) -> None:
    page = Page(client.get("/").get_data(as_text=True))
    for address in (page.find("script")[0].get("src"), f"{base_address()}/js/dom.js", f"{base_address()}/icons.svg"):
        assert "immutable" in client.get(address, buffered=True).headers["Cache-Control"]
    for other in ("/static/js/main.js", "/static/0123456789ab/js/main.js", f"{base_address()}/nope.js"):
        response = client.get(other)
        assert response.status_code == 404
        assert response.headers["Cache-Control"] == "private, no-cache"


def test_text_travels_compressed_to_those_who_can_read_it(client: FlaskClient) -> None:
    for address in ("/", "/?q=退款", f"{base_address()}/tokens.css"):
        plain = client.get(address, buffered=True)
        packed = client.get(address, headers={"Accept-Encoding": "gzip, br"}, buffered=True)
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] in ("gzip", "br")
        assert len(packed.data) < len(plain.data) / 2


def test_pages_and_answers_are_not_kept(client: FlaskClient) -> None:
    assert client.get("/").headers["Cache-Control"] == "private, no-cache"
    assert client.get("/a/nope").headers["Cache-Control"] == "private, no-cache"
    assert client.get("/api/v1/suggest?q=tk").headers["Cache-Control"] == "no-store"
