"""Writes are taken from our own pages only: each carries a keyed hash of the cookie that the browser sends anyway.

``webui.http.security`` refuses what browsers say comes from another site; this holds where they say nothing, and for
another page on the same host. Programs with a token need none: no browser sends that by itself.
"""

from __future__ import annotations

from flask import Flask, request
from markupsafe import Markup
from werkzeug.exceptions import Forbidden

from kb.model import Via
from webui.current import access, caller
from webui.http.callers import LOGIN, comes_by_token
from webui.http.security import SAFE_METHODS, visitor

FIELD = "csrf"
HEADER = "X-CSRF-Token"


class StalePage(Forbidden):
    """The page that sent this was made for another login, or for none, or it is not ours."""


def register(app: Flask) -> None:
    """Check writes; give templates ``csrf_token()`` and ``csrf_field()``."""
    app.before_request(_check)
    app.jinja_env.globals.update(csrf_token=token, csrf_field=_field)


def token() -> str:
    """What pages for this browser carry; ``""`` for one without cookies."""
    holder = _holder()
    return access().signer.sign("csrf", *holder) if holder else ""


def _holder() -> tuple[str, str] | None:
    """What a forged request would be sent with: the proxy's word, the login cookie, else the anonymous session."""
    if caller().via is Via.PROXY:
        return "proxy", caller().name
    login = request.cookies.get(LOGIN)
    if login is not None:
        return "login", login
    known = visitor()
    return ("visitor", known) if known else None


def _field() -> Markup:
    return Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, token())


def _check() -> None:
    if request.method in SAFE_METHODS or request.routing_exception is not None or comes_by_token():
        return
    if request.path.startswith("/api/") and LOGIN not in request.cookies and caller().via is not Via.PROXY:
        return  # programs; a JSON body can't be sent to us from another site, and nobody known asks
    holder, given = _holder(), request.headers.get(HEADER) or request.form.get(FIELD, "")
    if holder is None or not access().signer.is_signed(given, "csrf", *holder):
        raise StalePage
