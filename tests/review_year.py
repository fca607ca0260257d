"""A year in which owners edit and reviewers confirm at random, lived in real files, a real history and a real queue.

What should be true of it is reckoned beside that from what people did, never from files or the rule under test: the
``Ledger`` counts days one by one, as docs/guide-reviewers.md tells people to.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path

from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.editing.editor import Editor
from kb.editing.history import ArticleHistory
from kb.editing.moving import Moving
from kb.editing.writing import Writing
from kb.model import Article, Caller, Freshness, Interval, Role, Signal, SignalKind, Verdict, Via
from kb.ports.events import Event
from kb.reports.computation import WeeklySources
from kb.reports.weekly import WeeklyReports
from kb.review.feeds import DueDay, due_days
from kb.review.queue import ReviewItem, ReviewQueue
from kb.review.verdicts import Verdicts
from kb.rules.freshness import Policy, assess
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.drafts import Drafts
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.gaps import GapLog
from kb.store.query_log import QueryLog
from kb.store.reviews import Reviews
from kb.store.revisions import Revisions
from kb.store.weekly_snapshots import WeeklySnapshots
from tests.unit.article_tree import CHANNELS, write

ARTICLES = 500
#: 365 days, the 29th of February among them, where there is no summer time
FIRST_DAY = date(2027, 7, 1)
DAYS = 365
ZONE = timezone(timedelta(hours=8))
OWNERS = ("售后业务部", "物流业务部", "会员业务部")
EDITOR = Caller("小王", Role.EDITOR, None, True, Via.SESSION)
REVIEWER = Caller("李审", Role.REVIEWER, None, True, Via.SESSION)
DAY = timedelta(days=1)
POLICY = Policy(
    default_interval=Interval(60, "d"),
    top_interval=Interval(1, "w"),
    by_kind={"policy": Interval(2, "w"), "case": Interval(3, "m")},
    by_owner={"物流业务部": Interval(45, "d")},
)
KINDS = ("faq", "faq", "guide", "case", "policy")
INTERVALS = ("", "", "", "10d", "3w", "1m", "6m")


@dataclass
class Known:
    """What people have made of an article. ``every``: as its file says, ``""`` when it says nothing."""

    owner: str
    kind: str
    every: str
    created: date
    updated: date
    verified: date | None = None
    valid_to: date | None = None
    status: str = "published"
    sent_back: date | None = None
    edits: int = 0
    used: list[date] = field(default_factory=list)

    def source(self, article_id: str) -> str:
        """Its file before anybody has changed it."""
        lines = [
            f"id: {article_id}",
            f"title: 条目 {article_id}",
            f"kind: {self.kind}",
            f"owner: {self.owner}",
            f"created: {self.created}",
            f"updated: {self.updated}",
            *([f"verified: {self.verified}", "verified_by: 老审核"] if self.verified else []),
            *([f"review_every: {self.every}"] if self.every else []),
            *([f"valid_to: {self.valid_to}"] if self.valid_to else []),
        ]
        return "\n".join(["---", *lines, "---", "## 标准话术", "第 0 版。", ""])


@dataclass(frozen=True)
class Today:
    """One evening: what should be in the queue (id -> state), and what is. ``calendar``: on Mondays."""

    day: date
    expected: Mapping[str, str]
    missed: Mapping[str, int]
    exposed: Mapping[str, int]
    published: int
    queue: Sequence[ReviewItem]
    sent_back: frozenset[str]
    calendar: Sequence[DueDay]


# --- reckoned beside the program


@cache
def last_day(verified: date, every: str) -> date:
    """The last day on which a verification holds, found by going on day by day."""
    count, unit = int(every[:-1]), every[-1]
    day, days, months = verified, 0, 0
    while True:
        if unit != "m" and days == count * {"d": 1, "w": 7}[unit]:
            return day
        month_ends = (day + DAY).month != day.month
        if unit == "m" and months == count and (day.day == verified.day or (month_ends and day.day < verified.day)):
            return day
        day, days = day + DAY, days + 1
        months += day.day == 1


def intervals_of(known: Known, in_top: bool) -> list[str]:
    """What design and settings say about how often it is reviewed; the shortest holds."""
    if known.every:
        return [known.every]
    special = [{"policy": "2w", "case": "3m"}.get(known.kind), {"物流业务部": "45d"}.get(known.owner)]
    return [*(list(filter(None, special)) or ["60d"]), *(["7d"] if in_top else [])]


def expected_state(known: Known, today: date, in_top: bool) -> str:
    """The first that holds of expired, stale, never verified, changed, due, fresh."""
    if known.valid_to is not None and today > known.valid_to:
        return "expired"
    if known.verified is None:
        return "never_verified"
    left = (min(last_day(known.verified, every) for every in intervals_of(known, in_top)) - today).days
    if left < 0:
        return "stale"
    if known.updated > known.verified:
        return "changed"
    return "due" if left <= 7 else "fresh"


def days_missed(known: Known, today: date, in_top: bool) -> int:
    """Days since it should have been looked at; one that was sent back waits from that day on, which counts."""
    waiting = known.created
    if known.verified is not None:
        waiting = min(last_day(known.verified, every) for every in intervals_of(known, in_top))
    ends = [waiting, *filter(None, [known.valid_to])]
    sent = [(today - known.sent_back).days + 1] if known.sent_back else []
    return max(0, *((today - end).days for end in ends), *sent)


# --- what the program is asked


class SentBack:
    """PORT signals, of one kind only: the others have tests of their own."""

    def __init__(self, reviews: Reviews) -> None:
        self._reviews = reviews

    def found(self, as_of: date, now: datetime) -> Mapping[str, Sequence[Signal]]:
        """What reviewers wait for."""
        return {
            article_id: (Signal(SignalKind.SENT_BACK, "已退回修改", review.at.astimezone(ZONE).date()),)
            for article_id, review in self._reviews.sent_back().items()
        }


class House:
    """The files, the database and the people of a small company; ``live`` a day at a time."""

    def __init__(self, root: Path, articles: int = ARTICLES, seed: int = 7) -> None:
        self.chance = random.Random(seed)  # nothing secret
        self.now = datetime.combine(FIRST_DAY - DAY, time(9), ZONE)
        self.files = ArticleFiles(root / "articles", CHANNELS)
        database = Database(root / "zhida.db")
        self.catalog, self.history, self.events = Catalog(database), Revisions(database), EventLog(database)
        self.reviews = Reviews(database)
        saver = ArticleSaver(self.files, self.catalog, self.history)
        writing = Writing(self.files, self.catalog, saver, lambda: self.now, lambda: None)
        told, drafts = ArticleHistory(writing, self.history), Drafts(database)
        self.editor, self.moving = Editor(writing, drafts, self.history), Moving(writing, drafts)
        self.verdicts = Verdicts(writing, told, self.history, self.reviews)
        self.queue = ReviewQueue(self.catalog, self.events, POLICY, SentBack(self.reviews))
        self.reports = WeeklyReports(
            WeeklySources(
                self.history,
                self.catalog,
                self.files,
                self.reviews,
                self.events,
                QueryLog(database),
                GapLog(database),
                FaqSnapshots(database),
            ),
            WeeklySnapshots(database),
            POLICY,
            ZONE,
            lambda: self.now,
            kept_days=2 * DAYS,
        )
        self.ledger = {f"a{number:03}": self._begun() for number in range(articles)}
        self.given: list[tuple[date, Verdict]] = []
        self._write_all(root / "articles")
        self.waiting = [item.id for item in self.queue.items(self.today, self.now)]

    @property
    def today(self) -> date:
        return self.now.date()

    def live(self, days: int = DAYS) -> Iterator[Today]:
        """Work for so many days; each evening somebody looks at the queue."""
        top: frozenset[str] = frozenset()
        for number in range(days):
            self.now = datetime.combine(FIRST_DAY + number * DAY, time(9), ZONE)
            if self.today.weekday() == 0:
                self.reports.store_ended()
            if number % 7 == 0:
                top = frozenset(self.chance.sample(sorted(self.ledger), len(self.ledger) // 20))
            self._work()
            self.now = datetime.combine(self.today, time(18), ZONE)
            yield self._evening(top)

    # --- people at work

    def _work(self) -> None:
        """Agents work every day, the others from Monday to Friday."""
        published = [i for i, known in self.ledger.items() if known.status == "published"]
        for article_id in self.chance.choices(published, k=3):
            self._use(article_id)
        if self.today.weekday() > 4:
            return
        if self.chance.random() < 0.6:
            self._edit(self.chance.choice(published))
        chosen = [self.waiting[0], self.chance.choice(self.waiting), self.chance.choice(published)]
        for article_id in dict.fromkeys(chosen):  # who says the same twice on a day has said it once
            self._judge(article_id)
        if self.chance.random() < 0.15:
            self._restore()

    def _use(self, article_id: str) -> None:
        self.events.record(Event(self.now, self.chance.choice(("view", "copy")), article_id))
        self.ledger[article_id].used.append(self.today)

    def _edit(self, article_id: str) -> None:
        """Change the script, as the editor's form does with the date."""
        known, record = self.ledger[article_id], self.catalog.get(article_id)
        assert record is not None
        source = self.catalog.source(article_id) or ""
        changed = source.replace(f"第 {known.edits} 版", f"第 {known.edits + 1} 版")
        changed = changed.replace(f"updated: {known.updated}", f"updated: {self.today}")
        self.editor.publish(EDITOR, article_id, changed, record.revision)
        known.edits, known.updated = known.edits + 1, self.today

    def _judge(self, article_id: str) -> None:
        """Mostly it is right, sometimes it is sent back, rarely it is not needed any more; some slips are undone."""
        known = self.ledger[article_id]
        if known.status != "published":
            return
        (verdict,) = self.chance.choices(list(Verdict), (80, 15, 5))
        before = (known.verified, known.sent_back, known.status)
        review = self.verdicts.give(REVIEWER, article_id, verdict, "请核对").review
        assert review is not None
        if verdict is Verdict.CONFIRM:
            known.verified, known.sent_back = self.today, None
        elif verdict is Verdict.REVISE:
            known.sent_back = self.today
        else:
            known.status, known.sent_back = "archived", None
        if self.chance.random() < 0.1:
            self.verdicts.undo(REVIEWER, review.id)
            known.verified, known.sent_back, known.status = before
        else:
            self.given.append((self.today, verdict))
        self.now += timedelta(minutes=2)  # nobody judges two in one moment

    def _restore(self) -> None:
        archived = [i for i, known in self.ledger.items() if known.status == "archived"]
        if archived:
            article_id = self.chance.choice(archived)
            record = self.catalog.get(article_id)
            assert record is not None
            self.moving.set_status(EDITOR, article_id, "published", record.revision)
            self.ledger[article_id].status = "published"

    # --- beginnings and evenings

    def _begun(self) -> Known:
        """An article as it is found when the year begins."""
        ago = self.chance.randrange(0, 400)
        known = Known(
            owner=self.chance.choice(OWNERS),
            kind=self.chance.choice(KINDS),
            every=self.chance.choice(INTERVALS),
            created=FIRST_DAY - timedelta(days=ago + 30),
            updated=FIRST_DAY - timedelta(days=ago + self.chance.randrange(-20, 30) if ago > 20 else ago + 1),
        )
        if self.chance.random() < 0.9:
            known.verified = FIRST_DAY - timedelta(days=max(1, min(ago, self.chance.randrange(1, 70))))
        if self.chance.random() < 0.1:
            known.valid_to = FIRST_DAY + timedelta(days=self.chance.randrange(-20, 400))
        return known

    def _write_all(self, root: Path) -> None:
        for place in ("mall/_index.md", "mall/refund/_index.md"):
            write(root, place, "---\ntitle: 商城\n---\n")
        for article_id, known in self.ledger.items():
            write(root, f"mall/refund/{article_id}.md", known.source(article_id))
        scan = self.files.scan()
        self.catalog.apply([self.files.read(file, scan.folders) for file in scan.files], [], "")
        self.history.settle(self.now)

    def _evening(self, top: frozenset[str]) -> Today:
        published = {i: known for i, known in self.ledger.items() if known.status == "published"}
        states = {i: expected_state(known, self.today, i in top) for i, known in published.items()}
        sent_back = frozenset(i for i, known in published.items() if known.sent_back)
        expected = {i: state for i, state in states.items() if state != "fresh" or i in sent_back}
        month = self.today - timedelta(days=28)
        queue = self.queue.items(self.today, self.now, top)
        self.waiting = [item.id for item in queue]
        return Today(
            day=self.today,
            expected=expected,
            missed={i: days_missed(published[i], self.today, i in top) for i in expected},
            exposed={i: sum(day > month for day in published[i].used) for i in expected},
            published=len(published),
            queue=queue,
            sent_back=sent_back,
            calendar=due_days(queue, self._judged(top), self.today) if self.today.weekday() == 0 else (),
        )

    def _judged(self, top: frozenset[str]) -> Iterator[tuple[Article, Freshness]]:
        for record in self.catalog.records():
            if record.article.status == "published":
                yield record.article, assess(record.article, POLICY, self.today, record.article.id in top)
