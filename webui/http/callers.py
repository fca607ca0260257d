"""Who asks: a program by its token, a person by a trusted proxy or the login cookie, else whoever ``anonymous_role``
says.

Programs say ``Authorization: Bearer``; calendars and feed readers can only send a name and a password, so a few views
take a token as the password.

A token that is not right is refused everywhere, also where none is needed: a program that believes to be somebody must
hear that it isn't. A login that has ended makes a visitor of a person; what needs a login then asks for it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from typing import TypeVar

from flask import Flask, Response, current_app, g, request

from kb.access import tokens
from kb.access.logins import LoggedIn, Visit
from kb.errors import LoginRequired, StoreError
from kb.model import Caller, Right, Role
from kb.rules.access import has
from webui.current import access, caller
from webui.http import proxies
from webui.http.security import address, request_id

log = logging.getLogger(__name__)

LOGIN = "zhida_login"
#: shows the login page, and nothing else, that somebody has logged in with this browser before
DEVICE = "zhida_device"
_DEVICE_LASTS = 365 * 24 * 3600
_LOGIN_PAGE = "/login"
_OPEN_ENDPOINTS = {"static", "health.healthz"}

View = TypeVar("View", bound=Callable[..., object])


def register(app: Flask) -> None:
    """Know who asks before any view of ``app`` is called."""
    app.before_request(_resolve)
    app.context_processor(_shown)


def for_everybody(view: View) -> View:
    """Mark a view that is needed in order to log in, so that it is there whatever ``anonymous_role`` says."""
    view.for_everybody = True  # type: ignore[attr-defined]  # views are functions, which carry anything
    return view


def for_subscribers(view: View) -> View:
    """Mark a view that only reads, for programs that know no other way than a password; it is a token (0012)."""
    view.for_subscribers = True  # type: ignore[attr-defined]  # views are functions, which carry anything
    return view


def asked_by_subscribers() -> bool:
    """Whether the view asked for takes a token as a password."""
    return hasattr(_view(), "for_subscribers")


def visit() -> Visit:
    """The browser that asks, as logins want to know it."""
    return Visit(
        session=request.cookies.get(LOGIN),
        device=request.cookies.get(DEVICE, ""),
        browser=request.headers.get("User-Agent", ""),
        address=address(),
    )


def remember(response: Response, logged_in: LoggedIn) -> Response:
    """Give the browser its session; it ends with the browser, or before."""
    set_cookie = partial(response.set_cookie, httponly=True, samesite="Lax", secure=request.is_secure)
    set_cookie(LOGIN, logged_in.token, path="/")
    set_cookie(DEVICE, logged_in.device, path=_LOGIN_PAGE, max_age=_DEVICE_LASTS)
    return response


def forget(response: Response) -> Response:
    """Take the session back from the browser; it stays a known device."""
    response.delete_cookie(LOGIN, path="/", httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def shut_out() -> bool:
    """Whether somebody asks who may see nothing but the login page."""
    return not caller().known and access().anonymous_role is None


def comes_by_token() -> bool:
    """Whether a program asks, by a token that was right."""
    return _token() is not None


def _resolve() -> None:
    if request.endpoint == "static":
        return
    token = _token()
    if token is not None:
        g.caller = access().tokens.caller(token)
        return
    if found := _known():
        g.caller = found
        return
    role = access().anonymous_role
    if role is None and not _is_open():
        raise LoginRequired("使用知识库")
    g.caller = Caller.anonymous(role or Role.PUBLIC)


def _token() -> str | None:
    """What a program brought. A password that doesn't look like a token is meant for a proxy before us."""
    brought = request.headers.get("Authorization")
    if not brought:
        return None
    scheme, _, token = brought.partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    password = (request.authorization and request.authorization.password) or ""
    return password if asked_by_subscribers() and password.startswith(tokens.PREFIX) else None


def _known() -> Caller | None:
    """Whom a proxy named, else whose session the browser brought.

    While the database can't be read, people can still search as visitors.
    """
    named, token = proxies.user(request.environ), request.cookies.get(LOGIN)
    try:
        if named is not None:
            return access().proxies.caller(named)
        return access().sessions.caller(token) if token is not None else None
    except StoreError as error:
        log.warning("[%s] who asks: %s", request_id(), error)
        return None


def _is_open() -> bool:
    return request.endpoint in _OPEN_ENDPOINTS or hasattr(_view(), "for_everybody")


def _view() -> Callable[..., object] | None:
    return current_app.view_functions.get(request.endpoint or "")


def _shown() -> dict[str, object]:
    """What the frame of every page says about who asks."""
    me = caller()
    return {
        "me": me if me.known else None,
        "administers": has(me, Right.ADMINISTER),
        "shut_out": shut_out(),
        "here": None if request.blueprint == "login" else request.full_path.rstrip("?"),
    }
