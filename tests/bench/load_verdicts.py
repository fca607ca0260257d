"""What has to hold after a load run: nothing failed, nothing was lost, answers stayed as fast, memory as small."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.bench.load_records import Records, Saved, after_writes, percentiles, slope, thirds
from tests.bench.load_staff import SEEN_WITHIN

#: minutes; in less than that caches fill and people arrive, and nothing is steady yet
JUDGED_FROM = 3.0
#: p99 of the last third, of that of the second
STEADY = 1.5
#: MB a minute, over the last two thirds
FLAT = 2.0
#: seconds after a save or verdict, and p99 of what was asked within, of that of all else
WAKE, WAKE_AT_MOST = 5.0, 3.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """``holds``: None when the run was too short to say."""

    claim: str
    found: str
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What the server has at the end: text and history of the edited articles, verdicts, events, records it lost."""

    sources: Mapping[str, str]
    histories: Mapping[str, Sequence[str]]  # article -> revisions, in any order
    reviews: frozenset[int]
    events: Mapping[tuple[str, str], int]  # (article, kind)
    lost: int


def verdicts(records: Records, kept: Kept, seconds: float) -> list[Verdict]:
    """All claims, those about correctness first."""
    return [*_correct(records, kept), *_steady(records, seconds)]


def _correct(records: Records, kept: Kept) -> Iterator[Verdict]:
    saves = records.saves
    yield _none("no errors", "errors", records.errors)
    yield _none("every save is found", f"not found within {SEEN_WITHIN:.0f} s", [s for s in saves if s.seen is None])
    yield _none("no update is lost", "lines missing", [save for save in saves if not _stands(save, kept)])
    yield _none("history is complete", "saves not told once", [save for save in saves if _told(save, kept) != 1])
    missing = [number for number in records.reviews if number not in kept.reviews]
    yield _none("verdicts are kept", "missing", missing)
    wrong = [key for key in {*records.sent, *kept.events} if records.sent[key] != kept.events.get(key, 0)]
    counted, sent = sum(kept.events.values()), records.sent.total()
    yield Verdict("events counted = events sent", f"{counted:,} of {sent:,}; {len(wrong)} differ", not wrong)
    yield Verdict("the log loses nothing", f"{kept.lost} lost", kept.lost == 0)


def _steady(records: Records, seconds: float) -> Iterator[Verdict]:
    judged = seconds >= JUDGED_FROM * 60
    _, second, last = (percentiles(part)[2] for part in thirds(records.timings, seconds))
    claim = f"p99 of the last third ≤ {STEADY} × that of the second"
    yield Verdict(claim, f"{last:.0f} ms after {second:.0f} ms", last <= STEADY * second if judged else None)
    grown = slope(records.samples, seconds)
    claim = f"memory grows ≤ {FLAT:.0f} MB a minute in the last two thirds"
    yield Verdict(claim, f"{grown:+.2f} MB", grown <= FLAT if judged else None)
    writes = [*(save.at for save in records.saves), *records.reviews.values()]
    near, far = (percentiles(part)[2] for part in after_writes(records.timings, writes, WAKE))
    claim = f"p99 within {WAKE:.0f} s of a save or verdict ≤ {WAKE_AT_MOST:.0f} × that of all else"
    yield Verdict(claim, f"{near:.0f} ms, else {far:.0f} ms", near <= WAKE_AT_MOST * far if judged else None)


def _none(claim: str, name: str, found: Sequence[object]) -> Verdict:
    return Verdict(claim, f"{len(found)} {name}", not found)


def _stands(save: Saved, kept: Kept) -> bool:
    return f"\n{save.line}\n" in kept.sources.get(save.article_id, "")


def _told(save: Saved, kept: Kept) -> int:
    return list(kept.histories.get(save.article_id, ())).count(save.revision)
