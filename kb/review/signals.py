"""Why articles need a reviewer before their date: what agents say and do, what texts say, what reviewers sent back.

A signal ends with what caused it (the text is mended, the verdict given) or with the verification that saw it, but for
broken links: those lead nowhere however often somebody confirms them. Texts are not read here but in
``kb.review.examining``, and there is a fixed number of queries, however many articles there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo

from kb.model import Article, Review, Signal, SignalKind, Verdict
from kb.ports.catalog import Catalog
from kb.ports.events import Event, EventLog, StaleCopies
from kb.ports.findings import Finding, Findings
from kb.ports.reviews import Reviews
from kb.review.reading import shortened
from kb.review.wording import Reason, signals_of
from kb.rules.settling import Verification, end_of

#: How far back votes and copies count: what nobody has looked at for a season, dates have made overdue anyway.
WINDOW = timedelta(days=90)

#: How exactly moments are stored.
_STORED = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Moment:
    """The day that is judged, and the last moment that counts for it."""

    as_of: date
    now: datetime

    @property
    def zone(self) -> tzinfo | None:
        return self.now.tzinfo

    @property
    def until(self) -> datetime:
        return min(self.now, end_of(self.as_of, self.zone))

    @property
    def since(self) -> datetime:
        return self.now - WINDOW

    def day_of(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


class ReviewSignals:
    """Implements ``kb.ports.signals.Signals``."""

    def __init__(self, catalog: Catalog, events: EventLog, findings: Findings, reviews: Reviews) -> None:
        self._catalog, self._events = catalog, events
        self._findings, self._reviews = findings, reviews

    def found(self, as_of: date, now: datetime) -> Mapping[str, Sequence[Signal]]:
        """article id -> what speaks against it, the most serious first; published articles only."""
        when = _Moment(as_of, now)
        findings, sent_back = self._findings.all(), self._reviews.sent_back()
        renamed = self._catalog.renamed()
        votes = [_followed(vote, renamed) for vote in self._events.outdated_votes(when.since, when.until)]
        copied = {i: renamed.get(i, i) for i in self._events.copied_stale_ids(when.since, when.until)}
        concerned = {
            *sent_back,
            *copied.values(),
            *(f.article_id for f in findings),
            *(vote.article_id for vote in votes),
        }
        records = self._catalog.get_many(sorted(concerned)).values()
        articles = {r.article.id: r.article for r in records if r.article.status == "published"}
        moments = [*((f.article_id, f.at) for f in findings if f.at), *((vote.article_id, vote.at) for vote in votes)]
        verified = self._verifications(articles, moments, when)
        unseen = {then: max(when.since, verified[i].moment) for then, i in copied.items() if i in verified}
        copies = self._events.copied_stale(unseen, when.until)
        reasons = [
            *_sent_back(sent_back, when),
            *_votes(votes, verified, when),
            *_copies(copies, copied, when),
            *_findings(findings, articles, verified, when),
        ]
        return _by_article(reason for reason in reasons if reason.since <= as_of and reason.article_id in articles)

    def _verifications(
        self, articles: Mapping[str, Article], moments: Iterable[tuple[str, datetime]], when: _Moment
    ) -> dict[str, Verification]:
        vouched = {i: (v.verified, v.at) for i, v in self._findings.vouched(articles).items()}
        confirmed = self._confirmed(articles, moments, when)
        return {
            i: Verification.of(article.verified, vouched.get(i, (None, None)), confirmed.get(i), when.now)
            for i, article in articles.items()
        }

    def _confirmed(
        self, articles: Mapping[str, Article], moments: Iterable[tuple[str, datetime]], when: _Moment
    ) -> dict[str, datetime]:
        """article id -> when it was confirmed last, which the file may not tell: it names only the day.

        So nothing is asked for unless something arose on the very day of a verification.
        """
        days = [day for i, at in moments if i in articles and (day := when.day_of(at)) == articles[i].verified]
        if not days:
            return {}
        since = datetime.combine(min(days), time.min, when.zone)
        reviews = self._reviews.between(since, when.now + _STORED)
        return {review.article_id: review.at for review in reversed(reviews) if review.verdict is Verdict.CONFIRM}


def _sent_back(reviews: Mapping[str, Review], when: _Moment) -> Iterator[Reason]:
    for article_id, review in reviews.items():
        day = when.day_of(review.at)
        said = f"{day} {review.user}：{review.note}" if review.note else f"{day} {review.user}"
        yield Reason(article_id, SignalKind.SENT_BACK, day, (said,), subject=str(day))


def _votes(votes: Iterable[Event], verified: Mapping[str, Verification], when: _Moment) -> Iterator[Reason]:
    """One a person: an agent's session or, where there is none, the address. Votes are the latest first."""
    by_voter: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for vote in votes:
        article_id = vote.article_id
        if article_id in verified and not verified[article_id].settles(when.day_of(vote.at), vote.at):
            by_voter[article_id, vote.agent or vote.origin].append(vote)
    for (article_id, _), given in by_voter.items():
        noted = next((vote for vote in given if vote.note), None)
        evidence = (shortened(f"{when.day_of(noted.at)}：{noted.note}"),) if noted else ()
        yield Reason(article_id, SignalKind.OUTDATED, when.day_of(given[-1].at), evidence)


