"""PORT store: what the use cases need remembered. ``kb.store`` implements it in one SQLite file.

Moments are aware datetimes. Every call may raise StoreError, StoreCorrupt or StoreBusy.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from kb.errors import QueryError
from kb.model import Article, ArticleRecord, Problem

#: what somebody may think of an article
VOTES = ("helpful", "unhelpful", "outdated")
EVENT_KINDS = ("view", "copy", "pick", "open", *VOTES)


@dataclass(frozen=True, slots=True)
class FileVersion:
    """One file under ``articles/`` as it stands now, read and judged.

    ``article`` is None when the file is broken (then ``problems`` holds an error) and for files that are no
    article but whose changes matter: ``_index.md``, dictionaries. ``revision`` is the SHA-256 of the file's
    bytes, ``source`` its text.
    """

    path: str
    size: int
    mtime_ns: int
    revision: str
    source: str
    article: Article | None = None
    problems: tuple[Problem, ...] = ()


class ServedArticles(Protocol):
    """The articles being served, for reading."""

    def records(self) -> Iterator[ArticleRecord]:
        """Every article being served, in order of id, read as they are asked for."""

    def get(self, article_id: str) -> ArticleRecord | None:
        """One article being served."""

    def find(self, article_id: str) -> ArticleRecord | None:
        """One article being served, by its id or by one that it had before."""

    def get_many(self, article_ids: Iterable[str]) -> dict[str, ArticleRecord]:
        """id -> article in the order asked for, without those that are not served."""

    def source(self, article_id: str) -> str | None:
        """The whole file of the version being served."""

    def version(self) -> int:
        """A number that grows with every change, also one made by another process."""


class Catalog(ServedArticles, Protocol):
    """The articles being served and the file versions that they come from.

    While a newer version of a file is broken its last good version stays, marked by ``outdated_by``. Of
    several files with one id the first by path is served. What is stored of a file may be damaged: its article is
    left out then until the file has been read again.
    """

    def stats(self) -> dict[str, tuple[int, int]]:
        """path -> (size, mtime_ns) of every file that was read."""

    def parser(self) -> str:
        """What the files were read with, as given to ``apply``; ``""`` before the first time."""

    def apply(self, read: Iterable[FileVersion], removed: Iterable[str], parser: str) -> None:
        """Take over changed files and forget removed ones, all or nothing.

        Both are gone through while nobody else can write: a generator can leave out what has changed since it was read.
        ``parser`` names what else the articles depend on (configured channels, version of the format): when
        it differs from ``parser()``, unchanged files have to be read again too.
        """

    def current_id(self, former_id: str) -> str | None:
        """The id of the article being served that had the id ``former_id`` once."""

    def revisions(self) -> dict[str, tuple[str, str]]:
        """id -> (path, revision of the file) of every article being served, drafts too."""

    def stamps(self) -> dict[str, tuple[str, int]]:
        """id -> (path, number) of every article being served, drafts too.

        The pair is another one whenever the article may be, also by a change of what it has from its folders.
        """

    def index_revisions(self) -> dict[str, str]:
        """id -> ``ArticleRecord.index_revision`` of every published article being served."""

    def problems(self) -> list[Problem]:
        """What is wrong in the files as they stand, in order of path and line."""

    def damaged(self) -> list[str]:
        """Paths of the files whose stored article or problems can't be read any more; looks at every one."""

    def indexed(self) -> str:
        """What ``mark_indexed`` was last given; ``""`` before the first time."""

    def mark_indexed(self, state: str) -> None:
        """Remember the state that the index was brought up to; no change of the catalog."""


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
class Event:
    """Something done with an article. ``position`` counts from 1; ``stale``: it was expired or stale then.

    ``origin`` is the network address of the sender when given, and a keyed hash of it when read.
    Raises QueryError for a kind that is not in EVENT_KINDS.
    """

    at: datetime
    kind: str
    article_id: str
    agent: str = ""
    query: str | None = None
    position: int | None = None
    ms: float | None = None
    stale: bool = False
    note: str | None = None
    origin: str = ""

    def __post_init__(self) -> None:
        if self.kind not in EVENT_KINDS:
            raise QueryError(f"没有“{self.kind}”这种事件，可用的有：{'、'.join(EVENT_KINDS)}。")


@dataclass(frozen=True, slots=True)
class DailyCount:
    """How often one kind of event happened to an article on one day (UTC)."""

    article_id: str
    kind: str
    day: date
    count: int


@dataclass(frozen=True, slots=True)
class Visit:
    """Who dealt with which article on which day (UTC): an opaque session id and the hash of an address."""

    article_id: str
    origin: str
    agent: str
    day: date


@dataclass(frozen=True, slots=True)
class Choice:
    """What ``visit`` took as the answer to ``query``, ``count`` times. ``asked`` is the query's letters, folded.

    ``position`` is the lowest place, counted from 1, at which the article was picked; None when unknown.
    """

    asked: str
    query: str
    visit: Visit
    count: int = 1
    position: int | None = None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What there is to learn from: choices, visits that ended in "unhelpful", and how many addresses sent events."""

    choices: tuple[Choice, ...]
    unhelpful: frozenset[Visit]
    origins: int


@dataclass(frozen=True, slots=True)
class StaleCopies:
    """How often an article was copied while it was expired or stale, for the first and the last time when."""

    count: int
    first: datetime
    last: datetime


class EventLog(Protocol):
    """What agents do with articles. Queries and notes are masked before they are written."""

    def record(self, event: Event) -> None:
        """Write down an event."""

    def totals(self, since: datetime, until: datetime | None = None) -> dict[str, dict[str, int]]:
        """article id -> kind -> number of events in [since, until)."""

    def uses(self, kinds: Collection[str], since: datetime) -> dict[str, int]:
        """article id -> number of events of these kinds; articles without any are left out."""

    def daily(self, since: datetime, until: datetime | None = None) -> list[DailyCount]:
        """Events in [since, until) per article, kind and day."""

    def stale_copies(self, since: datetime, until: datetime) -> dict[str, int]:
        """article id -> how often it was copied in [since, until) while it was expired or stale."""

    def recent(self, kinds: Collection[str], since: datetime) -> list[Event]:
        """The events themselves, latest first."""

    def outdated_votes(self, since: datetime, until: datetime) -> list[Event]:
        """The votes that an article is outdated in [since, until], the latest first."""

    def copied_stale_ids(self, since: datetime, until: datetime) -> frozenset[str]:
        """The articles that were copied in [since, until] while they were expired or stale."""

    def copied_stale(self, since: Mapping[str, datetime], until: datetime) -> dict[str, StaleCopies]:
        """The same copies counted for some articles, of each those later than ``since``; one query for all."""

    def evidence(self, since: datetime, senders: int) -> Evidence:
        """What was chosen for queries that at least ``senders`` visitors have asked; never for personal ones."""

    def purge(self, before: datetime) -> int:
        """Forget what is older; return how many events that was."""


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
