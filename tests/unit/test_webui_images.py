"""Uploading pictures and showing them: who may, what comes back, what a browser may do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kb.config import load_settings
from kb.editing.writing import Place
from kb.errors import AccessDenied, LoginRequired
from kb.model import Caller, Role, Via
from kb.service import Service
from kb.text.pictures import MAX_BYTES
from tests.callers import ANYBODY, OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE, make_tree, write
from tests.unit.html_page import Page
from tests.unit.picture_files import HTML, SVG, drawn, foreign, opened, saved, with_place
from webui import create_app, current
from webui.http import limits

PICTURE = saved(drawn())
ARTICLE_ID = "refund-not-received"
BESIDE = {"article": ARTICLE_ID}
HERE = {"Sec-Fetch-Site": "same-origin"}
EDITOR = Caller("wang", Role.EDITOR, frozenset({"售后业务部"}), True, Via.SESSION)
OTHER_EDITOR = Caller("li", Role.EDITOR, frozenset({"物流业务部"}), True, Via.SESSION)
PUBLIC = Caller.anonymous(Role.PUBLIC)
As = Callable[[Caller], FlaskClient]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Service:
    folder = tmp_path_factory.mktemp("images")
    overrides = {"articles": str(make_tree(folder / "articles")), "data": str(folder / "data"), "semantic": "off"}
    return indexed(load_settings(environ={}, overrides=overrides))


@pytest.fixture
def articles(service: Service) -> Iterator[Path]:
    """The articles folder, which the next test finds as it was."""
    root = service.system.articles
    yield root
    for path in pictures(root):
        path.unlink()


@pytest.fixture
def browser(articles: Path, service: Service, monkeypatch: pytest.MonkeyPatch) -> As:
    """A browser on the application whose user is whoever the test says."""

    def of(caller: Caller) -> FlaskClient:
        monkeypatch.setattr(current, "caller", lambda: caller)
        return create_app(service).test_client()

    return of


def upload(
    client: FlaskClient, data: bytes = PICTURE, name: str = "截图.png", place: Mapping[str, str] = BESIDE
) -> TestResponse:
    return client.post("/api/v1/images", data={"file": (BytesIO(data), name), **place}, headers=HERE)


def upload_large(client: FlaskClient, data: bytes) -> TestResponse:
    """The same; the test client would put a long form into a temporary file that it never closes."""
    head = (
        f'--x\r\nContent-Disposition: form-data; name="article"\r\n\r\n{ARTICLE_ID}\r\n'
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\n\r\n'
    )
    body = head.encode() + data + b"\r\n--x--\r\n"
    return client.post("/api/v1/images", data=body, content_type="multipart/form-data; boundary=x", headers=HERE)


def pictures(root: Path) -> list[Path]:
    return [path for path in root.rglob("images/*") if path.is_file()]


# --- uploading


@pytest.mark.parametrize("place", [{"article": ARTICLE_ID}, {"product": "mall", "scenario": "refund"}])
def test_an_upload_is_stored_beside_the_article_and_shown_in_it(
    browser: As, service: Service, articles: Path, place: dict[str, str]
) -> None:
    client = browser(EDITOR)
    answer = upload(client, with_place(drawn(), "JPEG"), "IMG_0001.HEIC", place)
    assert answer.status_code == 201
    document = answer.get_json()
    (path,) = pictures(articles)
    assert path.relative_to(articles).parent.as_posix() == "mall/refund/images"
    assert document == {
        "markdown": f"![图片](images/{path.name})",
        "url": f"/media/mall/refund/images/{path.name}",
        "width": 40,
        "height": 30,
        "bytes": path.stat().st_size,
    }
    assert not opened(path.read_bytes()).getexif()
    source = ARTICLE + f"2. 点这里：{document['markdown']}\n"
    write(articles, "mall/refund/refund-not-received.md", source)
    service.index()
    service.refresh()
    for html in (
        client.get(f"/a/{ARTICLE_ID}").text,
        client.get(f"/api/v1/articles/{ARTICLE_ID}").get_json()["html"],
    ):
        assert document["url"] in [image.get("src") for image in Page(html).find("img")]
    assert client.get(document["url"]).data == path.read_bytes()


def test_the_same_picture_at_the_same_time_is_stored_once(browser: As, articles: Path) -> None:
    client = browser(EDITOR)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: upload(client.application.test_client()).get_json(), range(16)))
    assert all(answer == answers[0] for answer in answers)
    assert [path.name for path in pictures(articles)] == [answers[0]["url"].rpartition("/")[2]]


@pytest.mark.parametrize(
    "name",
    ["../../../evil.png", "..\\evil.png", "/etc/passwd", "a\0.png", "\x1b[2J\x7f\u202e.png", "x" * 300, "", "evil.svg"],
)
def test_what_the_file_is_called_does_not_matter(browser: As, articles: Path, name: str) -> None:
    answer = upload(browser(EDITOR), name=name or "blob")
    assert answer.status_code == 201
    (path,) = pictures(articles)
    assert path.parent == articles / "mall/refund/images"
    assert not list(articles.parent.rglob("*evil*"))


@pytest.mark.parametrize("data", [SVG, HTML, foreign()["bmp"], PICTURE[:60], b""])
def test_what_is_no_picture_is_refused_whatever_it_is_called(browser: As, articles: Path, data: bytes) -> None:
    answer = upload(browser(EDITOR), data)
    assert answer.status_code == 422
    assert "没有保存" in answer.get_json(force=True)["detail"]
    assert not pictures(articles)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"article": ARTICLE_ID}, "缺少文件 file"),
        ({}, "缺少文件 file"),
        ({"file": "text", "article": ARTICLE_ID}, "缺少文件 file"),
        ({"file": [(BytesIO(PICTURE), "a.png"), (BytesIO(PICTURE), "b.png")]}, "一次只传一个文件"),
        ({"file": (BytesIO(PICTURE), "a.png"), "other": "x"}, "不认识的字段：other"),
        ({"file": (BytesIO(PICTURE), "a.png")}, "请给出 article，或者 product 和 scenario"),
        ({"file": (BytesIO(PICTURE), "a.png"), "product": "mall"}, "请给出 article，或者 product 和 scenario"),
        ({"file": (BytesIO(PICTURE), "a.png"), "article": "x", "product": "mall"}, "请给出 article"),
    ],
)
def test_incomplete_forms_are_refused_with_what_is_missing(browser: As, fields: dict[str, Any], said: str) -> None:
    answer = browser(EDITOR).post("/api/v1/images", data=fields, content_type="multipart/form-data", headers=HERE)
    assert answer.status_code == 400
    assert said in answer.get_json(force=True)["detail"]


def test_a_part_without_a_name_is_no_field_of_ours(browser: As) -> None:
    body = b"--x\r\nContent-Disposition: form-data\r\n\r\nwhat\r\n--x--\r\n"
    answer = browser(EDITOR).post(
        "/api/v1/images", data=body, content_type="multipart/form-data; boundary=x", headers=HERE
    )
    assert (answer.status_code, "不认识的字段：（没有名字）" in answer.get_json(force=True)["detail"]) == (400, True)


def test_other_bodies_are_refused(browser: As) -> None:
    client = browser(EDITOR)
    assert client.post("/api/v1/images", json={"file": "x"}, headers=HERE).status_code == 415
    assert client.post("/api/v1/images", data=PICTURE, content_type="image/png", headers=HERE).status_code == 415
    torn = client.post("/api/v1/images", data=PICTURE, content_type="multipart/form-data", headers=HERE)
    assert torn.status_code == 400


def test_from_another_site_nothing_is_taken(browser: As, articles: Path) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        form = {"file": (BytesIO(PICTURE), "a.png"), "article": ARTICLE_ID}
        assert browser(EDITOR).post("/api/v1/images", data=form, headers=headers).status_code == 403
    assert not pictures(articles)


def test_the_largest_picture_gets_through(browser: As) -> None:
    padded = PICTURE + bytes(MAX_BYTES - len(PICTURE))
    assert upload_large(browser(EDITOR), padded).status_code == 201
    assert upload_large(browser(EDITOR), padded + b"x").status_code == 422


def test_a_form_longer_than_the_largest_picture_is_not_read(browser: As) -> None:
    answer = upload_large(browser(EDITOR), bytes(MAX_BYTES + limits.USUAL))
    assert answer.status_code == 413
    assert "超过 5 MB 的上限" in answer.get_json(force=True)["detail"]


@pytest.mark.parametrize(
    ("place", "status"),
    [
        ({"article": "nope"}, 404),
        ({"product": "mall", "scenario": "nope"}, 403),  # of no department, so none of the editor's
        ({"product": "..", "scenario": ".."}, 403),
    ],
)
def test_pictures_belong_to_articles_and_folders_that_exist(
    browser: As, articles: Path, place: dict[str, str], status: int
) -> None:
    assert upload(browser(EDITOR), place=place).status_code == status
    assert upload(browser(OPERATOR), place=place).status_code == (404 if status == 404 else 422)
    assert not pictures(articles)


@pytest.mark.parametrize(
    ("caller", "status"), [(PUBLIC, 401), (Caller.anonymous(Role.ADMIN), 401), (OTHER_EDITOR, 403)]
)
@pytest.mark.parametrize("place", [{"article": ARTICLE_ID}, {"product": "mall", "scenario": "refund"}])
def test_only_the_editors_of_a_department_add_pictures(
    browser: As, articles: Path, caller: Caller, status: int, place: dict[str, str]
) -> None:
    assert upload(browser(caller), place=place).status_code == status
    assert not pictures(articles)


def test_an_article_that_is_still_a_draft_gets_its_pictures_too(browser: As, articles: Path, service: Service) -> None:
    desk = service.desk(EDITOR)
    desk.editing.save_draft("parcel-lost", "写了一半", "", place=Place("mall", "refund"))
    try:
        assert upload(browser(OTHER_EDITOR), place={"article": "parcel-lost"}).status_code == 403
        answer = upload(browser(EDITOR), place={"article": "parcel-lost"})
        assert answer.status_code == 201
        assert answer.get_json()["url"].startswith("/media/mall/refund/images/")
    finally:
        desk.editing.discard_draft("parcel-lost")


def test_the_desk_asks_for_the_right_itself(service: Service) -> None:
    agent = Caller("zhao", Role.AGENT, None, False, Via.SESSION)
    for caller, error in ((agent, AccessDenied), (PUBLIC, LoginRequired)):
        with pytest.raises(error):
            service.desk(caller).images.add_for("nope", PICTURE)
        with pytest.raises(error):
            service.desk(caller).images.add("mall/refund", PICTURE)


# --- showing


def test_a_picture_is_a_picture_and_nothing_else_and_kept_for_ever(browser: As) -> None:
    client = browser(EDITOR)
    for form, kind in (("PNG", "image/png"), ("JPEG", "image/jpeg"), ("GIF", "image/gif"), ("WEBP", "image/webp")):
        address = upload(client, saved(drawn(), form)).get_json()["url"]
        answer = client.get(address)
        assert answer.headers["Content-Type"] == kind
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert answer.headers["Content-Disposition"] == "inline"
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        assert "Set-Cookie" not in answer.headers
        again = client.get(address, headers={"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize(
    "path",
    [
        "mall/refund/images/0123456789abcdef.png",
        "mall/refund/images/refund-not-received.md",
        "mall/refund/images/..%2frefund-not-received.md",
        "mall/refund/images/%2e%2e%2f%2e%2e%2f_index.md",
        "mall/refund/images/..%5c_index.md",
        "mall/refund/images/0123456789abcdef.png%00.svg",
        "mall/refund/images/0123456789abcdef.png%0a",
        "%2e%2e/refund/images/0123456789abcdef.png",
        "mall/..%2f..%2frefund/images/0123456789abcdef.png",
        "mall/refund/images/",
        "mall/refund/0123456789abcdef.png",
    ],
)
def test_tricks_with_addresses_find_nothing(browser: As, path: str) -> None:
    for caller in (EDITOR, PUBLIC):
        answer = browser(caller).get(f"/media/{path}")
        assert answer.status_code == 404
        assert b"title:" not in answer.data


def test_the_public_sees_pictures_of_public_articles_only(browser: As, service: Service, articles: Path) -> None:
    shown, hidden, drafted = (upload(browser(EDITOR), saved(drawn(mark=n))).get_json() for n in range(3))
    public = "---\nid: {}\ntitle: {}\naudience: public\nstatus: {}\n---\n## 步骤\n{}\n"
    for name, status, picture in (("open", "published", shown), ("later", "draft", drafted)):
        write(articles, f"mall/refund/{name}.md", public.format(name, name, status, picture["markdown"]))
    write(articles, "mall/refund/refund-not-received.md", ARTICLE + hidden["markdown"])
    other = shown["url"].replace("mall/refund", "mall/parcel")
    write(articles, f"mall/parcel/{shown['markdown'][6:-1]}", PICTURE)
    service.index()
    service.refresh()
    seen = {
        caller.role: [
            browser(caller).get(url).status_code for url in (shown["url"], hidden["url"], drafted["url"], other)
        ]
        for caller in (PUBLIC, ANYBODY)
    }
    assert seen == {Role.PUBLIC: [200, 404, 404, 404], Role.AGENT: [200, 200, 200, 200]}
    missing = browser(PUBLIC).get("/media/mall/refund/images/0123456789abcdef.png")
    secret = browser(PUBLIC).get(hidden["url"])
    assert [answer.headers["Content-Length"] for answer in (missing, secret)] == [missing.headers["Content-Length"]] * 2
