"""What calendars and feed readers are told, read with libraries that other people wrote for them."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from typing import Any

import feedparser
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from kb.model import Article, Interval, Signal, SignalKind, State
from kb.review.feed_files import to_atom, to_icalendar
from kb.review.feeds import DueDay, News, Task, due_days, news
from kb.review.queue import ReviewItem
from kb.rules.freshness import Policy, assess, misdated
from tests.unit.article_factory import intervals, make_article

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 15, 4, 5, tzinfo=timezone(timedelta(hours=8)))
HOME = "http://kb.example:8000/"
ADDRESS = f"{HOME}feeds/review.atom?owner=x"
BACK = Signal(SignalKind.SENT_BACK, "已退回修改：金额不对", TODAY - timedelta(days=2))

near = st.dates(TODAY - timedelta(days=500), TODAY + timedelta(days=500))
published = st.lists(
    st.builds(
        make_article,
        st.uuids().map(str),
        verified=st.none() | near,
        updated=st.none() | near,
        valid_to=st.none() | near,
        review_every=st.none() | intervals,
    ),
    max_size=12,
)


def listed(article: Article, *signals: Signal) -> ReviewItem:
    """As the queue lists it, fresh or not."""
    found = assess(article, Policy(), TODAY)
    return ReviewItem(
        id=article.id,
        title=article.title,
        product=article.product.title,
        scenario=article.scenario.title,
        place=article.scenario_path,
        owner=article.owner,
        state=found.state,
        reasons=(*found.reasons, *(signal.text for signal in signals)),
        updated=article.updated,
        verified=article.verified,
        due=found.due,
        days_overdue=found.days_overdue,
        exposure=0,
        minutes=1.0,
        signals=signals,
    )


def queue_of(*articles: Article) -> list[ReviewItem]:
    return [item for item in map(listed, articles) if item.state is not State.FRESH]


def days_of(*articles: Article) -> list[DueDay]:
    return due_days(queue_of(*articles), [(a, assess(a, Policy(), TODAY)) for a in articles], TODAY)


def news_of(*articles: Article) -> list[News]:
    return news(queue_of(*articles), {a.id: a for a in articles}, TODAY)


def verified(days_ago: int, **fields: Any) -> Article:
    return make_article(fields.pop("id", "a"), verified=TODAY - timedelta(days=days_ago), **fields)


# --- which days, which news


def test_an_article_stands_on_the_day_by_which_it_is_due() -> None:
    (day,) = days_of(verified(20))
    assert day == DueDay(TODAY + timedelta(days=10), (Task("a", "未收到货退款", "复核期限"),))


def test_what_is_overdue_is_todays_work() -> None:
    (day,) = days_of(verified(40))
    assert (day.day, day.missed) == (TODAY, 1)
    assert day.tasks[0].reason == "应于 2026-11-12 前复核，已超 10 天"


def test_an_edited_article_is_todays_work_but_not_overdue() -> None:
    (day,) = days_of(verified(3, updated=TODAY - timedelta(days=1)))
    assert (day.day, day.missed) == (TODAY, 0)


def test_the_last_valid_day_comes_before_the_review() -> None:
    (day,) = days_of(verified(0, valid_to=TODAY + timedelta(days=3)))
    assert (day.day, day.tasks[0].reason) == (TODAY + timedelta(days=3), "有效期最后一天")


def test_what_is_more_than_a_year_ahead_is_left_out() -> None:
    assert days_of(verified(0, review_every=Interval(9999, "m"))) == []


@given(published)
def test_the_calendar_has_every_article_once_in_order_and_only_from_today_on(articles: list[Article]) -> None:
    days = days_of(*articles)
    assert [day.day for day in days] == sorted({day.day for day in days})
    assert all(day.day >= TODAY and day.tasks for day in days)
    counted = Counter(task.id for day in days for task in day.tasks)
    assert set(counted.values()) <= {1}
    assert {item.id for item in queue_of(*articles)} <= set(counted)
    assert sum(day.missed for day in days) == sum(listed(article).days_overdue > 0 for article in articles)


def test_news_are_what_came_up_latest() -> None:
    expired = verified(1, id="expired", valid_to=TODAY - timedelta(days=1))
    stale = verified(40, id="stale")
    edited = verified(30, id="edited", updated=TODAY - timedelta(days=3))
    never = make_article("never", created=TODAY - timedelta(days=5))
    found = news_of(edited, never, stale, expired, verified(25, id="due"))
    assert [(one.item.id, (TODAY - one.since).days) for one in found] == [
        ("expired", 0),
        ("edited", 3),
        ("never", 5),
        ("stale", 9),
    ]


def test_an_article_that_was_sent_back_is_news_though_its_dates_are_fine() -> None:
    article = verified(1)
    (one,) = news([listed(article, BACK)], {"a": article}, TODAY)
    assert one.since == BACK.since


def test_a_review_that_has_not_happened_yet_is_news_of_today() -> None:
    article = verified(-9, created=TODAY - timedelta(days=4))
    slip = misdated(article, TODAY)
    assert slip is not None
    (one,) = news([listed(article, slip)], {article.id: article}, TODAY)
    assert one.since == TODAY


def test_news_that_nobody_dated_come_last() -> None:
    assert [one.item.id for one in news_of(make_article("undated"), verified(40, id="stale"))] == ["stale", "undated"]


@given(published)
def test_news_are_never_of_tomorrow_and_the_same_tomorrow_unless_something_comes_up(articles: list[Article]) -> None:
    found = news_of(*articles)
    assert all(one.since <= TODAY for one in found)
    assert [one.since for one in found] == sorted((one.since for one in found), reverse=True)
    again = news([one.item for one in found], {a.id: a for a in articles}, TODAY + timedelta(days=1))
    assert all(one in found for one in again if one.since <= TODAY)


# --- Atom


def test_a_feed_reader_gets_title_place_reasons_and_a_link() -> None:
    article = verified(40, owner="售后业务部")
    feed = feedparser.parse(to_atom(news_of(article), "售后业务部", HOME, ADDRESS, NOW))
    assert not feed.bozo
    assert (feed.version, feed.feed.title) == ("atom10", "待复核的知识 · 售后业务部")
    assert {link.rel: link.href for link in feed.feed.links} == {
        "self": ADDRESS,
        "alternate": f"{HOME}review?owner=%E5%94%AE%E5%90%8E%E4%B8%9A%E5%8A%A1%E9%83%A8",
    }
    (entry,) = feed.entries
    assert entry.title == "待复核：未收到货退款"
    assert entry.summary == "网上商城 › 退款退货 · 售后业务部 · 应于 2026-11-12 前复核，已超 10 天"
    assert entry.link == f"{HOME}a/a"
    assert (entry.id, entry.updated) == ("urn:zhida:review:a:2026-11-13", "2026-11-13T00:00:00+08:00")
    assert entry.tags[0].term == "stale"


def test_what_was_sent_back_is_called_so() -> None:
    article = verified(1)
    feed = feedparser.parse(to_atom([News(BACK.since, listed(article, BACK))], None, HOME, ADDRESS, NOW))
    assert feed.entries[0].title == "已退回修改：未收到货退款"
    assert feed.entries[0].summary.endswith("已退回修改：金额不对")


def test_a_feed_without_news_is_a_feed() -> None:
    feed = feedparser.parse(to_atom([], None, HOME, ADDRESS, NOW))
    assert (feed.bozo, feed.entries, feed.feed.updated) == (False, [], "2026-11-22T00:00:00+08:00")


@given(st.text(), st.text(), st.none() | st.text(min_size=1))
def test_no_text_gets_out_of_its_place_in_a_feed(title: str, reason: str, owner: str | None) -> None:
    item = replace(listed(verified(40, owner=owner, title=title)), reasons=(f"{reason} 完",))
    feed = feedparser.parse(to_atom([News(TODAY, item), News(TODAY, item)], owner, HOME, ADDRESS, NOW))
    assert not feed.bozo
    assert len(feed.entries) == 2
    assert feed.entries[0].summary.endswith("完")


def test_markup_in_a_title_stays_text() -> None:
    hostile = '</title><entry/><![CDATA[x]]>&lt;<script>alert(1)</script>"\x00\x1b\ufffe'
    data = to_atom(news_of(verified(40, title=hostile)), None, HOME, ADDRESS, NOW)
    assert b"<script" not in data
    feed = feedparser.parse(data, sanitize_html=False)
    assert [entry.title for entry in feed.entries] == [
        '待复核：</title><entry/><![CDATA[x]]>&lt;<script>alert(1)</script>"'
    ]


# --- iCalendar


def events(data: bytes) -> list[Any]:
    return list(Calendar.from_ical(data).events)


def test_a_calendar_shows_one_event_a_day_with_what_is_to_be_done() -> None:
    data = to_icalendar(days_of(verified(40), verified(20, id="b", title="改地址")), "售后业务部", HOME, NOW)
    today, later = events(data)
    assert today["SUMMARY"] == "复核 1 条知识，1 条已逾期 · 售后业务部"
    assert today["DESCRIPTION"] == f"未收到货退款（应于 2026-11-12 前复核，已超 10 天） {HOME}a/a"
    assert today["URL"] == f"{HOME}review?owner=%E5%94%AE%E5%90%8E%E4%B8%9A%E5%8A%A1%E9%83%A8"
    assert (today["DTSTART"].dt, today["TRANSP"]) == (TODAY, "TRANSPARENT")
    assert today["DTSTAMP"].dt == datetime(2026, 11, 21, 16, tzinfo=timezone.utc)
    assert (later["DTSTART"].dt, later["SUMMARY"]) == (TODAY + timedelta(days=10), "复核 1 条知识 · 售后业务部")
    calendar: Any = Calendar.from_ical(data)
    assert (calendar["X-WR-CALNAME"], calendar["NAME"]) == ("知识复核 · 售后业务部",) * 2
    assert calendar["REFRESH-INTERVAL"].dt == timedelta(hours=4)
    assert not [error for event in calendar.walk() for error in event.errors]


def test_an_event_keeps_its_name_whatever_is_due_on_it() -> None:
    one, other = (
        {str(event["UID"]) for event in events(to_icalendar(days_of(*articles), "售后业务部", HOME, NOW))}
        for articles in ([verified(20)], [verified(20), verified(20, id="b")])
    )
    assert one == other
    (elsewhere,) = events(to_icalendar(days_of(verified(20)), "物流业务部", HOME, NOW))
    assert elsewhere["UID"] not in one


def test_a_day_with_very_much_names_some_and_counts_the_rest() -> None:
    (day,) = events(to_icalendar(days_of(*(verified(40, id=f"a{i}") for i in range(60))), None, HOME, NOW))
    lines = str(day["DESCRIPTION"]).split("\n")
    assert (len(lines), lines[-1]) == (51, "还有 10 条，见复核页")


def test_a_line_that_ends_a_calendar_ends_nothing_in_a_title() -> None:
    hostile = "退款\r\nEND:VEVENT\nBEGIN:VALARM\u2028ATTACH:http://evil\x85X:1;,\\n"
    data = to_icalendar(days_of(verified(40, title=hostile)), None, HOME, NOW)
    (event,) = events(data)
    assert event["DESCRIPTION"].startswith(r"退款 END:VEVENT BEGIN:VALARM ATTACH:http://evilX:1;,\n（")
    assert [line for line in data.decode().splitlines() if line.startswith(("BEGIN", "END", "ATTACH"))] == [
        "BEGIN:VCALENDAR",
        "BEGIN:VEVENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


def printable(text: str) -> str:
    return "".join(character for character in text if character.isprintable() and character != " ")


@given(st.lists(st.text(min_size=1), min_size=1, max_size=8), st.text(min_size=1))
def test_what_is_written_is_what_is_read(titles: list[str], owner: str) -> None:
    tasks = tuple(Task("a", title, "复核期限") for title in titles)
    data = to_icalendar([DueDay(TODAY, tasks)], owner, HOME, NOW)
    lines = data.split(b"\r\n")
    assert lines[-1] == b""
    assert all(len(line) <= 75 for line in lines)
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert [line.decode() for line in lines]  # no character is cut
    (event,) = events(data)
    read = str(event["DESCRIPTION"]).split("\n")
    assert len(read) == len(titles)
    for line, title in zip(read, titles, strict=True):
        assert printable(line.removesuffix(f"（复核期限） {HOME}a/a")) == printable(title)
    assert str(event["SUMMARY"]).startswith(f"复核 {len(titles)} 条知识")
