"""What one article says, as far as it can ever speak against it or another one: taken once for each version of it."""

from __future__ import annotations

from collections.abc import Sequence

from kb.content.checks.links import linked_ids, quoted_names
from kb.content.checks.past_dates import deadlines
from kb.content.checks.pictures import shown_pictures
from kb.model import ArticleRecord
from kb.ports.findings import Deadline, Reading
from kb.ports.history import Revision
from kb.review.past import past_of
from kb.rules.claims import claims_in
from kb.text.pictures import address

#: characters of a sentence that are worth showing
LONGEST_EVIDENCE = 120


def read(record: ArticleRecord, state: str, texts: Sequence[tuple[Revision, str]]) -> Reading:
    """Take an article apart. ``texts``: all that its history has of it, the oldest first.

    An archived article says nothing to anybody; others only have to know of it.
    """
    article = record.article
    past = past_of(texts, is_policy=article.kind == "policy")
    body = "" if article.status == "archived" else article.body
    return Reading(
        article_id=article.id,
        state=state,
        title=article.title,
        kind=article.kind,
        status=article.status,
        folder=article.scenario_path,
        updated=article.updated,
        verified=article.verified,
        related=article.related,
        former_ids=article.former_ids,
        links=tuple(dict.fromkeys(linked_ids(body))),
        names=tuple(dict.fromkeys(name for _, name in quoted_names(body))),
        pictures=tuple(target for _, target in shown_pictures(body) if address(article.scenario_path, target)),
        deadlines=tuple(Deadline(found.day, shortened(found.sentence)) for found in deadlines(article)) if body else (),
        claims=claims_in(body),
        vouched_at=past.vouched_at,
        changes=past.changes,
        changed_since=past.changed_since,
    )


def shortened(text: str) -> str:
    """A text on one line, cut where it gets too long to read in a list."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_EVIDENCE else f"{line[:LONGEST_EVIDENCE]}…"
