"""The weekly report tells what was: snapshots made then equal what the history tells later, changes are told by what
agents saw, files keep their promises.
"""

from __future__ import annotations

import csv
import io
import random
import re
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from statistics import median
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook

from kb.errors import QueryError
from kb.model import State
from kb.ports.events import Event
from kb.reports import files
from kb.rules.freshness import assess
from kb.rules.weeks import Week
from kb.shapes.reports import WeeklyReport
from tests.callers import OPERATOR
from tests.unit.past_house import FOLDERS, PastHouse
from webui.report_file import to_html

SHANGHAI = ZoneInfo("Asia/Shanghai")
WEEK = Week.parse("2026-W40")
MONDAY = WEEK.start(SHANGHAI)
WEDNESDAY = MONDAY + timedelta(days=2, hours=10)
BEFORE = MONDAY - timedelta(days=3)
AFTER = WEEK.end(SHANGHAI) + timedelta(hours=1)
#: more than there are in the panel, so that it matters which are
MANY = 215


@pytest.fixture
def house(tmp_path: Path) -> PastHouse:
    """It has one article since the week before."""
    house = PastHouse(tmp_path, BEFORE)
    house.write("old", f"updated: {house.day}", f"verified: {house.day}")
    house.at = WEDNESDAY
    return house


def ended(house: PastHouse) -> WeeklyReport:
    """The report of the week when it is over."""
    house.at = AFTER
    return house.reports.report(WEEK)


# --- a snapshot is what was, and what the history tells


def act(house: PastHouse, dice: random.Random, ids: list[str]) -> None:
    """One thing that somebody does."""
    article_id = dice.choice(ids)
    if house.catalog.get(article_id) is None:
        house.write(article_id, f"created: {house.day}", f"updated: {house.day}", folder=dice.choice(list(FOLDERS)))
        return
    what = dice.choices(["use", "confirm", "edit", "archive", "remove"], [12, 6, 4, 1, 1])[0]
    if what == "use":
        house.use(dice.choice(["view", "copy", "helpful"]), article_id, dice.randint(1, 4), stale=dice.random() < 0.3)
    elif what == "confirm":
        house.confirm(article_id)
    elif what == "remove":
        house.remove(article_id)
    else:
        folder = house.writing.standing(article_id).record.path.partition("/")[0]
        lines = [f"updated: {house.day}", f"status: {'archived' if what == 'archive' else 'published'}"]
        if dice.random() < 0.3:
            lines.append(f"valid_to: {(house.at + timedelta(days=dice.randint(-20, 20))).date()}")
        house.write(article_id, *lines, says=f"您好，{house.at}。", folder=folder)


def seen_live(house: PastHouse, week: Week) -> dict[str, object]:
    """What the house itself says in the last moment of the week, without any history."""
    top = house.top()
    published = [r.article for r in house.catalog.records() if r.article.status == "published"]
    judged = [(a, assess(a, house.policy, week.sunday, a.id in top)) for a in published]
    days = [(week.sunday - a.verified).days for a in published if a.verified]
    counts = Counter(freshness.state for _, freshness in judged)
    exposure = house.events.totals(house.at - timedelta(days=28))
    late = [article.id for article, freshness in judged if freshness.days_overdue > 0]
    return {
        "states": {state.value: counts[state] for state in State},
        "articles": len(published),
        "waiting": len(published) - counts[State.FRESH],
        "overdue": len(late),
        "exposure": sum(exposure.get(i, {}).get(kind, 0) for i in late for kind in ("view", "copy")),
        "median": median(days) if days else None,
        "top": len(top),
        "verified": sum(a.verified is not None and a.verified >= week.monday for a in published if a.id in top),
        "owners": dict(Counter(article.owner for article in published)),
    }


def told(report: WeeklyReport) -> dict[str, object]:
    """The same, from a report."""
    figures = report["figures"]
    return {
        "states": figures["states"],
        "articles": figures["articles"],
        "waiting": figures["backlog"]["waiting"],
        "overdue": figures["backlog"]["overdue"],
        "exposure": figures["backlog"]["overdue_exposure"],
        "median": figures["median_days"],
        "top": figures["top"]["articles"],
        "verified": figures["top"]["verified"],
        "owners": {row["owner"]: row["articles"] for row in report["owners"] if row["articles"]},
    }


