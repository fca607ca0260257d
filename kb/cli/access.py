"""``kb user``, ``kb token``, ``kb audit``: who may log in, which programs may come, and what was done."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from kb.cli.context import DAY, Context, F, json_option, output, pass_context, print_json, remarks, shown, table, utf8
from kb.errors import AccountError
from kb.model import Role

if TYPE_CHECKING:
    from kb.ports.accounts import Account, ApiToken


def _departments(context: click.Context, parameter: click.Parameter, names: tuple[str, ...]) -> frozenset[str] | None:
    """Callback: the departments named, None for all. An empty name, perhaps of a variable not set, is not all."""
    found = frozenset(utf8(context, parameter, name).strip() for name in names)
    if "" in found:
        raise AccountError("--owner 后面缺少部门名称；要负责全部部门，就不写 --owner。")
    return found or None


_NAME = click.argument("name", callback=utf8)
_ROLE = click.option(
    "--role", required=True, type=click.Choice(["agent", "editor", "reviewer", "admin"]), help="What they are."
)
_OWNERS = click.option(
    "--owner",
    "owners",
    multiple=True,
    callback=_departments,
    help="Business department whose articles they deal with; repeat; default all.",
)
_NO_PUBLISH = click.option("--no-publish", is_flag=True, help="An editor who only writes drafts.")
_DISPLAY = click.option("--display", default="", callback=utf8, help="The name that screens show.")
_STDIN = click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


@click.group()
def user() -> None:
    """Who may log in: add, list, change, disable, enable, reset."""


@user.command("add")
@_options(_NAME, _ROLE, _OWNERS, _NO_PUBLISH, _DISPLAY, _STDIN, pass_context)
def add_user(
    context: Context,
    name: str,
    role: str,
    owners: frozenset[str] | None,
    no_publish: bool,
    display: str,
    password_stdin: bool,
) -> None:
    """Make an account; asks for the password twice unless it comes on standard input."""
    password = _password(password_stdin)
    account = context.access.accounts.add(context.caller, name, Role(role), password, display, owners, not no_publish)
    output.print(f"已添加账号 {shown(account.name)}（{account.role.label}）。")


@user.command("list")
@_options(json_option, pass_context)
def list_users(context: Context, as_json: bool) -> None:
    """All accounts."""
    accounts = context.access.accounts.all(context.caller)
    if as_json:
        print_json({"items": [_account_document(account) for account in accounts]})
        return
    rows = table(f"账号（{len(accounts)} 个）", "登录名", "姓名", "角色", "业务部门", "发布", "状态", "最近登录")
    for account in accounts:
        state = "停用" if account.disabled else "正常"
        rows.add_row(shown(account.name), shown(account.display), *_rights(account), state, _day(account.last_login))
    output.print(rows)


@user.command("change")
@_options(_NAME, _ROLE, _OWNERS, _NO_PUBLISH, _DISPLAY, pass_context)
def change_user(
    context: Context, name: str, role: str, owners: frozenset[str] | None, no_publish: bool, display: str
) -> None:
    """Give an account exactly these rights."""
    account = context.access.accounts.change(context.caller, name, Role(role), owners, not no_publish, display)
    output.print(f"账号 {shown(account.name)} 现在是{account.role.label}，运行中的服务 2 秒内生效。")


@user.command()
@_options(_NAME, pass_context)
def disable(context: Context, name: str) -> None:
    """Keep an account from logging in, and end its sessions."""
    context.access.accounts.disable(context.caller, name)
    output.print(f"已停用 {shown(name)}，登录中的会话 2 秒内失效。")


@user.command()
@_options(_NAME, pass_context)
def enable(context: Context, name: str) -> None:
    """Let a disabled account log in again."""
    context.access.accounts.enable(context.caller, name)
    output.print(f"已启用 {shown(name)}。")


@user.command()
@_options(_NAME, _STDIN, pass_context)
def reset(context: Context, name: str, password_stdin: bool) -> None:
    """Give an account another password, and end its sessions."""
    context.access.accounts.reset(context.caller, name, _password(password_stdin))
    output.print(f"已重置 {shown(name)} 的密码，原来的登录已失效。")


@click.group()
def token() -> None:
    """Which programs may come, with `Authorization: Bearer …`: add, list, revoke."""


@token.command("add")
@click.option("--expires", help="Last day (2027-03-31) or number of days (90d); default never.")
@_options(_NAME, _ROLE, _OWNERS, _NO_PUBLISH, json_option, pass_context)
def add_token(
    context: Context,
    name: str,
    role: str,
    owners: frozenset[str] | None,
    no_publish: bool,
    expires: str | None,
    as_json: bool,
) -> None:
    """Make a token and print it, this once."""
    until = _end_of(expires) if expires else None
    secret = context.access.tokens.add(context.caller, name, Role(role), owners, not no_publish, until)
    if as_json:
        print_json({"name": name, "token": secret, "expires": until.isoformat() if until else None})
        return
    click.echo(secret)
    remarks.print("令牌只显示这一次，请现在存好；丢了就撤销它，再发一个。")


@token.command("list")
@_options(json_option, pass_context)
def list_tokens(context: Context, as_json: bool) -> None:
    """All tokens, without the secrets."""
    tokens = context.access.tokens.all(context.caller)
    if as_json:
        print_json({"items": [_token_document(token) for token in tokens]})
        return
    rows = table(f"令牌（{len(tokens)} 个）", "名称", "角色", "业务部门", "发布", "到期", "最近使用", "签发人")
    for one in tokens:
        last = _day(one.last_used)
        rows.add_row(shown(one.name), *_rights(one), _day(one.expires), last, shown(one.created_by or "—"))
    output.print(rows)


@token.command()
@_options(_NAME, pass_context)
def revoke(context: Context, name: str) -> None:
    """End a token."""
    context.access.tokens.revoke(context.caller, name)
    output.print(f"已撤销令牌 {shown(name)}，2 秒内失效。")


@click.command()
@click.option("--since", type=DAY, help="First day, like 2026-11-01.")
@click.option(
    "--format", "form", type=click.Choice(["table", "csv", "jsonl"]), default="table", show_default=True, help="Shape."
)
@pass_context
def audit(context: Context, since: datetime | None, form: str) -> None:
    """What was written, who logged in: latest first."""
    from kb.access.audit import ACTIONS, as_csv, as_jsonl, detail_text
    from kb.access.days import start_of
    from kb.ports.accounts import AuditFilter

    wanted = AuditFilter(since=start_of(since.date()) if since else None)
    entries = context.access.audit.entries(context.caller, wanted)
    if form != "table":
        click.echo("\ufeff" + as_csv(entries) if form == "csv" else as_jsonl(entries), nl=False)
        return
    rows = table(f"操作记录（{len(entries)} 条）", "时间", "谁", "途径", "做了什么", "对象", "详情")
    for entry in entries:
        moment = f"{entry.at.astimezone():%Y-%m-%d %H:%M:%S}"
        actor, action = shown(entry.actor or "—"), ACTIONS.get(entry.action, entry.action)
        rows.add_row(moment, actor, entry.via.label, action, shown(entry.target), shown(detail_text(entry)))
    output.print(rows)


def _password(from_stdin: bool) -> str:
    """The first line of standard input, or what is typed twice without being shown."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("这里不能输入密码：请加 --password-stdin，从标准输入读密码。")
    return str(click.prompt("密码", hide_input=True, confirmation_prompt="再输一遍"))


