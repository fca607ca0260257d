"""What is kept in memory of an index of a cluster, and a view of it at one commit.

Of every document: id, revision, keywords, lengths. Of tokens and texts what was asked for, within limits; for neither
ever changes, because a new version of a document has a new number.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.bounded_cache import BoundedCache
from kb.engines.cluster_documents import CHARACTERS, characters_of, document_of
from kb.engines.preparing import prepare
from kb.engines.scoring import Postings, bytes_of
from kb.errors import IndexCorrupt
from kb.garbage import without_garbage_collection
from kb.ports.engine import KEYWORD_FIELDS, SCORED_FIELDS

#: bytes of posting lists and of texts that are kept of one generation: asking for them costs a round trip. Lists grow
#: with the house: those of 3,600 words of 100,000 articles take 52 MB (measured)
_POSTINGS_BYTES, _PER_DOCUMENT, _TEXTS_BYTES = 128 * 2**20, 1_000, 32 * 2**20
#: tokens that are asked for in one request
_TOGETHER = 64
_TOKENS = 10_000
_NOWHERE: Postings = np.empty(0, np.int32), np.empty(0, np.float32)


class Source(Protocol):
    """Where lists and texts come from: ``ClusterIndex``."""

    def postings(self, wanted: Sequence[tuple[str, str]]) -> list[Postings]:
        """The (numbers, frequencies) of tokens (field, token)."""

    def texts(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What was stored, by number."""

    def tokens(self, name: str, prefix: str, limit: int) -> list[str]:
        """The indexed tokens of a text that start with ``prefix``, in order."""


@dataclass(frozen=True, slots=True)
class Added:
    """A document written after the base was read."""

    number: int
    source: Mapping[str, Any]


