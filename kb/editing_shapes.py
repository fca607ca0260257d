"""The JSON documents about changing articles, field by field; see ``kb.shapes`` for the others."""

from __future__ import annotations

from typing import TypedDict

from kb.shapes import Article, Day, Finding, Moment


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
    """What was saved; ``revision`` is that of the file, or of the draft. ``problems`` are worth mending."""

    id: str
    path: str
    revision: str
    draft: bool
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
