"""The review screen without JavaScript: the list and its filters, verdicts, what they meet, several at once, owners."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from flask.testing import FlaskClient

from kb.config import Settings
from kb.model import Role, Signal, SignalKind
from kb.review.queue import ReviewQueue
from kb.rules.freshness import Policy
from kb.service import Service
from kb.store.database import Database
from kb.store.events import EventLog
from tests.callers import ANYBODY, OPERATOR
from tests.unit.access_desk import GOOD, ROOT
from tests.unit.article_tree import write
from tests.unit.forms import HERE, csrf_token, submit
from tests.unit.html_page import Page
from tests.unit.review_shop import Against
from tests.unit.signed_in import DEPARTMENT, browser_of, with_people
from tests.unit.test_webui_history import page

STALE = """\
---
id: {id}
title: {title}
updated: 2026-01-05
verified: 2026-01-10
verified_by: old-hand
---
## 标准话术
48 小时内退。
## 处理步骤
1. 查物流。
"""


@pytest.fixture
def service(small: Settings) -> Service:
    """Three stale articles of DEPARTMENT, one of them read most, one of 支付业务部; 陈静 reviews for DEPARTMENT."""
    for article_id, title in (("late", "退款晚到"), ("half", "退一半"), ("twice", "重复退款")):
        write(small.articles, f"mall/refund/{article_id}.md", STALE.format(id=article_id, title=title))
    write(small.articles, "pay/_index.md", "---\ntitle: 支付\nowner: 支付业务部\n---\n")
    write(small.articles, "pay/card/_index.md", "---\ntitle: 银行卡\n---\n")
    write(small.articles, "pay/card/card.md", STALE.format(id="card", title="换银行卡").replace("updated", "valid_to"))
    service = with_people(small)
    service.access.accounts.add(ROOT, "陈静", Role.REVIEWER, GOOD, owners=frozenset({DEPARTMENT}))
    for _ in range(3):
        service.desk(ANYBODY).record_event("copy", "twice")
    service.desk(ANYBODY).record_event("view", "half")
    service.system.queue.forget()  # use is counted again after a while
    return service


@pytest.fixture
def reviewer(service: Service) -> FlaskClient:
    return browser_of(service, "陈静")


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/twice.md"


def listed(client: FlaskClient, address: str = "/review") -> list[str]:
    return titles(page(client, address))


def titles(shown: Page) -> list[str]:
    return [tag.text for tag in shown.find("a", "name")]


def value(shown: Page, name: str) -> str:
    return next(tag.get("value") for tag in shown.find("input") if tag.get("name") == name)


def act(client: FlaskClient, shown: Page, article_id: str, **fields: str) -> tuple[int, Page]:
    """Send a form of the detail; the page that it leads to."""
    action = next(
        tag.get("action") for tag in shown.find("form") if tag.get("action").startswith(f"/review/{article_id}")
    )
    fields = {"revision": value(shown, "revision"), "next": value(shown, "next"), **fields}
    answer = submit(client, action, HERE, **fields)
    if answer.status_code == 303:
        return 303, page(client, answer.location)
    return answer.status_code, Page(answer.get_data(as_text=True))


def test_the_riskiest_comes_first_with_its_reasons_in_words(reviewer: FlaskClient) -> None:
    shown = page(reviewer, "/review")
    assert titles(shown)[:2] == ["重复退款", "退一半"]
    row = shown.find("li", "queue-row")[0].text
    assert "网上商城 › 退款与退货 · 售后业务部" in row
    assert "待复核" in row
    assert "已超" in row
    assert "近 28 天看和复制 3 次" in row


def test_filters_stand_in_the_address_and_are_kept_by_every_link(reviewer: FlaskClient) -> None:
    assert listed(reviewer, "/review?owner=支付业务部") == ["换银行卡"]
    assert listed(reviewer, "/review?product=pay") == ["换银行卡"]
    assert listed(reviewer, "/review?state=expired") == ["换银行卡"]
    shown = page(reviewer, f"/review?owner={DEPARTMENT}&state=stale")
    assert set(titles(shown)) == {"重复退款", "退一半", "退款晚到"}
    asked = parse_qs(urlsplit(shown.link("重复退款")).query)
    assert asked == {"owner": [DEPARTMENT], "state": ["stale"], "open": ["twice"]}
    assert f"{DEPARTMENT}（3）" in shown.text()
    assert reviewer.get("/review?state=rotten").status_code == 400
    assert reviewer.get("/review?owner=没有这个部门").status_code == 400


def test_an_opened_article_shows_what_was_changed_since_its_review(
    reviewer: FlaskClient, service: Service, file: Path
) -> None:
    file.write_text(file.read_text("utf-8").replace("48 小时", "72 小时").replace("2026-01-05", "2026-11-01"), "utf-8")
    service.index()
    shown = page(reviewer, "/review?open=twice")
    assert [tag.text for name in ("del", "ins") for tag in shown.find(name)] == ["48", "72"]
    assert "1. 查物流。" in file.read_text("utf-8")
    assert "查物流。" in shown.text()
    assert "2026-11-01 修改后尚未审核" in shown.text()
    alone = page(reviewer, "/review/twice")
    assert shown.find("section", "detail")[0].text == alone.find("section", "detail")[0].text


def test_a_confirmation_leads_to_the_next_row_and_is_taken_back(reviewer: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    shown = page(reviewer, f"/review?owner={DEPARTMENT}&open=twice")
    status, shown = act(reviewer, shown, "twice", verdict="confirm")
    assert status == 303
    assert b"verified_by: \xe9\x99\x88\xe9\x9d\x99" in file.read_bytes()
    assert "已确认有效《重复退款》" in shown.text()
    assert "本周已审核 1 条" in shown.text()
    assert "重复退款" not in titles(shown)
    assert shown.find("h2")[0].text == "退一半"  # the next one, opened
    undo = next(tag.get("action") for tag in shown.find("form") if tag.get("action").startswith("/review/undo"))
    answer = submit(reviewer, undo, HERE, review=value(shown, "review"))
    again = page(reviewer, answer.location)
    assert titles(again)[0] == again.find("h2")[0].text == "重复退款"
    assert file.read_bytes() == before


def test_sent_back_with_a_note_that_its_owner_reads(reviewer: FlaskClient, service: Service, file: Path) -> None:
    before = file.read_bytes()
    shown = page(reviewer, "/review?open=twice")
    status, refused = act(reviewer, shown, "twice", verdict="revise", note=" ")
    assert status == 400
    assert "要写明哪里需要改" in refused.text()
    assert act(reviewer, shown, "twice", verdict="revise", note="48 小时改成 72 小时了")[0] == 303
    assert file.read_bytes() == before
    owner = browser_of(service, "王芳")
    mine = page(owner, "/review?mine")
    assert "48 小时改成 72 小时了" in mine.text()
    assert "1 条等你修改" in mine.text()
    assert mine.link("去修改") == "/edit/twice"
    assert "陈静" in page(owner, "/edit/twice").text()
    assert "退回：48 小时改成 72 小时了" in page(owner, "/edit/twice").text()
    assert "退回给我的 1" in page(owner, "/").text("nav")
    file.write_text(file.read_text("utf-8").replace("48", "72"), "utf-8")
    service.index()
    assert "已修改，等复审" in page(owner, "/review?mine").text()
    assert "没有等你修改的" in page(browser_of(service, "李雷"), "/review?mine").text()
    assert "48 小时改成 72 小时了" in page(reviewer, "/review?open=twice").find("section", "detail")[0].text


def test_archived_and_brought_back(reviewer: FlaskClient, file: Path) -> None:
    before = file.read_bytes()
    status, shown = act(reviewer, page(reviewer, "/review?open=twice"), "twice", verdict="archive", note="活动结束")
    assert status == 303
    assert b"status: archived" in file.read_bytes()
    assert "已归档《重复退款》" in shown.text()
    submit(reviewer, "/review/undo", HERE, review=value(shown, "review"))
    assert file.read_bytes() == before


def test_what_others_changed_meanwhile_is_shown_and_nothing_is_lost(
    reviewer: FlaskClient, service: Service, file: Path
) -> None:
    shown = page(reviewer, "/review?open=twice")
    file.write_text(file.read_text("utf-8").replace("48 小时", "72 小时"), "utf-8")
    service.index()
    status, conflict = act(reviewer, shown, "twice", verdict="revise", note="应是 72 小时")
    assert status == 409
    assert "在你打开之后改过" in conflict.text()
    assert [tag.text for tag in conflict.find("del")][:1] == ["48"]
    assert "应是 72 小时" in [tag.text for tag in conflict.find("textarea")]
    assert act(reviewer, conflict, "twice", verdict="confirm")[0] == 303
    assert b"72 " in file.read_bytes()


def test_what_is_archived_by_now_needs_no_verdict(reviewer: FlaskClient, service: Service, file: Path) -> None:
    shown = page(reviewer, "/review?open=twice")
    file.write_text(file.read_text("utf-8").replace("id: twice", "id: twice\nstatus: archived"), "utf-8")
    service.index()
    status, told = act(reviewer, shown, "twice", verdict="confirm")
    assert status == 409
    assert "已经归档" in told.text()
    assert "退一半" in titles(told)


def test_several_are_confirmed_after_a_look_at_who_is_left_out(
    reviewer: FlaskClient, service: Service, small: Settings
) -> None:
    write(small.articles, "mall/refund/half.md", STALE.format(id="half", title="退一半").replace("updated", "valid_to"))
    service.index()
    answer = submit(reviewer, "/review/bulk?state=stale", HERE, id=["twice", "late", "half", "card", "gone"])  # type: ignore[arg-type]
    guard = Page(answer.get_data(as_text=True))
    assert [tag.text for tag in guard.find("h2")][:2] == ["将确认 2 条", "3 条不在内，要逐条看"]
    assert "没有批量确认：已失效" in guard.text()
    assert "属于“支付业务部”" in guard.text()
    seen = [tag.get("value") for tag in guard.find("input") if tag.get("name") == "seen"]
    write(small.articles, "mall/refund/late.md", STALE.format(id="late", title="退款晚到了"))
    service.index()
    answer = submit(reviewer, "/review/bulk?state=stale", HERE, seen=seen, action="confirm")  # type: ignore[arg-type]
    told = Page(answer.get_data(as_text=True))
    assert "已确认 1 条，1 条没有确认" in told.text()
    assert "重复退款" not in listed(reviewer)
    undone = submit(reviewer, "/review/undo?state=stale", HERE, review=value(told, "review"))
    assert "重复退款" in listed(reviewer, undone.location)


def revision(service: Service, article_id: str) -> str:
    return service.desk(OPERATOR).article(article_id)[0].revision


@pytest.mark.parametrize("fields", [{}, {"action": "confirm"}, {"action": "confirm", "seen": "twice"}])
def test_nothing_chosen_is_said(reviewer: FlaskClient, fields: dict[str, str]) -> None:
    answer = submit(reviewer, "/review/bulk", HERE, **fields)
    assert answer.status_code == 400
    assert "勾选" in answer.get_data(as_text=True)


def test_a_budget_gives_a_list_that_stays_as_it_is(reviewer: FlaskClient) -> None:
    shown = page(reviewer, "/review?minutes=2")
    assert titles(shown) == ["重复退款", "退一半"]
    assert "这 2 条覆盖你的部门逾期曝光的 100%，约 2 分钟。" in shown.text()
    assert "换银行卡" not in listed(reviewer, "/review?minutes=240"), "another department's"
    assert "换银行卡" in listed(reviewer, "/review?minutes=240&owner=支付业务部")
    address = shown.link("重复退款")
    assert parse_qs(urlsplit(address).query)["only"] == ["twice,half"]
    _, after = act(reviewer, page(reviewer, address), "twice", verdict="confirm")
    assert titles(after) == ["退一半"]
    assert set(listed(reviewer, after.link("看全部"))) > {"退一半", "退款晚到"}
    _, done = act(reviewer, page(reviewer, after.link("退一半")), "half", verdict="confirm")
    assert "这份清单里没有要复核的了" in done.text()
    assert "0 条约" not in done.text()
    assert reviewer.get("/review?minutes=241").status_code == 400


def test_programs_of_the_page_get_json(reviewer: FlaskClient, service: Service) -> None:
    headers = {**HERE, "Accept": "application/json", "X-CSRF-Token": csrf_token(reviewer)}
    form = {"verdict": "confirm", "revision": revision(service, "twice")}
    told = reviewer.post("/review/twice", data=form, headers=headers).get_json()
    assert told["said"] == "已确认有效《重复退款》"
    assert told["progress"]["done"] == 1
    undone = reviewer.post("/review/undo", data={"review": told["review"]}, headers=headers).get_json()
    assert undone["progress"]["done"] == 0
    again = reviewer.post("/review/undo", data={"review": told["review"]}, headers=headers)
    assert (again.status_code, again.mimetype) == (409, "text/html")


def test_who_sees_what(service: Service) -> None:
    for name in ("", "王芳", "李雷"):  # an anonymous agent, editors
        shown = page(browser_of(service, name), "/review?open=twice")
        assert "重复退款" in titles(shown)
        assert not [tag for tag in shown.find("button") if tag.get("name") == "verdict"]
        assert not [tag for tag in shown.find("input") if tag.get("name") == "id"]
    ours, others = (page(browser_of(service, "陈静"), f"/review?open={which}") for which in ("twice", "card"))
    assert [tag for tag in ours.find("button") if tag.get("name") == "verdict"]
    assert not [tag for tag in others.find("button") if tag.get("name") == "verdict"]
    assert {tag.get("value") for tag in ours.find("input") if tag.get("name") == "id"} == {"twice", "half", "late"}
    assert page(browser_of(service, "陈静"), "/a/twice").link("在复核清单里看") == "/review?open=twice"


def test_the_menu_says_how_many_wait_once_somebody_has_looked(service: Service, reviewer: FlaskClient) -> None:
    assert unquote(page(reviewer, "/").link("复核清单")) == f"/review?owner={DEPARTMENT}"
    assert page(browser_of(service, "boss"), "/").link("复核清单") == "/review"
    page(reviewer, "/review")
    assert "复核清单 3" in page(reviewer, "/").text("nav")
    assert "复核清单 3" not in page(browser_of(service, "王芳"), "/").text("nav")


def test_every_reason_comes_with_its_evidence(service: Service) -> None:
    against, system = Against(), service.system
    queue = ReviewQueue(system.catalog, EventLog(Database(system.articles.parent / "data/zhida.db")), Policy(), against)
    votes = Signal(SignalKind.OUTDATED, "2 人说内容过时", date(2026, 11, 1), ("页面写 72 小时", "<b>金额也变了"))
    against.signals = {"refund-not-received": (votes,)}
    reviewer = browser_of(Service(replace(system, queue=queue, access=service.access)), "陈静")
    shown = page(reviewer, "/review?signal=outdated&open=refund-not-received")
    assert titles(shown) == ["未收到货退款"]
    row, detail = shown.find("li", "queue-row")[0].text, shown.find("section", "detail")[0]
    assert "有疑问" in row
    assert "2 人说内容过时" in row
    assert [tag.text for tag in shown.find("ul", "evidence")] == ["页面写 72 小时<b>金额也变了"]
    assert "2026-11-01 起" in detail.text
    guard = submit(reviewer, "/review/bulk", HERE, id="refund-not-received").get_data(as_text=True)
    assert "1 条不在内" in guard
    assert "没有批量确认：2 人说内容过时" in guard


def test_a_page_costs_the_same_statements_however_many_wait(
    reviewer: FlaskClient, service: Service, small: Settings
) -> None:
    def statements() -> int:
        said: list[str] = []
        service.system.queue.forget()  # use is counted within, whenever that was done last
        with service.system.reviews._database.read() as db:  # type: ignore[attr-defined]  # the connection of this thread
            db.conn.set_trace_callback(said.append)
            page(reviewer, "/review?open=twice")
            db.conn.set_trace_callback(None)
        return len(said)

    def send_back(article_id: str) -> None:
        fields = {"verdict": "revise", "note": "不对", "revision": revision(service, article_id)}
        assert submit(reviewer, f"/review/{article_id}", HERE, **fields).status_code == 303

    send_back("twice")
    page(reviewer, "/review")
    few = statements()
    for number in range(20):
        write(small.articles, f"mall/refund/more{number}.md", STALE.format(id=f"more{number}", title=f"又一条{number}"))
    service.index()
    for number in range(3):
        send_back(f"more{number}")
    assert len(listed(reviewer)) > 20
    assert statements() == few


def test_an_article_that_is_gone_is_no_trouble(reviewer: FlaskClient) -> None:
    assert listed(reviewer, "/review?open=never-was")
    assert reviewer.get("/review/never-was").status_code == 404


def test_a_list_that_no_worklist_is_as_long_as_is_refused(reviewer: FlaskClient) -> None:
    """Every link of the page would repeat it."""
    answer = reviewer.get("/review?only=" + "a," * 20_000)
    assert answer.status_code == 400
    assert len(answer.data) < 20_000