def test_a_snapshot_is_what_was_and_what_history_tells(tmp_path: Path) -> None:
    dice = random.Random(20261116)
    house = PastHouse(tmp_path, MONDAY + timedelta(hours=9))
    ids = [f"a-{number:03}" for number in range(MANY)]
    for number, article_id in enumerate(ids):
        verified = (house.at - timedelta(days=number % 45)).date()
        lines = [f"verified: {verified}"] if number % 5 else []
        house.write(article_id, f"created: {verified}", f"updated: {verified}", *lines)
    week, live = WEEK, {}
    for _ in range(3):
        moments = sorted(dice.sample(range(10 * 60, 7 * 24 * 60 - 1), 25))
        for minute in moments:
            house.at = week.start(SHANGHAI) + timedelta(minutes=minute, microseconds=dice.randrange(10**6))
            act(house, dice, ids)
        house.at = week.end(SHANGHAI) - timedelta(milliseconds=1)
        live[week] = seen_live(house, week)
        house.at = week.end(SHANGHAI) + timedelta(hours=1)
        assert house.reports.store_ended() == 1
        week = week.next()

    reports = house.reports
    for past, seen in live.items():
        stored = reports.report(past)
        assert told(stored) == seen
        assert {**reports.computed(past), "names": True, "trend": stored["trend"]} == stored
        assert stored["figures"]["articles"] == sum(row["articles"] for row in stored["owners"])
        assert sum(stored["figures"]["reviews"].values()) == sum(row["reviews"] for row in stored["owners"])  # type: ignore[arg-type]
    trend = reports.report(week)["trend"]
    assert [row["week"] for row in trend] == [str(WEEK), str(WEEK.next()), str(WEEK.next().next()), str(week)]
    assert trend[:3] == [reports.computed(past)["figures"] for past in live]


@pytest.mark.parametrize("damage", ["figures = '{'", "report = CAST(X'ff' AS TEXT)", "figures = '[]'"])
def test_a_damaged_snapshot_is_made_anew(house: PastHouse, damage: str) -> None:
    report = ended(house)
    with house.database.write() as db:
        db.execute(f"UPDATE weekly_snapshots SET {damage}")  # noqa: S608  # the test's own
    assert house.reports.report(WEEK) == report
    assert house.snapshots.get(str(WEEK)) is not None
    with house.database.write() as db:
        db.execute(f"UPDATE weekly_snapshots SET {damage}")  # noqa: S608  # the test's own
    assert house.reports.report(WEEK.next())["week"] == str(WEEK.next()), "a trend has one week less"


# --- when it is made, and how often


def test_a_report_is_stored_ten_minutes_after_the_week(house: PastHouse) -> None:
    house.at = WEEK.end(SHANGHAI) + timedelta(minutes=9)
    house.reports.report(WEEK)
    assert house.reports.store_ended() == 1  # the week before
    assert house.snapshots.get(str(WEEK)) is None
    house.at += timedelta(minutes=1)
    assert house.reports.store_ended() == 1
    assert house.reports.store_ended() == 0


def test_after_a_long_night_all_that_was_missed_is_made(house: PastHouse) -> None:
    house.at = AFTER + timedelta(weeks=3)
    assert house.reports.store_ended() == 5
    assert len(house.reports.report()["trend"]) == 6


def test_what_is_stored_stays(house: PastHouse) -> None:
    first = ended(house)
    house.events.record(Event(WEDNESDAY, "copy", "old"))  # from a log that was found later
    assert house.reports.computed(WEEK)["figures"] != first["figures"]
    assert house.reports.report(WEEK) == first


def test_of_many_who_make_it_at_once_one_is_kept(house: PastHouse) -> None:
    house.at = AFTER
    made = []
    start = threading.Barrier(4)

    def make() -> None:
        start.wait()
        house.reports.store_ended()
        made.append(house.reports.report(WEEK))

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [made[0]] * 4
    with house.database.read() as db:
        assert [row[0] for row in db.execute("SELECT week FROM weekly_snapshots")] == ["2026-W39", "2026-W40"]