def _followed(vote: Event, renamed: Mapping[str, str]) -> Event:
    """The same for the id that its article has now."""
    return replace(vote, article_id=renamed[vote.article_id]) if vote.article_id in renamed else vote


def _copies(copies: Mapping[str, StaleCopies], ids: Mapping[str, str], when: _Moment) -> Iterator[Reason]:
    """``ids``: what the articles are called now."""
    by_article: dict[str, list[StaleCopies]] = defaultdict(list)
    for article_id, copied in copies.items():
        by_article[ids[article_id]].append(copied)
    for article_id, found in by_article.items():
        first, last = min(copied.first for copied in found), max(copied.last for copied in found)
        evidence, count = f"最近一次是 {when.day_of(last)}", sum(copied.count for copied in found)
        yield Reason(article_id, SignalKind.COPIED_STALE, when.day_of(first), (evidence,), count=count)


def _findings(
    findings: Iterable[Finding],
    articles: Mapping[str, Article],
    verified: Mapping[str, Verification],
    when: _Moment,
) -> Iterator[Reason]:
    for finding in findings:
        article = articles.get(finding.article_id)
        if article is not None and _still_holds(finding, article, verified[article.id], when):
            yield Reason(article.id, finding.kind, finding.since, (finding.evidence,), subject=finding.subject)


def _still_holds(finding: Finding, article: Article, verified: Verification, when: _Moment) -> bool:
    if finding.kind is SignalKind.BROKEN_LINK:
        return True
    if finding.kind is SignalKind.PAST_DATE and article.valid_to is not None and article.valid_to < when.as_of:
        return False  # it has expired as a whole
    if finding.kind is SignalKind.EDITED and _shows_as_changed(article):
        return False
    needs_verification = finding.kind in (SignalKind.EDITED, SignalKind.POLICY)
    if needs_verification and article.verified is None:
        return False  # nobody has looked at it before either
    return not verified.settles(finding.since, finding.at)


def _shows_as_changed(article: Article) -> bool:
    """Whether its dates say already that it was changed after its verification (``State.CHANGED``)."""
    return article.verified is not None and article.updated is not None and article.updated > article.verified


def _by_article(reasons: Iterable[Reason]) -> dict[str, tuple[Signal, ...]]:
    found: dict[str, list[Reason]] = defaultdict(list)
    for reason in reasons:
        found[reason.article_id].append(reason)
    return {article_id: signals_of(rows) for article_id, rows in sorted(found.items())}
