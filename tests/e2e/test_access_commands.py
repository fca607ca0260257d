"""``kb user``, ``kb token``, ``kb audit`` beside a running server."""

from __future__ import annotations

import csv
import json
import urllib.error
import urllib.request

import pytest

from tests.e2e.processes import Desk, Server, wait_until

PASSWORD = "correct horse battery"  # noqa: S105  # of a test


def add_user(desk: Desk, name: str, role: str, *options: str, password: str = PASSWORD) -> int:
    done = desk.run("user", "add", name, "--role", role, *options, "--password-stdin", input=f"{password}\n")
    return done.returncode


def who(server: Server, token: str) -> tuple[int, str]:
    """Status and name that the server has for a token."""
    request = urllib.request.Request(  # our own server
        f"{server.url}/api/v1/me", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.load(answer)["name"]
    except urllib.error.HTTPError as error:
        error.close()
        return error.code, ""


def test_accounts_are_made_listed_changed_and_disabled(desk: Desk) -> None:
    assert add_user(desk, "Boss", "admin") == 0
    assert add_user(desk, "小王", "editor", "--owner", "售后业务部", "--no-publish", "--display", "王芳") == 0
    boss, editor = desk.json("user", "list")["items"]
    assert (boss["name"], boss["role"], boss["owners"], boss["disabled"]) == ("boss", "admin", None, False)
    assert (editor["display"], editor["owners"], editor["can_publish"]) == ("王芳", ["售后业务部"], False)
    assert desk.run("user", "change", "小王", "--role", "reviewer").returncode == 0
    assert desk.run("user", "disable", "小王").returncode == 0
    editor = desk.json("user", "list")["items"][1]
    assert (editor["role"], editor["owners"], editor["disabled"]) == ("reviewer", None, True)
    assert "王芳" in desk.run("user", "list").stdout
    assert desk.run("user", "enable", "小王").returncode == 0
    assert desk.run("user", "reset", "小王", "--password-stdin", input="another long password").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["user", "disable", "boss"], "最后一个可用的管理员"),
        (["user", "change", "boss", "--role", "agent"], "最后一个可用的管理员"),
        (["user", "disable", "nobody"], "没有名为“nobody”的账号"),
        (["user", "reset", "boss", "--password-stdin"], "10 到 200 个字符"),
        (["user", "add", "boss", "--role", "agent", "--password-stdin"], "10 到 200 个字符"),
        (["user", "add", "new", "--role", "agent"], "--password-stdin"),
        (["user", "add", "a b", "--role", "agent", "--password-stdin"], "名称只能用"),
        (["user", "add", "new", "--role", "public", "--password-stdin"], "--role"),
        (["user", "change", "boss", "--role", "admin", "--owner", ""], "缺少部门名称"),
        (["user", "change", "boss", "--role", "admin", "--owner", "\udcff"], "不是 UTF-8"),
        (["user", "change", "boss", "--role", "admin", "--display", "\udcff"], "不是 UTF-8"),
        (["audit", "--since", "0001-01-01"], "超出了日历的范围"),
        (["token", "add", "bot", "--role", "agent", "--expires", "soon"], "看不懂"),
        (["token", "add", "bot", "--role", "agent", "--expires", "2020-01-01"], "已经过去"),
        (["token", "add", "bot", "--role", "agent", "--expires", "9999-12-31"], "超出了日历的范围"),
        (["token", "revoke", "bot"], "没有名为“bot”的令牌"),
    ],
)
def test_what_can_not_be_done_is_said(desk: Desk, arguments: list[str], told: str) -> None:
    assert add_user(desk, "boss", "admin") == 0
    done = desk.run(*arguments, input="short\n")
    assert done.returncode == 2
    assert told in done.stderr


def test_a_token_is_printed_once_and_ends_at_once(desk: Desk) -> None:
    desk.json("index")
    with desk.serve() as server:
        printed = desk.run("token", "add", "Bot", "--role", "editor", "--owner", "售后业务部", "--expires", "90d")
        token = printed.stdout.strip()
        assert token.startswith("zhida_")
        assert who(server, token) == (200, "bot")
        (listed,) = desk.json("token", "list")["items"]
        assert listed["last_used"] is not None
        assert token not in json.dumps(listed)
        assert desk.run("token", "revoke", "bot").returncode == 0
        wait_until(lambda: who(server, token)[0] == 401, seconds=5)
    assert desk.json("token", "add", "bot", "--role", "agent", "--expires", "2099-12-31")["expires"].startswith(
        "2100-01"
    )


def test_what_was_done_is_listed_and_exported(desk: Desk) -> None:
    add_user(desk, "boss", "admin")
    desk.run("token", "add", "bot", "--role", "agent")
    lines = [json.loads(line) for line in desk.run("audit", "--format", "jsonl").stdout.splitlines()]
    assert [(line["action"], line["target"], line["via"]) for line in lines] == [
        ("token.add", "bot", "local"),
        ("user.add", "boss", "local"),
    ]
    table = desk.run("audit", "--format", "csv").stdout
    assert table.startswith("\ufeff")
    assert [row[3] for row in csv.reader(table.removeprefix("\ufeff").splitlines())] == [
        "action",
        "token.add",
        "user.add",
    ]
    assert "添加账号" in desk.run("audit").stdout
    assert desk.run("audit", "--since", "2099-01-01", "--format", "jsonl").stdout == ""
    assert PASSWORD not in table


def test_the_first_server_says_how_to_begin(desk: Desk) -> None:
    desk.json("index")
    with desk.serve() as server:
        pass
    assert f"kb --data {desk.data} user add 登录名 --role admin" in server.errors
    add_user(desk, "boss", "admin")
    with desk.serve() as server:
        pass
    assert "还没有管理员" not in server.errors
