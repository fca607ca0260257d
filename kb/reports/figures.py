"""The figures of a week: pure functions of the articles as they stood, their use and the reviews."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from statistics import median

from kb.model import Article, Freshness, Review, State, Verdict
from kb.review.exposure import exposure_of
from kb.rules.freshness import Policy, assess
from kb.shapes.reports import Backlog, Coverage, OwnerFigures, ReviewerFigures, States, UsedArticle, Verdicts

#: article id -> number of something
Counts = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Standing:
    """A published article, judged on the last day of the week."""

    article: Article
    freshness: Freshness

    @property
    def waits(self) -> bool:
        """Whether the review queue has it, by its dates; what speaks against an article besides is not in the past."""
        return self.freshness.state is not State.FRESH


def judged(articles: Iterable[Article], policy: Policy, day: date, top: Collection[str]) -> list[Standing]:
    """The published ones, in order of id."""
    published = sorted((a for a in articles if a.status == "published"), key=lambda article: article.id)
    return [Standing(article, assess(article, policy, day, article.id in top)) for article in published]


def states(standing: Iterable[Standing]) -> States:
    """How many there are in each state."""
    counts = Counter(one.freshness.state for one in standing)
    return States(
        expired=counts[State.EXPIRED],
        stale=counts[State.STALE],
        never_verified=counts[State.NEVER_VERIFIED],
        changed=counts[State.CHANGED],
        due=counts[State.DUE],
        fresh=counts[State.FRESH],
    )


def median_days(standing: Iterable[Standing], day: date) -> float | None:
    """Days since articles were verified; a verification that lies ahead counts as today's."""
    days = [max(0, (day - one.article.verified).days) for one in standing if one.article.verified is not None]
    return float(median(days)) if days else None


def backlog(standing: Iterable[Standing], uses: Counts) -> Backlog:
    """The queue as the dates make it; ``uses``: see ``kb.review.exposure``."""
    waiting = [one for one in standing if one.waits]
    overdue = [one.article for one in waiting if one.freshness.days_overdue > 0]
    return Backlog(
        waiting=len(waiting),
        overdue=len(overdue),
        overdue_exposure=sum(exposure_of(article, uses) for article in overdue),
        never_verified=sum(one.article.verified is None for one in waiting),
    )


def coverage(standing: Iterable[Standing], top: Collection[str], monday: date, sunday: date) -> Coverage:
    """Of the articles asked for most."""
    asked_for = [one.article for one in standing if one.article.id in top]
    return Coverage(
        articles=len(asked_for),
        with_script=sum(any(script.text.strip() for script in article.scripts) for article in asked_for),
        verified=sum(a.verified is not None and monday <= a.verified <= sunday for a in asked_for),
    )


def verdicts(reviews: Iterable[Review]) -> Verdicts:
    """How many there are of each."""
    counts = Counter(review.verdict for review in reviews)
    return Verdicts(confirm=counts[Verdict.CONFIRM], revise=counts[Verdict.REVISE], archive=counts[Verdict.ARCHIVE])


def by_reviewer(reviews: Iterable[Review]) -> list[ReviewerFigures]:
    """Whoever reviewed, the busiest first."""
    said: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        said[review.user].append(review)
    order = sorted(said, key=lambda user: (-len(said[user]), user))
    return [ReviewerFigures(user=user, reviews=verdicts(said[user])) for user in order]


def by_owner(
    standing: Iterable[Standing], reviews: Iterable[Review], articles: Mapping[str, Article], day: date
) -> list[OwnerFigures]:
    """Every department that has articles or had reviews; those with most that waits first, without one last.

    ``articles``: all by their ids and earlier ones, those too that are not published any more.
    """
    has: dict[str | None, list[Standing]] = defaultdict(list)
    for one in standing:
        has[one.article.owner].append(one)
    reviewed = (articles.get(review.article_id) for review in reviews)
    done = Counter(article.owner if article else None for article in reviewed)
    rows = [_owner(owner, has.get(owner, []), done[owner], day) for owner in {*has, *done}]
    return sorted(rows, key=lambda row: (row["owner"] is None, -row["overdue"], -row["waiting"], row["owner"] or ""))


def _owner(owner: str | None, standing: list[Standing], reviews: int, day: date) -> OwnerFigures:
    waiting = backlog(standing, {})
    return OwnerFigures(
        owner=owner,
        articles=len(standing),
        states=states(standing),
        reviews=reviews,
        waiting=waiting["waiting"],
        overdue=waiting["overdue"],
        median_days=median_days(standing, day),
    )


def by_present_id(counts: Counts, articles: Mapping[str, Article]) -> Counts:
    """What was counted under ids that ``articles`` had before is theirs."""
    found: Counter[str] = Counter()
    for article_id, count in counts.items():
        found[articles[article_id].id if article_id in articles else article_id] += count
    return found


def most_used(
    copies: Counts, views: Counts, articles: Mapping[str, Article], standing: Iterable[Standing], limit: int
) -> list[UsedArticle]:
    """The answers that agents copied most, then viewed most."""
    rows = _used({*copies, *views}, copies, views, articles, standing)
    return sorted(rows, key=lambda row: (-row["copies"], -row["views"], row["id"]))[:limit]


def copied_stale(
    copies: Counts, views: Counts, articles: Mapping[str, Article], standing: Iterable[Standing]
) -> list[UsedArticle]:
    """The answers that were copied while they were expired or stale (``copies``), those copied most so first."""
    return sorted(_used(copies, copies, views, articles, standing), key=lambda row: (-row["copies"], row["id"]))


def _used(
    article_ids: Iterable[str],
    copies: Counts,
    views: Counts,
    articles: Mapping[str, Article],
    standing: Iterable[Standing],
) -> Iterator[UsedArticle]:
    state = {one.article.id: one.freshness.state for one in standing}
    for article_id in article_ids:
        article = articles.get(article_id)
        yield UsedArticle(
            id=article_id,
            title=article.title if article else article_id,
            owner=article.owner if article else None,
            state=state[article_id].value if article_id in state else None,
            copies=copies.get(article_id, 0),
            views=views.get(article_id, 0),
        )