def test_weeks_ahead_and_before_the_history_are_told(house: PastHouse) -> None:
    with pytest.raises(QueryError, match="2026-W41 还没有到；现在是 2026-W40"):
        house.reports.report(WEEK.next())
    with pytest.raises(QueryError, match="2026-W39"):
        house.reports.report(WEEK.previous().previous())


def test_before_anything_is_known_the_running_week_is_empty(tmp_path: Path) -> None:
    house = PastHouse(tmp_path, WEDNESDAY)
    report = house.reports.report()
    assert report["figures"]["articles"] == 0
    assert report["notes"] == ["还没有任何历史记录，这一周的改动看不到。"]
    assert house.reports.store_ended() == 0
    assert "2026-W40" in files.to_markdown(report)


def test_where_history_begins_within_the_week_that_is_said_and_nothing_is_new(tmp_path: Path) -> None:
    house = PastHouse(tmp_path, WEDNESDAY)
    house.write("there-already")
    house.at += timedelta(hours=1)
    house.write("truly-new")
    report = ended(house)
    assert report["notes"] == ["历史从 2026-09-30 10:00 开始，这一周在那之前的改动没有留底。"]
    assert [row["id"] for row in report["changed"]] == ["truly-new"]
    assert report["figures"]["articles"] == 2


def test_the_running_week_is_computed_once_a_minute(house: PastHouse) -> None:
    reports = house.reports
    first = reports.report()
    house.write("new")
    assert reports.report() == first
    house.at += timedelta(minutes=1)
    assert reports.report()["figures"]["articles"] == 2
    house.at -= timedelta(days=1)  # the clock was set back
    assert reports.report()["figures"]["articles"] == 1


def test_a_year_is_read_with_as_few_queries_as_a_week(house: PastHouse) -> None:
    def queries(week: Week) -> int:
        asked: list[str] = []
        with house.database.read() as db:
            db.conn.set_trace_callback(asked.append)
            house.reports.report(week)
            db.conn.set_trace_callback(None)
        return len(asked)

    house.at = AFTER + timedelta(weeks=40)
    house.reports.store_ended()
    last = house.reports.current_week().previous()
    assert len(house.reports.report(last)["trend"]) == 42
    assert queries(last) == queries(WEEK) < 10


def test_use_that_was_forgotten_is_told(house: PastHouse) -> None:
    house.at = AFTER + timedelta(days=181)
    assert "使用记录只保留 180 天" in house.reports.report(WEEK)["notes"][0]


# --- what is told


def test_what_changed_is_what_agents_saw(house: PastHouse) -> None:
    house.at = BEFORE
    for article_id in ("edited", "archived", "deleted", "withdrawn", "confirmed", "renamed", "draft"):
        house.write(article_id, *(["status: draft"] if article_id == "draft" else []))
    house.write("back", "status: archived")
    house.at = WEDNESDAY
    house.write("edited", says="三天内退款。", by="王芳")
    house.write("edited", says="五天内退款。", by="李雷")
    house.write("archived", "status: archived")
    house.remove("deleted")
    house.write("withdrawn", "status: draft")
    house.confirm("confirmed")
    house.write("back")
    house.write("new", by="")
    house.write("draft", "status: draft", says="还没写完。")
    house.write("short-lived")
    house.remove("short-lived")
    report = ended(house)
    assert [(row["id"], row["change"]) for row in report["changed"]] == [
        ("new", "new"),
        ("edited", "changed"),
        ("back", "restored"),
        ("archived", "archived"),
        ("withdrawn", "withdrawn"),
        ("deleted", "deleted"),
    ]
    assert report["figures"]["changes"] == dict.fromkeys(report["figures"]["changes"], 1)
    edited = next(row for row in report["changed"] if row["id"] == "edited")
    assert (edited["edits"], edited["authors"]) == (2, ["李雷", "王芳"])
    assert report["figures"]["reviews"] == {"confirm": 1, "revise": 0, "archive": 0}
    assert report["reviewers"] == [{"user": "李雷", "reviews": {"confirm": 1, "revise": 0, "archive": 0}}]


