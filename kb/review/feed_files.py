"""Reviews as an Atom feed (RFC 4287) and as an iCalendar (RFC 5545, refreshing by RFC 7986).

Titles are whatever somebody wrote: every text becomes one line without control characters before it is escaped.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timezone
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from kb.review.feeds import DueDay, News, Task
from kb.text.controls import one_line

_ATOM = "http://www.w3.org/2005/Atom"
ElementTree.register_namespace("", _ATOM)
_NOT_XML = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ICAL_SPECIAL = re.compile(r"([\\;,])")
_MOST_OCTETS = 75
#: of one day, named in its event; the review page has them all
_MOST_NAMED = 50


def to_atom(found: Iterable[News], owner: str | None, home: str, address: str, now: datetime) -> bytes:
    """The news as a feed; ``home`` is where the service is (ends in ``/``), ``address`` where the feed is.

    ``now`` is aware; of it only the zone and, for an empty feed, the day count: the same news are the same bytes.
    """
    found = list(found)
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    latest = found[0].since if found else now.date()
    _add(feed, "id", f"urn:zhida:review:{quote(owner or '')}")
    _add(feed, "title", f"待复核的知识{_of(owner)}")
    _add(feed, "updated", _midnight(latest, now).isoformat())
    _add(_add(feed, "author"), "name", "直达知识库")
    _add(feed, "link", rel="self", type="application/atom+xml", href=address)
    _add(feed, "link", rel="alternate", type="text/html", href=_review_page(home, owner))
    for one in found:
        _add_entry(feed, one, home, now)
    return bytes(ElementTree.tostring(feed, encoding="utf-8", xml_declaration=True))


def to_icalendar(days: Iterable[DueDay], owner: str | None, home: str, now: datetime) -> bytes:
    """The days as all-day events that block no time; the same on the whole day of ``now`` (aware)."""
    name = _escaped(f"知识复核{_of(owner)}")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//zhida//review//ZH",
        "CALSCALE:GREGORIAN",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT4H",
        "X-PUBLISHED-TTL:PT4H",
    ]
    stamp = _midnight(now.date(), now).astimezone(timezone.utc)
    for due in days:
        lines += _event(due, owner, home, f"{stamp:%Y%m%dT%H%M%SZ}")
    return "".join(f"{_folded(line)}\r\n" for line in [*lines, "END:VCALENDAR"]).encode()


def _add_entry(feed: ElementTree.Element, one: News, home: str, now: datetime) -> None:
    item, entry = one.item, _add(feed, "entry")
    label = item.signals[0].kind.label if item.signals else item.state.label
    _add(entry, "id", f"urn:zhida:review:{quote(item.id)}:{one.since}")
    _add(entry, "title", f"{label}：{item.title}")
    _add(entry, "updated", _midnight(one.since, now).isoformat())
    _add(entry, "link", rel="alternate", type="text/html", href=_article_page(home, item.id))
    _add(entry, "category", term=item.state.value, label=item.state.label)
    _add(
        entry, "summary", f"{item.product} › {item.scenario} · {item.owner or '未指定部门'} · {'；'.join(item.reasons)}"
    )


def _add(parent: ElementTree.Element, tag: str, text: str | None = None, **attributes: str) -> ElementTree.Element:
    made = ElementTree.SubElement(parent, f"{{{_ATOM}}}{tag}", {name: _line(v) for name, v in attributes.items()})
    made.text = _line(text) if text is not None else None
    return made


def _event(due: DueDay, owner: str | None, home: str, stamp: str) -> list[str]:
    """Its UID is the day's and the department's, so that a calendar that looks again changes the event it has."""
    whose = hashlib.sha256((owner or "").encode()).hexdigest()[:16]
    missed = f"，{due.missed} 条已逾期" if due.missed else ""
    named = [_escaped(_task_line(task, home)) for task in due.tasks[:_MOST_NAMED]]
    if len(due.tasks) > _MOST_NAMED:
        named.append(f"还有 {len(due.tasks) - _MOST_NAMED} 条，见复核页")
    listed = r"\n".join(named)
    return [
        "BEGIN:VEVENT",
        f"UID:due-{due.day:%Y%m%d}-{whose}@zhida",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{due.day:%Y%m%d}",
        f"SUMMARY:{_escaped(f'复核 {len(due.tasks)} 条知识{missed}{_of(owner)}')}",
        f"DESCRIPTION:{listed}",
        f"URL:{_review_page(home, owner)}",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _task_line(task: Task, home: str) -> str:
    return f"{task.title}（{task.reason}） {_article_page(home, task.id)}"


def _article_page(home: str, article_id: str) -> str:
    return f"{home}a/{quote(article_id)}"


def _review_page(home: str, owner: str | None) -> str:
    query = urlencode({"owner": owner} if owner else {})
    return f"{home}review?{query}".rstrip("?")


def _of(owner: str | None) -> str:
    return f" · {owner}" if owner else ""


def _midnight(day: date, now: datetime) -> datetime:
    return datetime.combine(day, time.min, now.tzinfo)


def _line(text: str) -> str:
    """One line that XML may hold; also the line ends of Unicode are gone, on which some readers break lines."""
    return one_line(_NOT_XML.sub("", text))


def _escaped(text: str) -> str:
    return _ICAL_SPECIAL.sub(r"\\\1", _line(text))


def _folded(line: str) -> str:
    """At most 75 octets a line, its end not counted; no character is cut."""
    return "\r\n ".join(_pieces(line))


def _pieces(line: str) -> Iterator[str]:
    start, octets = 0, 0
    for place, character in enumerate(line):
        size = len(character.encode())
        if octets + size > _MOST_OCTETS:
            yield line[start:place]
            start, octets = place, 1  # a continuation begins with a space
        octets += size
    yield line[start:]