class Base:
    """All documents numbered below ``next``, as they were read together, and those added since, each at a place: the
    order of numbers. What was added is only ever appended, so that a reader of an earlier commit leaves out its end.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]], next_number: int, source: Source) -> None:
        self.next, self.source = next_number, source
        self.identities: list[tuple[str, str]] = []
        #: of what was added: {(field, token): [(place, frequency)]}
        self._more: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        carrying: dict[tuple[str, str], array[int]] = defaultdict(lambda: array("i"))
        numbers, lengths = array("i"), {name: array("i") for name in SCORED_FIELDS}
        with without_garbage_collection():  # half of the time, of 100,000 articles
            for place, row in enumerate(rows):
                numbers.append(row["number"])
                self.identities.append((row["id"][0], row["revision"][0]))
                for name, of_field in lengths.items():
                    of_field.append(row[f"{name}_length"][0])
                for name in KEYWORD_FIELDS:
                    for value in row.get(name, ()):
                        carrying[name, value].append(place)
        #: of every document; arrays are replaced, never changed
        self.numbers = np.array(numbers, np.int32)
        self.lengths = {name: np.array(of_field, np.float32) for name, of_field in lengths.items()}
        self._keywords = {key: _once_each(places) for key, places in carrying.items()}
        self._newest = {article_id: place for place, (article_id, _) in enumerate(self.identities)}
        self._first = self.numbers
        self._postings = BoundedCache[Postings](max(_POSTINGS_BYTES, _PER_DOCUMENT * self._first.size), bytes_of)
        self._texts = BoundedCache[dict[str, Any]](_TEXTS_BYTES, _bytes_of_texts)
        #: numbers that don't hold any more; what ``State`` forgets is remembered here, for the places remain
        self.dead: set[int] = set()

    def extend(self, added: Sequence[Added]) -> None:
        """Take over what was written since."""
        lengths: dict[str, list[int]] = {name: [] for name in SCORED_FIELDS}
        for place, one in enumerate(added, start=len(self.identities)):
            prepared = prepare(document_of(one.source))
            tokens = prepared["tokens"]
            for name, of_field in (*tokens.items(), (CHARACTERS, characters_of(tokens))):
                for token, times in of_field.items():
                    self._more[name, token].append((place, times))
            for name, of_name in lengths.items():
                of_name.append(sum(tokens[name].values()))
            self.identities.append(prepared["identity"])
        self.lengths = {
            name: np.append(self.lengths[name], np.array(more, np.float32)) for name, more in lengths.items()
        }
        self.numbers = np.append(self.numbers, np.array([one.number for one in added], np.int32))

    def places(self, numbers: Sequence[int] | NDArray[np.int32]) -> NDArray[np.int32]:
        """The places of those numbers that there are."""
        return self._places_among(self.numbers, np.asarray(numbers, np.int32))[0]

    def postings(self, name: str, token: str) -> Postings:
        """Of a token: (places, frequencies)."""
        found, more = self._read_together(name, token), self._more.get((name, token))
        if not more:
            return found
        places, times = zip(*more, strict=True)
        return np.append(found[0], np.array(places, np.int32)), np.append(found[1], np.array(times, np.float32))

    def _read_together(self, name: str, token: str) -> Postings:
        """Those read with the base."""
        if name == "id":
            return _once_each([self._newest[token]] if token in self._newest else [])
        if name in KEYWORD_FIELDS:
            return self._keywords.get((name, token), _NOWHERE)
        return self._postings.get((name, token), lambda: self._read([(name, token)])[0])

    def tokens(self, name: str, prefix: str) -> list[str]:
        """The tokens of a field that start with ``prefix``, in order."""
        known = self._keywords if name in KEYWORD_FIELDS else ()
        own = {token for field, token in (*known, *list(self._more)) if field == name and token.startswith(prefix)}
        return sorted(own if name in KEYWORD_FIELDS else {*own, *self.source.tokens(name, prefix, _TOKENS)})

    def expect(self, wanted: Sequence[tuple[str, str]]) -> None:
        """Read the lists of ``wanted`` together."""
        missing = [key for key in wanted if key not in self._postings]
        for start in range(0, len(missing), _TOGETHER):
            some = missing[start : start + _TOGETHER]
            for key, found in zip(some, self._read(some), strict=True):
                self._postings.put(key, found)

    def _read(self, wanted: Sequence[tuple[str, str]]) -> list[Postings]:
        return [self._placed(found) for found in self.source.postings(wanted)]

    def _placed(self, found: Postings) -> Postings:
        """Numbers as places; of documents read with the base only."""
        numbers, times = found
        places, inside = self._places_among(self._first, numbers)
        return places, times[inside]

    @staticmethod
    def _places_among(
        known: NDArray[np.int32], numbers: NDArray[np.int32]
    ) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
        """(the places of those ``numbers`` that are known, which these are)."""
        places = np.searchsorted(known, numbers)
        inside = places < known.size
        inside[inside] = known[places[inside]] == numbers[inside]
        return places[inside].astype(np.int32), inside

    def texts(self, place: int) -> dict[str, Any]:
        """What was stored with a document."""
        number = int(self.numbers[place])

        def read() -> dict[str, Any]:
            found = self.source.texts([number])
            if number not in found:
                raise IndexCorrupt(
                    f"集群上的索引缺少条目 {self.identities[place][0]} 的原文，请执行 kb index --rebuild。"
                )
            return found[number]

        return self._texts.get(number, read)

    def expect_texts(self, places: Sequence[int]) -> None:
        """Read the texts of several documents together."""
        missing = [number for place in places if (number := int(self.numbers[place])) not in self._texts]
        if len(missing) > 1:
            for number, texts in self.source.texts(missing).items():
                self._texts.put(number, texts)


class ClusterReader:
    """Posting arrays of one commit, see ``kb.engines.reader.Reader``; documents are numbered by their places."""

    def __init__(self, base: Base, end: int) -> None:
        self._base = base
        self.size = int(np.searchsorted(base.numbers, end))
        self._shown = np.ones(self.size, np.bool_)
        places = base.places(sorted(base.dead))
        self._shown[places[places < self.size]] = False
        self.live = int(np.count_nonzero(self._shown))

    def only(self, name: str, token: str) -> ClusterReader:
        """See ``Reader``."""
        part = copy(self)
        part._shown = np.zeros(self.size, np.bool_)
        part._shown[self.postings(name, token)[0]] = True
        part.live = int(np.count_nonzero(part._shown))
        return part

    def postings(self, name: str, token: str) -> Postings:
        """See ``Reader``."""
        found = self._base.postings(name, token)
        kept = found[0] < self.size
        kept[kept] = self._shown[found[0][kept]]
        return found[0][kept], found[1][kept]

    def expect(self, tokens: Iterable[str]) -> None:
        """See ``Reader``."""
        self._base.expect([(name, token) for token in tokens for name in SCORED_FIELDS])

    def expect_texts(self, numbers: Sequence[int]) -> None:
        """See ``Reader``."""
        self._base.expect_texts(numbers)

    def holding(self, character: str) -> NDArray[np.int32]:
        """See ``Reader``."""
        return self.postings(CHARACTERS, character)[0]

    def lengths(self, name: str) -> NDArray[np.float32]:
        """See ``Reader``."""
        lengths: NDArray[np.float32] = self._base.lengths[name][: self.size].copy()
        lengths[~self._shown] = 0
        return lengths

    def numbers(self, article_id: str) -> list[int]:
        """See ``Reader``."""
        return [int(place) for place in self.postings("id", article_id)[0]]

    def identity(self, number: int) -> tuple[str, str]:
        """See ``Reader``."""
        return self._base.identities[number]

    def stored(self, number: int) -> dict[str, Any]:
        """See ``Reader``."""
        return self._base.texts(number)

    def live_numbers(self) -> NDArray[np.int32]:
        """See ``Reader``."""
        return np.flatnonzero(self._shown).astype(np.int32)

    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """See ``Reader``; some may be of deleted documents. Of texts the first ones only."""
        return iter(self._base.tokens(name, prefix))


def _once_each(places: Sequence[int] | array[int]) -> Postings:
    return np.array(places, np.int32), np.ones(len(places), np.float32)


def _bytes_of_texts(texts: Mapping[str, Any]) -> int:
    """What the texts of a document take, roughly: (text, folded or None, offsets or None) by name."""
    parts = (part for text in texts.values() for part in text if part)
    return sum(100 + len(part) * (36 if isinstance(part, list) else 3) for part in parts)
