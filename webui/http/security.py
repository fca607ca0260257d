"""What keeps the browser safe: headers on every answer, no writes on behalf of other sites, an anonymous cookie.

Logins have a cookie of their own (``webui.http.callers``). This one only tells the query log which keystrokes belong to
one search; it is random, names nobody and opens nothing.
"""

from __future__ import annotations

import ipaddress
import random
import re
import secrets
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, after_this_request, g, request
from werkzeug.exceptions import Forbidden

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

COOKIE = "zhida_session"
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")

_CSP = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in _CSP.items()),
    "X-Content-Type-Options": "nosniff",
    # Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and over plain HTTP
    # (no Sec-Fetch-Site there) nothing would be left to tell them from a foreign site's.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
_BY_LOWER_NAME = {
    name.lower(): (name, value) for name, value in (*HEADERS.items(), ("Cache-Control", "private, no-cache"))
}
#: of the WSGI environment
_REQUEST_ID = "zhida.request_id"


def register(app: Flask) -> None:
    """Protect every answer of ``app``."""
    app.before_request(_refuse_other_sites)
    app.wsgi_app = WithHeaders(app.wsgi_app)  # type: ignore[method-assign]  # as Flask documents it


class WithHeaders:
    """A WSGI application around ``app`` that names every request and puts our headers on every answer.

    What ``app`` has said itself stands: it may be stricter. Not in Flask, which would check the same dozen headers
    character by character for every answer, a sixth of the time that a kept answer takes.
    """

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request."""

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            said = {name.lower() for name, _ in headers}
            ours = [header for lower, header in _BY_LOWER_NAME.items() if lower not in said]
            return start_response(status, [*headers, *ours, ("X-Request-Id", _name(environ))], *error)

        return self._app(environ, start)


def request_id() -> str:
    """The name of the current request in the log, the header and every error."""
    return _name(request.environ)


def _name(environ: WSGIEnvironment) -> str:
    if _REQUEST_ID not in environ:
        environ[_REQUEST_ID] = f"{random.getrandbits(64):016x}"  # no secret; without a system call
    return str(environ[_REQUEST_ID])


def visitor() -> str | None:
    """The anonymous session of the browser that asks; None for programs and before the first page."""
    return str(g.visitor) if "visitor" in g else _brought()


def sender() -> str:
    """Who sends: the session that the browser brought, else its address."""
    return _brought() or f"@{request.remote_addr}"


def address() -> str:
    """The network address that asks, ``""`` when unknown; of IPv6 the part that its owner can't choose freely."""
    try:
        found = ipaddress.ip_address(request.remote_addr or "")
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def _brought() -> str | None:
    token = request.cookies.get(COOKIE, "")
    return token if _TOKEN.fullmatch(token) else None


def welcome_visitor() -> None:
    """Start an anonymous session with this answer unless the browser brought one."""
    if visitor() is None:
        g.visitor = secrets.token_urlsafe(16)
        after_this_request(_send_cookie)


def _send_cookie(response: Response) -> Response:
    response.set_cookie(COOKIE, g.visitor, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def _refuse_other_sites() -> None:
    if request.method not in SAFE_METHODS and request.routing_exception is None and not _comes_from_here():
        raise Forbidden


def _comes_from_here() -> bool:
    """Whether a write was sent by one of our pages, or by a program rather than a browser.

    Browsers always say where a form comes from; a JSON body, the only one that the API takes, can't be sent to us
    from elsewhere without asking first (CORS), which we never allow.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    if origin is not None:
        return origin.partition("://")[2].split("/")[0] == request.host
    return request.is_json or (request.blueprint or "").startswith("api")
