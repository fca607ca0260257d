"""``/admin``: what administrators do there happens, and happens for nobody else."""

from __future__ import annotations

import csv
import re

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.model import Role
from kb.ports.accounts import AuditFilter
from kb.service import Service
from tests.unit.access_desk import BETTER, GOOD, ROOT, Clock, staffed
from tests.unit.forms import HERE, log_in, submit
from tests.unit.html_page import Page
from webui import create_app


@pytest.fixture
def staff(small: Settings) -> Service:
    return staffed(small, Clock())


@pytest.fixture
def boss(staff: Service) -> FlaskClient:
    """The administrator's browser."""
    client = create_app(staff).test_client()
    log_in(client, "boss", GOOD)
    return client


def page_of(client: FlaskClient, address: str = "/admin") -> Page:
    return Page(client.get(address).get_data(as_text=True))


ROUTES = [
    ("GET", "/admin"),
    ("GET", "/admin/audit"),
    ("GET", "/admin/audit/export?format=csv"),
    ("GET", "/admin/audit/export?format=jsonl"),
    ("POST", "/admin/users/add"),
    ("POST", "/admin/users/disable"),
    ("POST", "/admin/tokens/add"),
    ("POST", "/admin/tokens/revoke"),
]


@pytest.mark.parametrize(("method", "address"), ROUTES)
def test_nobody_else_gets_in(staff: Service, method: str, address: str) -> None:
    before = staff.access.accounts.all(ROOT), staff.access.tokens.all(ROOT)
    client = create_app(staff).test_client()
    form = {"name": "boss", "role": "admin", "password": BETTER}
    answer = client.get(address) if method == "GET" else submit(client, address, HERE, **form)
    assert answer.status_code == (302 if method == "GET" else 401)
    log_in(client, "小王", GOOD)
    editor = client.get(address) if method == "GET" else submit(client, address, HERE, **form)
    assert editor.status_code == 403
    assert "不能管理用户和系统" in editor.get_data(as_text=True)
    accounts, tokens = staff.access.accounts.all(ROOT), staff.access.tokens.all(ROOT)
    assert [(account.name, account.disabled) for account in accounts] == [(a.name, a.disabled) for a in before[0]]
    assert tokens == before[1]


def test_an_account_is_made_and_can_log_in(boss: FlaskClient, staff: Service) -> None:
    form = {
        "name": "小李",
        "display": "李雷",
        "password": BETTER,
        "role": "reviewer",
        "owners": "售后业务部， 物流部、",
    }
    answer = submit(boss, "/admin/users/add", HERE, **form)
    assert answer.status_code == 303
    assert "已添加账号" in page_of(boss, answer.location).text()
    account = staff.access.accounts.all(ROOT)[-2]
    assert (account.name, account.display, account.role) == ("小李", "李雷", Role.REVIEWER)
    assert account.owners == frozenset({"售后业务部", "物流部"})
    assert not account.can_publish, "the box was not ticked"
    assert log_in(create_app(staff).test_client(), "小李", BETTER).status_code == 303


def test_an_account_is_changed_disabled_enabled_and_reset(boss: FlaskClient, staff: Service) -> None:
    def account() -> tuple[Role, frozenset[str] | None, bool, bool]:
        one = staff.access.accounts.all(ROOT)[-1]
        return one.role, one.owners, one.can_publish, one.disabled

    submit(boss, "/admin/users/change", name="小王", role="agent", owners="", can_publish="on")
    assert account() == (Role.AGENT, None, True, False)
    submit(boss, "/admin/users/disable", name="小王")
    assert account()[3]
    assert "已停用" in page_of(boss).text()
    submit(boss, "/admin/users/enable", name="小王")
    submit(boss, "/admin/users/reset", name="小王", password=BETTER)
    assert not account()[3]
    assert log_in(create_app(staff).test_client(), "小王", BETTER).status_code == 303