def _end_of(text: str) -> datetime:
    """The end of a day, given as a date or as ``90d`` from now. Raises AccountError, QueryError."""
    from kb.access.days import end_of

    try:
        if text.endswith("d") and text[:-1].isdigit():
            return datetime.now().astimezone() + timedelta(days=int(text[:-1]))
        last = datetime.strptime(text, "%Y-%m-%d").date()
    except (ValueError, OverflowError):
        raise AccountError(f"到期时间“{text}”看不懂，请写成 2027-03-31 或 90d。") from None
    return end_of(last)


def _rights(one: Account | ApiToken) -> tuple[str, str, str]:
    """Role, departments, and whether it may publish, in words."""
    owners = "全部" if one.owners is None else "、".join(sorted(one.owners))
    publishes = one.role.includes(Role.REVIEWER) or (one.role is Role.EDITOR and one.can_publish)
    return one.role.label, shown(owners), "可以" if publishes else "不可以"


def _day(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M}" if moment else "—"


def _account_document(account: Account) -> dict[str, Any]:
    return {
        "name": account.name,
        "display": account.display,
        **_rights_document(account),
        "disabled": account.disabled,
        "password": account.password_hash is not None,
        "identity": account.identity,
        "created": account.created.isoformat(timespec="seconds"),
        "last_login": _iso(account.last_login),
    }


def _token_document(one: ApiToken) -> dict[str, Any]:
    return {
        "name": one.name,
        **_rights_document(one),
        "created": one.created.isoformat(timespec="seconds"),
        "created_by": one.created_by,
        "expires": _iso(one.expires),
        "last_used": _iso(one.last_used),
    }


def _rights_document(one: Account | ApiToken) -> dict[str, Any]:
    owners = None if one.owners is None else sorted(one.owners)
    return {"role": one.role.value, "owners": owners, "can_publish": one.can_publish}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None


COMMANDS = (user, token, audit)
