"""Asking, and saying what was of use: what agents and their programs do all day."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from kb import contracts, shapes
from kb.desk.bulk import BulkDesk
from kb.desk.checks import ChecksDesk
from kb.desk.confirming import ConfirmDesk
from kb.desk.dictionaries import DictionariesDesk
from kb.desk.editing import EditingDesk
from kb.desk.feeds import FeedsDesk
from kb.desk.forms import FormDesk
from kb.desk.gaps import GapsDesk
from kb.desk.history import HistoryDesk
from kb.desk.images import ImageDesk
from kb.desk.learned import LearnedDesk
from kb.desk.reminders import RemindersDesk
from kb.desk.reports import ReportsDesk
from kb.desk.review import ReviewDesk
from kb.desk.verdicts import VerdictDesk
from kb.errors import ArticleNotFound, QueryError
from kb.model import (
    ArticleRecord,
    Caller,
    Classification,
    FaqPanel,
    Freshness,
    Message,
    Problem,
    Recommendations,
    Right,
    SearchPage,
    SearchRequest,
    Suggestion,
)
from kb.ports.events import Event
from kb.ports.store import Gap
from kb.rules.access import has, may, require, require_for
from kb.rules.query import MAX_QUERY
from kb.system import System
from kb.text.render import render_html
from kb.usecases.browsing import Tree, prune
from kb.usecases.library import Library
from kb.usecases.recommending import Recommender


class Desk:
    """The system as one ``caller`` may use it; made for one request, so it keeps nothing. Thread-safe.

    What a caller has no right to raises LoginRequired or AccessDenied.
    """

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self.caller = system, caller
        self._seen = system.seen_by(caller)

    @property
    def learned(self) -> LearnedDesk:
        """Deciding on questions learned from use."""
        return LearnedDesk(self._system, self.caller)

    @property
    def gaps(self) -> GapsDesk:
        """Working through what was reported and searched in vain."""
        return GapsDesk(self._system, self.caller)

    @property
    def dictionaries(self) -> DictionariesDesk:
        """Editing terms, synonyms and stop words."""
        return DictionariesDesk(self._system, self.caller)

    @property
    def editing(self) -> EditingDesk:
        """Changing articles, their history."""
        return EditingDesk(self._system, self.caller)

    @property
    def bulk(self) -> BulkDesk:
        """One change to many articles, shown before it is made."""
        return BulkDesk(self._system, self.caller)

    @property
    def history(self) -> HistoryDesk:
        """What articles said before, and what became of them."""
        return HistoryDesk(self._system, self.caller)

    @property
    def forms(self) -> FormDesk:
        """The form in which articles are written."""
        return FormDesk(self._system, self.caller)

    @property
    def images(self) -> ImageDesk:
        """Pictures beside articles."""
        return ImageDesk(self._system, self.caller)

    @property
    def checks(self) -> ChecksDesk:
        """What is checked before an article is saved."""
        return ChecksDesk(self._system, self.caller)

    @property
    def review(self) -> ReviewDesk:
        """The review queue."""
        return ReviewDesk(self._system, self.caller)

    @property
    def feeds(self) -> FeedsDesk:
        """The review queue for calendars and feed readers."""
        return FeedsDesk(self._system, self.caller)

    @property
    def verdicts(self) -> VerdictDesk:
        """What reviewers say, and what becomes of it."""
        return VerdictDesk(self._system, self.caller)

    @property
    def reports(self) -> ReportsDesk:
        """What the week was like."""
        return ReportsDesk(self._system, self.caller)

    @property
    def reminders(self) -> RemindersDesk:
        """Reminding owners of what needs them."""
        return RemindersDesk(self._system, self.caller)

    @property
    def confirming(self) -> ConfirmDesk:
        """Confirming by the link of a reminder, which says whose right that is."""
        return ConfirmDesk(self._system)

    @property
    def channels(self) -> tuple[str, ...]:
        """The configured service channels."""
        return self._system.channels

    def may(self, right: Right, owner: str | None) -> bool:
        """Whether the caller has a right for the articles of a department: what a page may offer."""
        return may(self.caller, right, owner)

    def require(self, right: Right, owner: str | None) -> None:
        """Raises LoginRequired or AccessDenied, saying why, unless the caller ``may``."""
        require_for(self.caller, right, owner)

    # --- questions

    def search(self, request: SearchRequest, agent: str | None = None, settled: bool = False) -> SearchPage:
        """Ranked hits; logged when ``agent`` (an opaque session id) is given. Raises QueryError, EngineError."""
        started = time.perf_counter()
        with self._system.noticing_damage():
            page = self._seen.search(request)
        page = replace(page, took_ms=_ms_since(started))
        if agent is not None and request.text.strip():
            self._system.activity.searched(request, page, agent, settled)
        return page

    def recommend(
        self,
        messages: Sequence[Message],
        channel: str | None = None,
        product: str | None = None,
        limit: int = 5,
        agent: str | None = None,
    ) -> Recommendations:
        """Articles that answer what the customer says; ``product`` is a slug or title. Raises QueryError, EngineError.

        Nothing of a conversation is written down but sentences that nothing was found for, as searches of ``agent``.
        """
        started = time.perf_counter()
        self._check_channel(channel)
        if product:
            self.library().product_slugs(product)
        with self._system.noticing_damage():
            answers = Recommender(self._seen.search).recommend(messages, channel, product, limit)
        generation, took_ms = self._system.engine.generation(), _ms_since(started)
        for sentence in answers.unanswered if agent is not None else ():
            asked = SearchRequest(sentence.query, product=product, channel=channel)
            page = SearchPage(sentence.query, 0, generation, (), took_ms=took_ms)
            self._system.activity.searched(asked, page, agent or "", settled=True)
        return replace(answers, generation=generation, took_ms=took_ms)

    def classify(self, messages: Sequence[Message]) -> Classification:
        """The likely product and scenario of a conversation. Nothing is logged. Raises QueryError, EngineError."""
        started = time.perf_counter()
        with self._system.noticing_damage():
            found = self._seen.current().classifier().classify(messages)
        return replace(found, generation=self._system.engine.generation(), took_ms=_ms_since(started))

    def suggest(self, text: str, limit: int = 10) -> list[Suggestion]:
        """What may be meant by the first keystrokes; from memory only."""
        if len(text) > MAX_QUERY:
            raise QueryError(f"查询有 {len(text)} 个字，超过 {MAX_QUERY} 字的上限。")
        return self._seen.current().suggester()(text, limit)

    def faq(self, channel: str | None = None, limit: int = 200) -> FaqPanel:
        """The panel of frequent questions; from memory only. Raises QueryError for an unknown channel."""
        self._check_channel(channel)
        self._seen.current()
        return self._seen.panels.panel(channel, limit)

    def edition(self) -> tuple[int, int]:
        """Names what is answered from memory (suggest, faq, browse): no two services share one, and none comes back."""
        return self._seen.current().number, self._seen.panels.number()

    def library(self) -> Library:
        """The tree of products and scenarios with its counts."""
        return self._seen.current().library

    def browse(self, product: str | None = None, scenario: str | None = None) -> Tree:
        """Every article that is published and valid by now in its place; from memory only, so without bodies.

        ``product`` and ``scenario`` (slug or title) leave out all others. Raises QueryError when there is none.
        """
        snapshot = self._seen.current()
        products = snapshot.library.product_slugs(product) if product else None
        scenarios = snapshot.library.scenario_paths(scenario, products) if scenario else None
        return prune(snapshot.tree(), products, scenarios)

    def article(self, article_id: str) -> tuple[ArticleRecord, Freshness]:
        """A published article with its freshness, also by an id that it had before. Raises ArticleNotFound."""
        record = self._seen.articles.find(article_id)
        if record is None or record.article.status != "published":
            raise ArticleNotFound(article_id)
        return record, self._seen.freshness(record, self._system.today())

    def article_document(self, article_id: str) -> shapes.Article:
        """The contract's ``article``; whoever may edit it gets it also while it is not published."""
        record, freshness = self._own(article_id) or self.article(article_id)
        source = self._seen.articles.source(record.article.id) or ""
        html = render_html(record.article.body, record.article.scenario_path)
        return contracts.article_document(record, freshness, source, html, self.related(record))

    def _own(self, article_id: str) -> tuple[ArticleRecord, Freshness] | None:
        """An article that the caller may edit, published or not."""
        if not has(self.caller, Right.EDIT):
            return None
        record = self._system.catalog.find(article_id)
        if record is None or not self.may(Right.EDIT, record.article.owner):
            return None
        return record, self._system.snapshots.freshness(record, self._system.today())

    def related(self, record: ArticleRecord) -> list[tuple[ArticleRecord, Freshness]]:
        """The published articles that an article names as related, by their ids or earlier ones, in its order."""
        articles = self._seen.articles
        found = articles.get_many(record.article.related)
        ordered = (found.get(i) or articles.find(i) for i in record.article.related)
        published = (other for other in ordered if other is not None and other.article.status == "published")
        return [(other, self._seen.freshness(other, self._system.today())) for other in published]

    # --- reports

    def problems(self) -> list[Problem]:
        """What is wrong in the article files as they stand."""
        require(self.caller, Right.READ_INTERNAL)
        return self._system.catalog.problems()

    # --- what agents do

    def record_event(
        self,
        kind: str,
        article_id: str,
        agent: str = "",
        query: str | None = None,
        position: int | None = None,
        ms: float | None = None,
        note: str | None = None,
        origin: str = "",
    ) -> None:
        """Write down a view, copy, pick, vote …; ``origin`` is the sender's network address.

        Raises ArticleNotFound, QueryError for an unknown kind.
        """
        record, freshness = self.article(article_id)
        stale = freshness.state.value in ("expired", "stale")
        event = Event(self._system.now(), kind, record.article.id, agent, query, position, ms, stale, note, origin)
        self._system.activity.happened(event)

    def report_gap(
        self,
        query: str,
        note: str | None = None,
        agent: str = "",
        channel: str | None = None,
        product: str | None = None,
    ) -> None:
        """Write down that ``query`` should have been answered; ``product`` is a slug or title.

        Raises QueryError, TooManyReports, and StoreError: what somebody took the trouble to write is not lost silently.
        """
        self._check_channel(channel)
        slug = self.library().product_slugs(product)[0] if product else None
        self._system.activity.report(Gap(self._system.now(), query.strip(), note, agent, channel, slug))

    def _check_channel(self, channel: str | None) -> None:
        if channel is not None and channel not in self.channels:
            raise QueryError(f"没有名为“{channel}”的渠道。可选：{'、'.join(self.channels)}。")


def _ms_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 2)