@pytest.mark.parametrize(
    ("address", "form", "told"),
    [
        ("users/disable", {"name": "boss"}, "最后一个可用的管理员"),
        ("users/change", {"name": "boss", "role": "agent"}, "最后一个可用的管理员"),
        ("users/change", {"name": "boss", "role": "public"}, "role 只能是"),
        ("users/add", {"name": "a b", "role": "agent", "password": BETTER}, "名称只能用"),
        ("users/add", {"name": "neu", "role": "agent", "password": "short"}, "10 到 200"),
        ("users/explode", {"name": "boss"}, "没有这种操作"),
        ("tokens/add", {"name": "bot", "role": "agent", "expires": "2020-01-01"}, "已经过去"),
        ("tokens/add", {"name": "bot", "role": "agent", "expires": "soon"}, "expires 须是"),
        ("tokens/add", {"name": "bot", "role": "agent", "expires": "9999-12-31"}, "超出了日历的范围"),
        ("tokens/revoke", {"name": "bot"}, "没有名为“bot”的令牌"),
    ],
)
def test_what_can_not_be_done_is_said(boss: FlaskClient, address: str, form: dict[str, str], told: str) -> None:
    answer = submit(boss, f"/admin/{address}", HERE, **form)
    assert answer.status_code == 400
    assert told in Page(answer.get_data(as_text=True)).text()


def test_a_token_is_shown_once(boss: FlaskClient, staff: Service) -> None:
    answer = submit(boss, "/admin/tokens/add", name="工单系统", role="agent", expires="2099-12-31")
    (secret,) = re.findall(r"zhida_[\w-]{43}", answer.get_data(as_text=True))
    assert answer.headers["Cache-Control"] == "no-store"
    program = create_app(staff).test_client()
    bearer = {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/v1/me", headers=bearer).get_json()["name"] == "工单系统"
    text = boss.get("/admin").get_data(as_text=True)
    assert secret not in text
    assert "boss 签发" in text
    submit(boss, "/admin/tokens/revoke", name="工单系统")
    assert program.get("/api/v1/me", headers=bearer).status_code == 401


def test_the_audit_log_is_filtered_and_exported(boss: FlaskClient, staff: Service) -> None:
    submit(boss, "/admin/users/disable", name="小王")
    staff.access.audit.record(ROOT, "article.save", "=cmd()")
    only = page_of(boss, "/admin/audit?actor=boss&action=user.disable&since=2026-11-22&until=2026-11-22")
    cells = [tag.text for tag in only.find("td")]
    assert (cells[1:5], len(cells)) == (["boss", "网页", "停用账号", "小王"], 6)
    assert "没有符合条件的记录" in page_of(boss, "/admin/audit?until=2020-01-01").text()
    exported = boss.get("/admin/audit/export?format=csv&since=2026-11-22")
    assert exported.headers["Content-Disposition"] == 'attachment; filename="audit.csv"'
    targets = [row[4] for row in csv.reader(exported.get_data(as_text=True).splitlines())]
    assert "'=cmd()" in targets
    entries = staff.access.audit.entries(ROOT, AuditFilter())
    assert len(boss.get("/admin/audit/export?format=jsonl").get_data(as_text=True).splitlines()) == len(entries)


@pytest.mark.parametrize("query", ["since=yesterday", "since=20261122", "until=9999-12-31"])
def test_days_that_are_none_are_told(boss: FlaskClient, query: str) -> None:
    assert boss.get(f"/admin/audit?{query}").status_code == 400
    assert boss.get(f"/admin/audit/export?format=csv&{query}").status_code == 400


def test_a_long_log_has_pages(boss: FlaskClient, staff: Service) -> None:
    for number in range(150):
        staff.access.audit.record(ROOT, "article.save", f"a{number}")
    first = page_of(boss, "/admin/audit?actor=root")
    second = page_of(boss, first.link("较早的"))
    assert len(first.find("tr")) == 101
    assert len(second.find("tr")) == 53  # the two accounts were made by root, too
    assert page_of(boss, second.link("较新的")).find("tr")[1].text == first.find("tr")[1].text
