"""PORT store: what the use cases need remembered. ``kb.store`` implements it in one SQLite file.

Moments are aware datetimes. Every call may raise StoreError, StoreCorrupt or StoreBusy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class LoggedSearch:
    """One search as it was answered. ``settled``: asked for by Enter, so not a keystroke on the way.

    ``agent`` is an opaque session id. ``filters`` leaves out the channel.
    """

    at: datetime
    agent: str
    query: str
    normalized: str
    n_hits: int
    took_ms: float
    generation: str
    filters: Mapping[str, str] = field(default_factory=dict)
    channel: str | None = None
    fallback: str | None = None
    settled: bool = False


@dataclass(frozen=True, slots=True)
class QueryCount:
    """How often something was searched, in its latest spelling, and when last."""

    query: str
    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class FailedSearch:
    """A search that found nothing, with what was personal masked."""

    query: str
    at: datetime
    channel: str | None


class QueryLog(Protocol):
    """What was searched. Personal numbers are masked before anything is written."""

    def record(self, search: LoggedSearch) -> None:
        """Write down a search; it takes the place of the same agent's search that it was typed over."""

    def settle(self, agent: str) -> None:
        """The agent's latest search is complete (a pick, Enter): what follows is another one."""

    def zero_results(self, since: datetime, limit: int) -> list[FailedSearch]:
        """Unfiltered searches that found nothing, the latest first."""

    def frequent(self, since: datetime, limit: int) -> list[QueryCount]:
        """Searches that found something and hold nothing personal, the most frequent first."""

    def counts(self, since: datetime, until: datetime) -> tuple[int, int]:
        """How many searches there were in [since, until), and how many that were unfiltered found nothing."""

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many searches that was."""


@dataclass(frozen=True, slots=True)
class LearnedQuestion:
    """A query that agents keep answering by one article. ``asked`` is its letters, folded; ``text`` the usual wording.

    ``strength`` is between 0 and 1; ``people`` is how many surely different people chose the article, ``picks``
    how often, ``last`` the latest day (UTC).
    """

    asked: str
    article_id: str
    text: str
    strength: float
    people: int
    picks: int
    last: date


@dataclass(frozen=True, slots=True)
class LearningVerdict:
    """What ``user`` decided about a learned question: accepted into the article's file, or rejected."""

    asked: str
    article_id: str
    text: str
    accepted: bool
    user: str
    at: datetime


class LearnedStore(Protocol):
    """The learned questions as last computed, and what people decided about them."""

    def save(self, questions: Iterable[LearnedQuestion]) -> None:
        """Keep ``questions`` in place of all earlier ones, judged or not."""

    def open_questions(self) -> list[LearnedQuestion]:
        """Those without a verdict, the strongest first."""

    def judge(self, verdict: LearningVerdict) -> None:
        """Keep a verdict in place of an earlier one on the same question and article."""

    def withdraw(self, asked: str, article_id: str) -> None:
        """Forget a verdict; without one, nothing happens."""

    def verdicts(self) -> list[LearningVerdict]:
        """All of them, the latest first."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A report that ``query`` should have been answered. ``agent`` is an opaque session id, ``product`` a slug."""

    at: datetime
    query: str
    note: str | None = None
    agent: str = ""
    channel: str | None = None
    product: str | None = None


class GapLog(Protocol):
    """Knowledge that agents missed. Queries and notes are masked before they are written."""

    def record(self, gap: Gap) -> None:
        """Write down a report; one that the same agent repeats within seconds only brings it up to date.

        Raises TooManyReports when the agent has reported too many lately.
        """

    def recent(self, since: datetime) -> list[Gap]:
        """The reports, latest first."""

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many reports that was."""


@dataclass(frozen=True, slots=True)
class GapVerdict:
    """What somebody decided about a knowledge gap: ``article_id`` answers it, or nothing should (None).

    ``asked`` are the letters of the wording ``text``; ``added``: whether that wording went into the article's file.
    """

    asked: str
    text: str
    article_id: str | None
    added: bool
    user: str
    at: datetime


class GapVerdicts(Protocol):
    """Verdicts on knowledge gaps, one a wording."""

    def judge(self, verdict: GapVerdict) -> None:
        """Keep a verdict in place of an earlier one on the same wording."""

    def withdraw(self, asked: str) -> GapVerdict | None:
        """Forget a verdict and return it; None when there was none."""

    def all(self) -> list[GapVerdict]:
        """All of them, the latest first."""


@dataclass(frozen=True, slots=True)
class FaqSnapshot:
    """The ranking of the FAQ panel when it was computed: (article id, score), best first."""

    as_of: datetime
    ranking: tuple[tuple[str, float], ...]


class FaqSnapshots(Protocol):
    """The latest rankings of the FAQ panel."""

    def save(self, snapshot: FaqSnapshot) -> None:
        """Keep ``snapshot`` as the latest; the oldest ones are forgotten."""

    def latest(self) -> FaqSnapshot | None:
        """The last one saved; None before the first."""
