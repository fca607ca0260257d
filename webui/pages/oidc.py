"""``/login/oidc``: off to the provider of OpenID Connect, and back from it.

What only this browser may know until it is back (state, nonce, PKCE verifier) travels in a signed cookie: nobody can be
logged in as somebody else by a link (state), and a code that leaked is worth nothing (verifier).
"""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, make_response, redirect, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeTimedSerializer

from kb.access.external import SingleSignOn
from kb.errors import AccountError, LoginFailed, SingleSignOnError
from kb.ports.identity import Departure
from webui.current import access
from webui.http.callers import for_everybody, remember, visit
from webui.http.problems import explain
from webui.pages import login

COOKIE = "zhida_oidc"
_PATH = "/login/oidc"
#: seconds for logging in there
_LASTS = 600

blueprint = Blueprint("oidc", __name__, url_prefix=_PATH)


@blueprint.get("")
@for_everybody
def start() -> ResponseReturnValue:
    """Send the browser to the provider."""
    wanted = login.local(request.args.get("next"))
    try:
        departure = _single_sign_on().begin(_back(), ask_again="switch" in request.args)
    except SingleSignOnError as error:
        return _failed(error, wanted)
    response = make_response(redirect(departure.url, 303))
    kept = _serializer().dumps([departure.state, departure.nonce, departure.verifier, wanted])
    response.set_cookie(
        COOKIE, kept, max_age=_LASTS, path=_PATH, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response


@blueprint.get("/callback")
@for_everybody
def callback() -> ResponseReturnValue:
    """Open a session for whom the provider sends back, then on to where one wanted to go."""
    wanted = None
    try:
        departure, wanted = _kept()
        done = _single_sign_on().finish(departure, _code(), _back(), visit())
        response = remember(make_response(redirect(login.local(wanted), 303)), done)
    except (SingleSignOnError, LoginFailed, AccountError) as error:
        response = _failed(error, wanted)
    response.delete_cookie(COOKIE, path=_PATH, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def _single_sign_on() -> SingleSignOn:
    return access().single_sign_on or abort(404)


def _back() -> str:
    """What has to be registered with the provider."""
    return url_for(".callback", _external=True)


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(access().signer.sign("oidc"))


def _kept() -> tuple[Departure, str]:
    """What this browser took along, if it is the one that is awaited. Raises LoginFailed."""
    try:
        state, nonce, verifier, wanted = _serializer().loads(request.cookies.get(COOKIE, ""), max_age=_LASTS)
    except BadSignature:
        raise LoginFailed("这次登录已过期，或不是在这个浏览器里开始的。请重新登录；浏览器须接受 Cookie。") from None
    if not hmac.compare_digest(state.encode(), request.args.get("state", "").encode()):
        raise LoginFailed("这次登录不是从这个页面开始的，没有登录。请重新登录。")
    return Departure("", state, nonce, verifier), wanted


def _code() -> str:
    """What the provider gave the browser. Raises LoginFailed when that was nothing."""
    code = request.args.get("code")
    if not code:
        raise LoginFailed("统一登录没有完成：在那边取消了，或者那边不让你使用本系统。请重试，或联系管理员。")
    return code


def _failed(error: Exception, wanted: str | None) -> Response:
    """The login page, on which local accounts still can log in."""
    answer = explain(error)
    return make_response(login.page(str(error), wanted), answer.status, dict(answer.headers))
