"""What is published: every article by its id, and what is one document each (FAQ ranking, habits, dictionaries …).

Accounts, sessions and tokens are in ``kb.store.access_copy``.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from kb.ports.notes import Body
from kb.ports.sharing import Row

#: of all things that are published
KINDS = frozenset(("article", "account", "session", "token", "faq", "learned", "habits", "dictionaries", "model"))
#: of these, what tells who somebody is
PEOPLE = frozenset(("account", "session", "token"))


class CopiedCatalog(Protocol):
    """A catalog that can be copied."""

    def stamps(self) -> Mapping[str, tuple[str, int]]:
        """As ``kb.ports.catalog.Catalog.stamps``."""

    def exported(self, article_ids: Iterable[str]) -> Iterator[dict[str, Any]]:
        """Articles being served, as ``take_over`` reads them."""

    def take_over(self, rows: Iterable[Mapping[str, Any]], gone: Iterable[str], everything: bool = False) -> None:
        """Serve them, and not what is ``gone``; or nothing but them."""


class Articles:
    """The articles being served, drafts too, each with the text of its file."""

    kind = "article"

    def __init__(self, catalog: CopiedCatalog) -> None:
        self._catalog = catalog
        self._stamps: Mapping[str, tuple[str, int]] = {}
        self._digests: dict[str, str] = {}

    def digests(self) -> dict[str, str]:
        """id -> what is another one whenever the article may be."""
        stamps = self._catalog.stamps()
        if stamps is not self._stamps:
            former, digests = self._stamps, self._digests
            self._digests = {
                i: digests[i] if former.get(i) == stamp else f"{stamp[1]} {stamp[0]}" for i, stamp in stamps.items()
            }
            self._stamps = stamps
        return self._digests

    def bodies(self, keys: Collection[str]) -> Iterator[tuple[str, Body]]:
        """(id, row of the catalog)."""
        return ((row["article_id"], row) for row in self._catalog.exported(keys))

    def clear(self) -> None:
        """Serve nothing; ``take_over`` follows in the same transaction."""
        self._catalog.take_over((), (), everything=True)

    def take_over(self, rows: Sequence[Row]) -> None:
        """Serve what ``rows`` say."""
        self._catalog.take_over(
            (row.body for row in rows if row.body is not None), [row.key for row in rows if row.body is None]
        )


class Whole:
    """One document of some ``kind``: ``read`` makes it, ``write`` takes it over. Read every so many ``seconds``."""

    def __init__(
        self,
        kind: str,
        read: Callable[[], Any],
        write: Callable[[Any], object],
        seconds: float = 0.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kind, self._read, self._write = kind, read, write
        self._seconds, self._clock, self._next = seconds, clock, 0.0
        self._digests: dict[str, str] = {}
        self._said = ""

    def digests(self) -> dict[str, str]:
        """The one that there is; the same object as long as it says the same."""
        now = self._clock()
        if not self._digests or now >= self._next:
            self._next = now + self._seconds
            said = json.dumps(self._read(), ensure_ascii=False, sort_keys=True)
            if said != self._said:
                self._said = said
                self._digests = {"": hashlib.sha256(said.encode()).hexdigest()[:16]}
        return self._digests

    def bodies(self, keys: Collection[str]) -> Iterator[tuple[str, Body]]:
        """The document as ``digests`` saw it."""
        return (("", {"it": json.loads(self._said)}) for _ in keys)

    def clear(self) -> None:
        """There is always one, which takes the place of the one before."""

    def take_over(self, rows: Sequence[Row]) -> None:
        """Take over the latest."""
        body = rows[-1].body
        if body is not None:
            self._write(body["it"])
