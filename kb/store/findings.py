"""What was read in articles, and what speaks against them; derived, so whatever is lost here is worked out again."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple
from datetime import date, datetime
from typing import Any, TypeVar

from kb.model import SignalKind
from kb.ports.findings import Change, Claim, Deadline, Finding, Reading, Vouched
from kb.store.database import Database, epoch_ms, from_epoch_ms

_Made = TypeVar("_Made")


class Findings:
    """Implements ``kb.ports.findings.Findings``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def examined(self) -> str:
        """The state that the findings hold for."""
        with self._database.read() as db:
            return str(db.execute("SELECT examined FROM findings_state").fetchone()[0])

    def readings(self) -> list[Reading]:
        """All of them, in order of id."""
        with self._database.read() as db:
            rows = db.execute(
                "SELECT article_id, state, verified, vouched_at, CAST(said AS BLOB) FROM readings ORDER BY article_id"
            )
            return list(_readable(_reading, rows))

    def keep(self, readings: Iterable[Reading], gone: Collection[str]) -> None:
        """Put ``readings`` in the place of former ones and forget those of the ids ``gone``."""
        with self._database.write() as db:
            db.execute("DELETE FROM readings WHERE article_id IN (SELECT value FROM json_each(?))", [_json(list(gone))])
            db.table("readings").upsert_all(map(_row, readings), pk="article_id")

    def all(self) -> list[Finding]:
        """Every finding, in order."""
        with self._database.read() as db:
            return sorted(filter(None, _stored(db).values()))

    def save(self, findings: Collection[Finding], examined: str) -> None:
        """Let ``findings`` be all there are; rows that stay are not written again."""
        wanted = set(findings)
        with self._database.write() as db:
            stored = _stored(db)  # not before: another process may have found the same
            for number, finding in stored.items():
                if finding not in wanted:
                    db.execute("DELETE FROM findings WHERE rowid = ?", [number])
            for row in map(_finding_row, sorted(wanted.difference(stored.values()))):
                db.execute("INSERT INTO findings VALUES (?, ?, ?, ?, ?, ?)", row)
            db.execute("UPDATE findings_state SET examined = ?", [examined])

    def vouched(self, article_ids: Collection[str]) -> Mapping[str, Vouched]:
        """article id -> what its history says of its verification."""
        with self._database.read() as db:
            rows = db.execute(
                """SELECT article_id, verified, vouched_at FROM readings
                WHERE article_id IN (SELECT value FROM json_each(?))""",
                [_json(list(article_ids))],
            )
            return dict(_readable(_vouched, rows))


def _row(reading: Reading) -> dict[str, Any]:
    said = {name: getattr(reading, name) for name in (*_PLAIN, *_LISTS)}
    said |= {name: [astuple(row) for row in getattr(reading, name)] for name in _ROWS}
    return {
        "article_id": reading.article_id,
        "state": reading.state,
        "verified": reading.verified and reading.verified.isoformat(),
        "vouched_at": reading.vouched_at and epoch_ms(reading.vouched_at),
        "said": _json({name: value for name, value in said.items() if value not in (None, (), [])}),
    }


def _readable(make: Callable[..., _Made], rows: Iterable[Sequence[Any]]) -> Iterator[_Made]:
    """What rows hold, without damaged ones, which must not cost anybody the others."""
    for row in rows:
        with suppress(ValueError, TypeError, KeyError, OverflowError):
            yield make(*row)


def _reading(article_id: str, state: str, verified: str | None, vouched_at: int | None, said: bytes) -> Reading:
    values = json.loads(said)
    values |= {name: tuple(values[name]) for name in _LISTS if name in values}
    values |= {name: tuple(read(*row) for row in values[name]) for name, read in _ROWS.items() if name in values}
    values["updated"] = _day(values.get("updated"))
    return Reading(article_id, state, verified=_day(verified), vouched_at=_moment(vouched_at), **values)


def _vouched(article_id: str, verified: str | None, at: int | None) -> tuple[str, Vouched]:
    return article_id, Vouched(_day(verified), _moment(at))


def _deadline(day: str, sentence: str) -> Deadline:
    return Deadline(date.fromisoformat(day), sentence)


def _change(at: int, author: str, origin: str, note: str, facts: Sequence[str]) -> Change:
    return Change(from_epoch_ms(at), author, origin, note, tuple(facts))


#: The fields of a reading that have no column of their own: texts, days and numbers; several texts; rows of values.
_PLAIN = ("title", "kind", "status", "folder", "updated", "changed_since")
_LISTS = ("related", "former_ids", "links", "names", "pictures")
_ROWS: Mapping[str, Callable[..., Any]] = {"deadlines": _deadline, "claims": Claim, "changes": _change}


def _stored(db: Any) -> dict[int, Finding | None]:
    """Row number -> what the row holds; None for a damaged one."""
    rows = db.execute("SELECT rowid, article_id, kind, subject, evidence, since, at FROM findings")
    return {number: next(_readable(_finding, [row]), None) for number, *row in rows}


def _finding_row(finding: Finding) -> list[Any]:
    what = [finding.article_id, finding.kind.value, finding.subject, finding.evidence]
    return [*what, finding.since.isoformat(), finding.at and epoch_ms(finding.at)]


def _finding(article_id: str, kind: str, subject: str, evidence: str, since: str, at: int | None) -> Finding:
    return Finding(article_id, SignalKind(kind), subject, evidence, date.fromisoformat(since), _moment(at))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: object) -> object:
    """What JSON writes for days and moments."""
    return epoch_ms(value) if isinstance(value, datetime) else str(value)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _moment(ms: int | None) -> datetime | None:
    return None if ms is None else from_epoch_ms(ms)
