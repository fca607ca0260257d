"""``/admin``: accounts, tokens and the audit log, for administrators. Works without JavaScript.

Every call says who does it; ``kb.access`` refuses all others.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.access.audit import ACTIONS, as_csv, as_jsonl, detail_text
from kb.access.days import end_of, start_of
from kb.errors import AccountError, TooManyLogins
from kb.model import Right, Role
from kb.ports.accounts import AuditFilter
from kb.rules.access import require
from webui.current import access, caller, desk
from webui.http import inputs
from webui.http.problems import explain
from webui.http.security import welcome_visitor

ROLES = (Role.AGENT, Role.EDITOR, Role.REVIEWER, Role.ADMIN)
DONE = {
    "add": "已添加账号。请把登录名和密码交给本人，请他登录后修改密码。",
    "change": "权限已修改，立即生效。",
    "disable": "账号已停用，登录中的会话已退出。",
    "enable": "账号已启用。",
    "reset": "密码已重置，原来的登录已退出。请本人登录后修改密码。",
    "revoke": "令牌已撤销。",
}
_PAGE = 100
_SEPARATORS = re.compile(r"[,，、;；\n]")

blueprint = Blueprint("admin", __name__, url_prefix="/admin")
blueprint.before_request(welcome_visitor)


@blueprint.before_request
def _administrators_only() -> None:
    require(caller(), Right.ADMINISTER)


@blueprint.after_request
def _never_store(response: Response) -> Response:
    """A token is shown on one of these pages, once."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("")
def people() -> ResponseReturnValue:
    """Accounts and tokens."""
    return _page()


@blueprint.post("/users/<action>")
def change_user(action: str) -> ResponseReturnValue:
    """Add an account, or do something to the one that is named."""
    actions: dict[str, Callable[[str], object]] = {
        "add": _add_user,
        "change": lambda name: access().accounts.change(
            caller(), name, _role(), _owners(), _can_publish(), request.form.get("display", "")
        ),
        "disable": lambda name: access().accounts.disable(caller(), name),
        "enable": lambda name: access().accounts.enable(caller(), name),
        "reset": lambda name: access().accounts.reset(caller(), name, request.form.get("password", "")),
    }
    if action not in actions:
        raise AccountError("没有这种操作。")
    return _done_or_told(lambda: actions[action](request.form.get("name", "")), action)


@blueprint.post("/tokens/add")
def add_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    name = request.form.get("name", "")
    try:
        secret = access().tokens.add(caller(), name, _role(), _owners(), _can_publish(), _expires())
    except AccountError as error:
        return _page(trouble=str(error)), 400
    return _page(new_token=(name, secret))


@blueprint.post("/tokens/revoke")
def revoke_token() -> ResponseReturnValue:
    """End a token."""
    return _done_or_told(lambda: access().tokens.revoke(caller(), request.form.get("name", "")), "revoke")


@blueprint.get("/audit")
def audit() -> ResponseReturnValue:
    """The audit log, a page at a time."""
    given = inputs.filled_in(request.args)
    offset = inputs.integer(given, "offset", 0, 0, 10**8)
    entries = access().audit.entries(caller(), _wanted(), _PAGE + 1, offset)
    return render_template(
        "audit.html",
        entries=entries[:_PAGE],
        given={name: value for name, value in given.items() if name in ("since", "until", "actor", "action")},
        earlier=offset + _PAGE if len(entries) > _PAGE else None,
        later=max(0, offset - _PAGE) if offset else None,
        ACTIONS=ACTIONS,
        detail_text=detail_text,
    )


@blueprint.get("/audit/export")
def export_audit() -> ResponseReturnValue:
    """The entries that the same filter shows, all of them."""
    form = inputs.choice(request.args, "format", ("csv", "jsonl"))
    entries = access().audit.entries(caller(), _wanted())
    content = "\ufeff" + as_csv(entries) if form == "csv" else as_jsonl(entries)
    response = make_response(content)
    response.mimetype = "text/csv" if form == "csv" else "application/jsonl"
    response.headers["Content-Disposition"] = f'attachment; filename="audit.{form}"'
    return response


def _page(**extra: object) -> str:
    by = caller()
    return render_template(
        "admin.html",
        accounts=access().accounts.all(by),
        tokens=access().tokens.all(by),
        ROLES=ROLES,
        done=DONE.get(request.args.get("done", "")),
        today=date.today(),
        departments=sorted({record.article.owner for record in desk().bulk.choices() if record.article.owner}),
        **extra,
    )


def _done_or_told(do: Callable[[], object], done: str) -> ResponseReturnValue:
    """``do`` it and show the page anew; what can't be done is said above it."""
    try:
        do()
    except (AccountError, TooManyLogins) as error:
        answer = explain(error)
        return _page(trouble=str(error)), answer.status, answer.headers
    return redirect(url_for(".people", done=done), 303)


def _add_user(name: str) -> None:
    form = request.form
    access().accounts.add(
        caller(), name, _role(), form.get("password", ""), form.get("display", ""), _owners(), _can_publish()
    )


def _role() -> Role:
    return Role(inputs.choice(request.form, "role", [role.value for role in ROLES]))


def _owners() -> frozenset[str] | None:
    """The departments, separated by commas of any kind; None for all when the field is empty."""
    names = (name.strip() for name in _SEPARATORS.split(request.form.get("owners", "")))
    return frozenset(filter(None, names)) or None


def _can_publish() -> bool:
    return "can_publish" in request.form


def _expires() -> datetime | None:
    """The end of the last day."""
    last = inputs.day(inputs.filled_in(request.form), "expires")
    return end_of(last) if last else None


def _wanted() -> AuditFilter:
    given = inputs.filled_in(request.args)
    since, until = inputs.day(given, "since"), inputs.day(given, "until")
    return AuditFilter(
        since=start_of(since) if since else None,
        until=end_of(until) if until else None,
        actor=given.get("actor"),
        action=given.get("action"),
    )
