"""``/login``, ``/logout``, ``/account``: in, out, and one's own account. They work without JavaScript."""

from __future__ import annotations

import re

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.access.signing import fingerprint
from kb.errors import AccountError, LoginFailed, TooManyLogins
from kb.model import Via
from webui.current import access, caller
from webui.http.callers import LOGIN, for_everybody, forget, remember, visit
from webui.http.problems import explain
from webui.http.security import welcome_visitor

#: browsers take a backslash for a slash, and leave out tabs and line ends
_ELSEWHERE = re.compile(r"[^/]|//|.*[\x00-\x20\x7f\\]", re.DOTALL)
DONE = {
    "password": "密码已修改，其他浏览器上的登录已退出。",
    "sessions": "其他浏览器上的登录已退出。",
}

blueprint = Blueprint("login", __name__)
blueprint.before_request(welcome_visitor)


def local(address: str | None) -> str:
    """``address`` when it leads to a page of ours, else the front page: nobody is sent elsewhere after logging in."""
    return url_for("pages.search") if not address or _ELSEWHERE.match(address) else address


def page(trouble: str | None = None, wanted: str | None = None) -> str:
    """The login page, on the way to ``wanted`` (default: what the request says), with what went wrong before."""
    wanted = local(wanted or request.values.get("next"))
    return render_template("login.html", trouble=trouble, next=wanted, single_sign_on=access().single_sign_on)


@blueprint.get("/login")
@for_everybody
def form() -> ResponseReturnValue:
    """The form, or where one wanted to go for those who are logged in."""
    if caller().via in (Via.SESSION, Via.PROXY):
        return redirect(local(request.args.get("next")))
    return page()


@blueprint.post("/login")
@for_everybody
def log_in() -> ResponseReturnValue:
    """Open a session, then on to where one wanted to go."""
    try:
        done = access().logins.log_in(request.form.get("name", ""), request.form.get("password", ""), visit())
    except (LoginFailed, TooManyLogins) as error:
        answer = explain(error)
        return page(str(error)), answer.status, answer.headers
    return remember(_redirect(local(request.form.get("next"))), done)


@blueprint.post("/logout")
@for_everybody
def log_out() -> ResponseReturnValue:
    """End the session."""
    if token := request.cookies.get(LOGIN):
        access().logins.log_out(caller(), token)
    return forget(_redirect(url_for("pages.search")))


@blueprint.get("/account")
def account() -> ResponseReturnValue:
    """Who one is, what one may do, where one is logged in."""
    return _account()


@blueprint.post("/account")
def change_password() -> ResponseReturnValue:
    """Change one's own password."""
    form, by = request.form, caller()
    try:
        if form.get("new") != form.get("again"):
            raise AccountError("两次输入的新密码不一样。")
        access().logins.change_password(by, request.cookies.get(LOGIN), form.get("current", ""), form.get("new", ""))
    except (AccountError, LoginFailed, TooManyLogins) as error:
        answer = explain(error)
        return _account(trouble=str(error)), answer.status, answer.headers
    return redirect(url_for(".account", done="password"), 303)


@blueprint.post("/account/sessions")
def end_others() -> ResponseReturnValue:
    """Log out everywhere else."""
    access().logins.end_others(caller(), request.cookies.get(LOGIN, ""))
    return redirect(url_for(".account", done="sessions"), 303)


def _account(trouble: str | None = None) -> str:
    own = access().logins.account(caller())
    return render_template(
        "account.html",
        account=own,
        sessions=access().sessions.of(own.name),
        here=fingerprint(request.cookies.get(LOGIN, "")),
        trouble=trouble,
        done=DONE.get(request.args.get("done", "")),
    )


def _redirect(address: str) -> Response:
    return make_response(redirect(address, 303))
