"""A house with real files, history and database, whose clock tests turn: what speaks against its articles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.model import Signal, SignalKind, Verdict, Via
from kb.ports.events import Event
from kb.ports.history import Edit
from kb.ports.reviews import NewReview
from kb.review.examining import Examiner
from kb.review.signals import ReviewSignals
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.findings import Findings
from kb.store.reviews import Reviews
from kb.store.revisions import Revisions
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.question import Vocabulary
from tests.unit.article_tree import CHANNELS, write

ZONE = timezone(timedelta(hours=8))
VOCABULARY = Vocabulary(Tokenizer(), function_words())
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def article(article_id: str, *fields: str, body: str = "您好。", title: str = "", status: str = "published") -> str:
    """A source; ``body`` stands under 标准话术."""
    head = ["---", f"id: {article_id}", f"title: {title or f'标题 {article_id}'}", f"status: {status}", *fields, "---"]
    return "\n".join([*head, "## 标准话术", body, ""])


class House:
    """``now`` is 2026-11-20 09:00 in China to begin with."""

    def __init__(self, folder: Path, vocabulary: Callable[[], Vocabulary] = lambda: VOCABULARY) -> None:
        self.now = datetime(2026, 11, 20, 9, tzinfo=ZONE)
        self.root = folder / "articles"
        self.database = Database(folder / "kb.db")
        self.files = ArticleFiles(self.root, CHANNELS)
        self.catalog, self.history = Catalog(self.database), Revisions(self.database)
        self.events, self.findings, self.reviews = (
            EventLog(self.database),
            Findings(self.database),
            Reviews(self.database),
        )
        self.saver = ArticleSaver(self.files, self.catalog, self.history)
        self.examiner = Examiner(self.catalog, self.history, self.findings, self.root, vocabulary, lambda: self.now)
        self.source = ReviewSignals(self.catalog, self.events, self.findings, self.reviews)
        for path, name in (("mall", "商城"), ("mall/refund", "退款"), ("mall/order", "订单")):
            write(self.root, f"{path}/_index.md", f"---\ntitle: {name}\n---\n")

    def later(self, by: timedelta) -> None:
        self.now += by

    def by_hand(self, article_id: str, source: str, folder: str = "mall/refund") -> None:
        """Somebody writes the file; the next scan takes it over."""
        write(self.root, f"{folder}/{article_id}.md", source)
        self.scan()

    def scan(self) -> None:
        scan = self.files.scan()
        read = [self.files.read(file, scan.folders) for file in scan.files]
        gone = {path for path, _, _ in self.catalog.files()} - {version.path for version in read}
        self.catalog.apply(read, gone, self.files.parser)
        self.history.settle(self.now)

    def save(self, article_id: str, source: str, author: str = "li", note: str = "") -> None:
        """Somebody edits it on the page."""
        path = f"mall/refund/{article_id}.md"
        scan = self.files.scan()
        version = self.files.judge(path, source.encode(), scan.folders)
        record = self.catalog.get(article_id)
        expected = record.revision if record else ""
        self.saver.save(version, expected, Edit(self.now, author, "web", "publish", note))

    def vote(self, article_id: str, agent: str = "", note: str | None = None, origin: str = "") -> None:
        self.events.record(Event(self.now, "outdated", article_id, agent, note=note, origin=origin))

    def copy(self, article_id: str, times: int = 1, stale: bool = True) -> None:
        for _ in range(times):
            self.events.record(Event(self.now, "copy", article_id, "agent", stale=stale))

    def judge(self, article_id: str, verdict: Verdict, note: str = "") -> None:
        """A verdict that changes no file."""
        self.reviews.add(NewReview(self.now, article_id, verdict, "wang", Via.SESSION, note, "r"))

    def signals(self) -> dict[str, Sequence[Signal]]:
        """What upkeep and the queue make of it now."""
        self.examiner.follow()
        return dict(self.source.found(self.now.date(), self.now))

    def signal(self, article_id: str, kind: SignalKind) -> Signal | None:
        return next((signal for signal in self.signals().get(article_id, ()) if signal.kind is kind), None)
