"""What is read of requests otherwise than Werkzeug does says the same."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask import Flask, request
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from webui.http import requests


def arguments(query: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Ours and Werkzeug's."""
    app = Flask("app")
    requests.register(app)
    environ = EnvironBuilder("/").get_environ() | {"QUERY_STRING": query}
    with app.request_context(environ):
        return list(request.args.items(multi=True)), list(Request(environ).args.items(multi=True))


@given(st.lists(st.tuples(st.text(), st.text())))
def test_texts_are_decoded(pairs: list[tuple[str, str]]) -> None:
    written = [(quote(name, errors="replace"), quote(value, errors="replace")) for name, value in pairs]
    ours, theirs = arguments("&".join(f"{name}={value}" for name, value in written))
    assert ours == theirs


@given(st.text("q=&+%;e49F8bB0 ", max_size=30))
def test_whatever_is_sent_reads_the_same(query: str) -> None:
    ours, theirs = arguments(query)
    assert ours == theirs


@pytest.mark.parametrize("query", ["q=%E4%BD", "q=%ff", "q=%e4%BD%A0%2B%26+%25E4", "q=%E4x%BD%A0", "q=%F0%9F%98%80"])
def test_odd_bytes_are_kept_as_they_were_sent(query: str) -> None:
    ours, theirs = arguments(query)
    assert ours == theirs
