"""Readings and findings are kept as they are, whoever else writes the same."""

from __future__ import annotations

import tempfile
from dataclasses import fields
from datetime import date, datetime, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.model import SignalKind
from kb.ports.findings import Change, Claim, Deadline, Finding, Reading, Vouched
from kb.store.database import Database
from kb.store.findings import Findings

_texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
_many = st.lists(_texts, max_size=3).map(tuple)
_moments = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(timezone.utc)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
)
_readings = st.builds(
    Reading,
    article_id=_texts,
    state=_texts,
    title=_texts,
    kind=_texts,
    status=_texts,
    folder=_texts,
    updated=st.none() | st.dates(),
    verified=st.none() | st.dates(),
    related=_many,
    former_ids=_many,
    links=_many,
    names=_many,
    pictures=_many,
    deadlines=st.lists(st.builds(Deadline, st.dates(), _texts), max_size=2).map(tuple),
    claims=st.lists(st.builds(Claim, _texts, _texts, _texts), max_size=2).map(tuple),
    vouched_at=st.none() | _moments,
    changes=st.lists(st.builds(Change, _moments, _texts, _texts, _texts, _many), max_size=2).map(tuple),
    changed_since=st.integers(0, 20),
)

FOUND = Finding(
    "a", SignalKind.BROKEN_LINK, "", "链接", date(2026, 11, 20), datetime(2026, 11, 20, tzinfo=timezone.utc)
)
DATED = Finding("a", SignalKind.PAST_DATE, "2026-11-11", "11月11日前", date(2026, 11, 12))


@settings(max_examples=30)
@given(st.lists(_readings, max_size=4, unique_by=lambda reading: reading.article_id))
def test_readings_come_back_as_they_were(readings: list[Reading]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        findings = Findings(Database(Path(folder) / "kb.db"))
        findings.keep(readings, ())
        findings.keep(readings, ())
        assert {reading.article_id: reading for reading in findings.readings()} == {r.article_id: r for r in readings}
        known = findings.vouched([reading.article_id for reading in readings])
        assert known == {r.article_id: Vouched(r.verified, r.vouched_at) for r in readings}
        findings.keep((), [reading.article_id for reading in readings[:1]])
        assert len(findings.readings()) == max(0, len(readings) - 1)


def test_every_field_of_a_reading_is_tried() -> None:
    """A new field has to be stored, and told to the test above."""
    assert len(fields(Reading)) == 18


def test_two_that_find_the_same_leave_it_once(tmp_path: Path) -> None:
    one, other = Findings(Database(tmp_path / "kb.db")), Findings(Database(tmp_path / "kb.db"))
    assert one.examined() == ""
    one.save([FOUND, DATED], "1")
    later = Finding("a", SignalKind.BROKEN_LINK, "", "链接", FOUND.since, datetime(2026, 11, 21, tzinfo=timezone.utc))
    other.save([later, DATED], "2")
    assert one.all() == [later, DATED]
    assert one.examined() == "2"
    one.save([DATED], "3")
    assert other.all() == [DATED]


@pytest.mark.parametrize("damage", ["kind = 'x'", "since = 'x'", "at = 1e300"])
def test_a_damaged_finding_costs_nobody_the_others_and_goes_with_the_next_change(tmp_path: Path, damage: str) -> None:
    database = Database(tmp_path / "kb.db")
    findings = Findings(database)
    findings.save([FOUND, DATED], "1")
    with database.write() as db:
        db.execute(f"UPDATE findings SET {damage} WHERE subject = ''")  # noqa: S608  # the test's own
    assert findings.all() == [DATED]
    findings.save([FOUND, DATED], "2")
    assert findings.all() == sorted([FOUND, DATED])
    with database.read() as db:
        assert db.table("findings").count == 2


@pytest.mark.parametrize(
    "damage", ["verified = 'x'", "vouched_at = 1e300", "said = CAST(X'ff' AS TEXT)", "said = '[]'"]
)
def test_a_damaged_reading_costs_nobody_the_others(tmp_path: Path, damage: str) -> None:
    database = Database(tmp_path / "kb.db")
    findings = Findings(database)
    good, bad = (Reading(i, "1", "t", "faq", "published", "a/b", None, date(2026, 1, 2)) for i in ("good", "bad"))
    findings.keep([good, bad], ())
    with database.write() as db:
        db.execute(f"UPDATE readings SET {damage} WHERE article_id = 'bad'")  # noqa: S608  # the test's own
    assert findings.readings() == [good]
    assert findings.vouched(["good", "bad"])["good"] == Vouched(good.verified, None)
