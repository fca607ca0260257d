"""The JSON documents about changing articles, field by field; see ``kb.shapes`` for the others."""

from __future__ import annotations

from typing import TypedDict

from kb.shapes import Article, Count, Day, Finding, Moment


class Revision(TypedDict):
    """One content that an article had. ``revision`` is ``""`` where it was removed; ``by`` is ``""`` when unknown."""

    number: int
    at: Moment
    by: str
    origin: str
    action: str
    note: str
    path: str
    revision: str


class Revisions(TypedDict):
    """The newest first."""

    id: str
    items: list[Revision]


class RevisionText(TypedDict):
    """The whole file as it was."""

    number: int
    source: str


class AsOf(TypedDict):
    """``inferred``: nothing was written down so early; the article says that it was not edited since."""

    day: Day
    inferred: bool
    revision: Revision


class ArticleThen(Article):
    """``article`` as it was, with the freshness of that day."""

    as_of: AsOf


class Draft(TypedDict):
    """The next version; ``base``: revision of the file that it was made from."""

    source: str
    revision: str
    base: str
    by: str
    at: Moment
    note: str


class Editable(TypedDict):
    """An article for those who may edit it: the file as it is (``""`` for none) and the next draft."""

    id: str
    path: str
    source: str
    revision: str
    draft: Draft | None
    problems: list[Finding]


class Saved(TypedDict):
    """What was saved; ``revision`` is that of the file, or of the draft. ``verified``: when a reviewer last confirmed
    the article, as its file says now; null for drafts and where nobody has. ``problems`` are worth mending.
    """

    id: str
    path: str
    revision: str
    draft: bool
    verified: Day | None
    problems: list[Finding]


class Undone(TypedDict):
    """``saved`` is null when what was undone is the article's creation."""

    saved: Saved | None


class BulkOutcome(TypedDict):
    """``number``: of the revision, null when nothing was written; ``trouble`` says why not, if it should have been."""

    id: str
    number: int | None
    trouble: str


class BulkEdit(TypedDict):
    """What became of each article."""

    items: list[BulkOutcome]


class GapVerdict(TypedDict):
    """What was decided about a gap: the article ``id`` answers it, or nothing should (null). ``by`` whom, and when."""

    id: str | None
    by: str
    at: Moment


class Gap(TypedDict):
    """A question without an answer, in the wordings ``queries`` (the most frequent first): so many ``reports`` by
    agents and ``searches`` without a result, the last one at ``last``.
    """

    query: str
    queries: list[str]
    reports: Count
    searches: Count
    last: Moment
    channels: list[str]
    products: list[str]
    notes: list[str]
    open: bool
    verdict: GapVerdict | None


class Gaps(TypedDict):
    """``gaps``, the weightiest first"""

    items: list[Gap]


class DictionaryFile(TypedDict):
    """``trouble``: why the text can't be shown, and must not be replaced by what is shown instead."""

    name: str
    text: str
    revision: str
    trouble: str


class Dictionaries(TypedDict):
    """All files."""

    items: list[DictionaryFile]


class Understood(TypedDict):
    """How a query is read: its content words, the same in other words, the ids of its first hits."""

    words: list[str]
    readings: list[str]
    hits: list[str]


class ChangedQuery(TypedDict):
    """A query that would be read otherwise; ``times``: how often it was asked lately, 0 for a title."""

    query: str
    times: Count
    before: Understood
    after: Understood


class DictionaryPreview(TypedDict):
    """What other dictionaries would do to ``asked`` queries, those with other hits first; what is wrong in them."""

    asked: Count
    changes: list[ChangedQuery]
    problems: list[Finding]
