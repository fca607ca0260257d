"""PORT catalog: the articles being served, and the files that they come from. ``kb.store`` implements it in SQLite.

Every call may raise StoreError, StoreCorrupt or StoreBusy.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from kb.model import Article, ArticleRecord, Problem


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

    def recent_version(self) -> int:
        """As ``version``; a change made by another process may go unnoticed for a moment (50 ms), one made here not."""


class Catalog(ServedArticles, Protocol):
    """The articles being served and the file versions that they come from.

    While a newer version of a file is broken its last good version stays, marked by ``outdated_by``. Of
    several files with one id the first by path is served. What is stored of a file may be damaged: its article is
    left out then until the file has been read again.
    """

    def files(self) -> list[tuple[str, int, int]]:
        """(path, size, mtime_ns) of every file that was read, in order of path."""

    def stats(self, paths: Iterable[str]) -> dict[str, tuple[int, int]]:
        """path -> (size, mtime_ns) of those among ``paths`` that were read."""

    def parser(self) -> str:
        """What the files were read with, as given to ``apply``; ``""`` before the first time."""

    def apply(self, read: Iterable[FileVersion], removed: Iterable[str], parser: str) -> None:
        """Take over changed files and forget removed ones, all or nothing.

        Both are gone through while nobody else can write: a generator can leave out what has changed since it was read.
        ``parser`` names what else the articles depend on (configured channels, version of the format): when
        it differs from ``parser()``, unchanged files have to be read again too.
        """

    def get_many(self, article_ids: Iterable[str], bodies: bool = True) -> dict[str, ArticleRecord]:
        """As that of ``ServedArticles``; without ``bodies`` each has ``""`` in the place of its body."""

    def current_id(self, former_id: str) -> str | None:
        """The id of the article being served that had the id ``former_id`` once."""

    def renamed(self) -> dict[str, str]:
        """former id -> id of the article being served, for every id that no article has now."""

    def revisions(self) -> dict[str, tuple[str, str]]:
        """id -> (path, revision of the file) of every article being served, drafts too."""

    def stamps(self) -> Mapping[str, tuple[str, int]]:
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
