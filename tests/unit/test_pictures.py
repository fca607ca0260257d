"""Pictures in bodies: which are mentioned, which are shown, at which address."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.pictures import NAME, address, is_picture, mentioned
from kb.text.render import render_html
from kb.text.sections import plain_text
from tests.unit.html_page import Page

ONE, TWO = "0123456789abcdef.png", "fedcba9876543210.jpg"
FOLDER = "mall/refund"


def test_a_picture_is_shown_from_the_folder_of_its_article() -> None:
    html = render_html(f'看图：![退款按钮](images/{ONE} "在右上角")', FOLDER)
    (image,) = Page(html).find("img")
    assert image.attributes == {
        "src": f"/media/mall/refund/images/{ONE}",
        "alt": "退款按钮",
        "title": "在右上角",
        "loading": "lazy",
    }


def test_where_there_is_no_folder_there_are_no_pictures() -> None:
    assert "<img" not in render_html(f"![退款按钮](images/{ONE})", None)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/images/0123456789abcdef.png",
        "//evil.example/0123456789abcdef.png",
        "/images/0123456789abcdef.png",
        "/media/lock/door/images/0123456789abcdef.png",
        "../door/images/0123456789abcdef.png",
        "images/../images/0123456789abcdef.png",
        "./images/0123456789abcdef.png",
        "images/0123456789abcdef.svg",
        "images/0123456789abcdef.png?x",
        "images/0123456789abcdef.png#x",
        "images/0123456789ABCDEF.png",
        "images/%2e%2e/0123456789abcdef.png",
        "images/0123456789abcde٣.png",
        "images\\0123456789abcdef.png",
        "images/a.png",
        "data:image/png;base64,AAAA",
        "javascript:alert(1)",
    ],
)
def test_other_images_are_not_loaded(target: str) -> None:
    assert address(FOLDER, target) is None
    for body in (f"![图](<{target}>)", f'<img src="{target}">'):
        assert [
            image.get("src") for image in Page(render_html(body, FOLDER)).find("img") if "src" in image.attributes
        ] == []


@given(st.text(max_size=60))
def test_whatever_is_asked_for_leads_into_the_own_folder_only(target: str) -> None:
    found = address(FOLDER, target)
    assert found is None or (found == f"/media/{FOLDER}/images/{target[7:]}" and NAME.fullmatch(target[7:]))


def test_a_folder_s_name_cannot_break_out_of_the_address() -> None:
    html = render_html(f"![图](images/{ONE})", 'a"><script>/退款')
    assert "<script" not in html
    assert "%22%3E%3Cscript%3E/%E9%80%80" in html


def test_what_a_body_mentions_is_found_however_it_is_written() -> None:
    body = f"![一](images/{ONE})字 <img src='images/{TWO}'> ![外](https://x.example/images/{'a' * 16}.png) images/b.png"
    assert mentioned(body) == {ONE, TWO}
    assert mentioned(f"ximages/{ONE} images/{ONE}x ../images/{ONE}") == frozenset()


def test_searches_and_snippets_see_what_a_picture_is_called_not_where_it_lies() -> None:
    assert plain_text(f"点![退款按钮](images/{ONE})即可") == "点退款按钮即可"


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        (f"a/mall/refund/images/{ONE}", True),
        (f"a/mall/refund/images/.{ONE}.0a1b2c3d.tmp", True),
        (f"a/mall/refund/{ONE}", False),
        ("a/mall/refund/images", False),
        ("a/mall/images/refund.md", False),
    ],
)
def test_pictures_are_known_by_their_place_and_name(path: str, is_one: bool) -> None:
    assert is_picture(PurePath(path)) is is_one