def test_an_article_with_another_id_is_the_same_article(house: PastHouse) -> None:
    house.use("copy", "old", 3)
    standing = house.writing.standing("old")
    source = standing.file.source.replace("id: old", "id: newer\nformer_ids: [old]")
    version, _ = house.writing.article("newer", standing.record.path, source)
    house.writing.save(version, standing.file.revision, house.writing.edit(OPERATOR, "rename", ""))
    house.use("copy", "newer", stale=True)
    report = ended(house)
    assert [(row["id"], row["change"]) for row in report["changed"]] == [("newer", "changed")]
    (used,) = report["most_used"]
    assert (used["id"], used["title"], used["owner"], used["copies"]) == ("newer", "关于old的问题", "交易业务部", 4)
    assert [(row["id"], row["copies"]) for row in report["copied_stale"]] == [("newer", 1)]


def test_copies_of_stale_answers_are_told_with_the_article(house: PastHouse) -> None:
    house.use("copy", "old", 2)
    house.use("copy", "old", 3, stale=True)
    house.use("view", "old", 4)
    house.at = WEEK.end(SHANGHAI)  # not in it any more
    house.use("copy", "old", 9, stale=True)
    report = ended(house)
    assert [(row["id"], row["copies"], row["views"]) for row in report["copied_stale"]] == [("old", 3, 4)]
    assert [(row["id"], row["copies"]) for row in report["most_used"]] == [("old", 5)]
    use = report["figures"]["use"]
    assert (use["copies"], use["copied_stale"], use["views"]) == (5, 3, 4)


def test_a_verification_that_lies_ahead_counts_as_todays(house: PastHouse) -> None:
    house.write("ahead", "verified: 2026-12-01")
    house.remove("old")
    assert ended(house)["figures"]["median_days"] == 0


# --- as files


@pytest.fixture
def report(house: PastHouse) -> WeeklyReport:
    """Of a week with a title that a spreadsheet would run and a page would obey."""
    house.write("formula", "owner: =HYPERLINK(1)", "created: 2026-09-01", says="<script>alert(1)</script>", by="@admin")
    house.use("copy", "formula", 2, stale=True)
    return ended(house)


def test_spreadsheets_run_nothing(report: WeeklyReport) -> None:
    rows = list(csv.reader(io.StringIO(files.to_csv(report).decode("utf-8-sig"))))
    book = load_workbook(io.BytesIO(files.to_xlsx(report)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert "'=HYPERLINK(1)" in {cell.value for cell in cells} & {text for row in rows for text in row}
    assert not [text for row in rows for text in row if text[:1] in "=+@" and text]
    numbers = {row[0].value: row[1].value for row in book["本周概要"].iter_rows(max_row=22)}
    assert (numbers["发布中的条目"], numbers["过期后仍被复制（次）"]) == (2, 2)


def test_the_page_to_mail_needs_nothing_else(report: WeeklyReport) -> None:
    page = to_html(report)
    assert not re.search(r"<script|<link|<img|@import|url\(|(?:src|href)=", page)
    assert "default-src 'none'" in page
    assert "=HYPERLINK(1)的时效构成" in page
    assert page.count("<svg") > 5


def test_markdown_keeps_its_columns(house: PastHouse) -> None:
    house.write("pipe", "owner: '甲|乙<b>'")
    lines = files.to_markdown(ended(house)).splitlines()
    (row,) = [line for line in lines if line.startswith("| 甲")]
    assert row.startswith("| 甲\\|乙\\<b\\> | 1 |")
    assert len(re.findall(r"(?<!\\)\|", row)) == 13


def test_who_may_not_know_names_gets_none(report: WeeklyReport) -> None:
    nameless: WeeklyReport = {**report, "names": False, "reviewers": []}
    assert "按审核人" not in files.to_markdown(nameless)
    assert "@admin" not in to_html(nameless)
    assert "@admin" in to_html(report)
