"""Forms as browsers send them: with the token of the page that they stand on."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.unit.html_page import Page

HERE = {"Sec-Fetch-Site": "same-origin"}


def csrf_token(client: FlaskClient, **options: Any) -> str:
    """What pages for this browser carry now."""
    page = Page(client.get("/", **options).get_data(as_text=True))
    return next(tag.get("content") for tag in page.find("meta") if tag.get("name") == "csrf")


def submit(client: FlaskClient, address: str, headers: dict[str, str] = HERE, **fields: str) -> TestResponse:
    """Send a form to ``address``."""
    return client.post(address, data=fields | {"csrf": csrf_token(client)}, headers=headers)


def log_in(client: FlaskClient, name: str, password: str, **fields: str) -> TestResponse:
    """Fill in the login form."""
    return submit(client, "/login", HERE, name=name, password=password, **fields)
