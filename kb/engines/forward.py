"""Term frequencies by document, kept in memory for those that were candidates: what exact scoring reads.

An entry is one token in one scored field of one document, packed into 63 bits: 43 of token key, 2 of field, 18 of
frequency. Keys are exact for one or two characters (nearly all tokens) and mixed by an invertible function, so
that their upper bits are as good as random; runs of letters and digits have CRC-32 and length in them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from kb.ports.engine import KEYWORD_FIELDS, SCORED_FIELDS

Numbers = NDArray[np.int64]

_KEY_BITS, _FIELD_BITS, _FREQUENCY_BITS = 43, 2, 18
_KEY_SHIFT = _FIELD_BITS + _FREQUENCY_BITS
_MOST_FREQUENT = 2**_FREQUENCY_BITS - 1
_FLAG_BITS = 16
_MIXER = 0x4F1BBCDCBFA53  # odd, so multiplying by it modulo 2^43 can be undone: different keys stay different


def token_key(token: str) -> int:
    """43 bits that stand for a token."""
    if len(token) == 1:
        key = ord(token)
    elif len(token) == 2:
        key = ord(token[0]) << 21 | ord(token[1])
    else:
        encoded = token.encode()
        key = 1 << 42 | (len(encoded) & 0x3FF) << 32 | crc32(encoded)
    return key * _MIXER & (1 << _KEY_BITS) - 1


def pack(tokens: Mapping[str, Mapping[str, int]]) -> bytes:
    """The entries of a document, the same token's in a row."""
    entries = [
        token_key(token) << _KEY_SHIFT | place << _FREQUENCY_BITS | min(frequency, _MOST_FREQUENT)
        for place, name in enumerate(SCORED_FIELDS)
        for token, frequency in tokens.get(name, {}).items()
    ]
    return np.sort(np.array(entries, np.int64)).tobytes()


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Where the tokens asked for stand in the documents asked for, as parallel arrays: ``document`` and ``token`` are
    positions in what was asked, ``field`` one in SCORED_FIELDS; ordered by document and token.
    """

    document: Numbers
    token: Numbers
    field: Numbers
    frequency: NDArray[np.float64]


class ForwardIndex:
    """The documents of one generation by number; forgets all of them when they take more than ``limit`` bytes.

    Numbers are given once and never again, so a commit makes nothing here wrong.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._codes: list[dict[tuple[str, ...], int]] = [{} for _ in KEYWORD_FIELDS]  # of all that a document carries
        self._values: list[list[tuple[str, ...]]] = [[] for _ in KEYWORD_FIELDS]  # the same by code
        self._forget()

    def _forget(self) -> None:
        self._entries = np.empty(0, np.int64)
        self._used = 0
        self._starts = np.empty(0, np.int64)
        self._sizes = np.empty(0, np.int64)  # -1: not here
        self._lengths = np.empty((len(SCORED_FIELDS), 0), np.float64)
        self._keywords = np.empty((len(KEYWORD_FIELDS), 0), np.int32)
        self._identities: dict[int, tuple[str, str]] = {}

    def missing(self, numbers: Numbers) -> Numbers:
        """The positions of those ``numbers`` that have to be added before they are asked for."""
        self._make_room(int(numbers.max(initial=-1)) + 1)
        absent = np.flatnonzero(self._sizes[numbers] < 0)
        if absent.size and self._used * self._entries.itemsize > self._limit:
            self._forget()
            return self.missing(numbers)
        return absent

    def _make_room(self, documents: int) -> None:
        more = documents - self._sizes.size
        if more > 0:
            more += documents // 4
            self._starts = np.pad(self._starts, (0, more))
            self._sizes = np.pad(self._sizes, (0, more), constant_values=-1)
            self._lengths = np.pad(self._lengths, ((0, 0), (0, more)))
            self._keywords = np.pad(self._keywords, ((0, 0), (0, more)))

    def add(self, records: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Take up documents: number, what ``describe`` made, what ``pack`` made."""
        for number, description, packed in records:
            about = json.loads(description)
            entries = np.frombuffer(packed, np.int64)
            end = self._used + entries.size
            if end > self._entries.size:
                self._entries = np.concatenate([self._entries, np.empty(end + self._entries.size // 4, np.int64)])
            self._entries[self._used : end] = entries
            self._starts[number], self._sizes[number], self._used = self._used, entries.size, end
            self._lengths[:, number] = about["lengths"]
            for place, values in enumerate(about["keywords"]):
                self._keywords[place, number] = self._code(place, tuple(values))
            self._identities[number] = (about["id"], about["revision"])

    def _code(self, place: int, values: tuple[str, ...]) -> int:
        codes = self._codes[place]
        if values not in codes:
            codes[values] = len(codes)
            self._values[place].append(values)
        return codes[values]

    def identity(self, number: int) -> tuple[str, str]:
        """(id, revision)"""
        return self._identities[number]

    def lengths(self, numbers: Numbers) -> NDArray[np.float64]:
        """Token counts, a row per scored field."""
        return self._lengths[:, numbers]

    def counts(self, name: str, numbers: Numbers) -> dict[str, int]:
        """How many of the documents carry each value of a keyword field."""
        place = KEYWORD_FIELDS.index(name)
        counted = np.bincount(self._keywords[place, numbers])
        found: dict[str, int] = {}
        for values, count in zip(self._values[place], counted.tolist(), strict=False):
            for value in values if count else ():
                found[value] = found.get(value, 0) + count
        return found

    def occurrences(self, numbers: Numbers, keys: NDArray[np.int64]) -> Occurrences:
        """Where the tokens with these ``keys`` (ascending) stand in the documents."""
        sizes = self._sizes[numbers]
        ends = np.cumsum(sizes)
        total = int(ends[-1]) if ends.size else 0
        entries = self._entries.take(np.arange(total) + np.repeat(self._starts[numbers] - (ends - sizes), sizes))
        wanted = np.zeros(1 << _FLAG_BITS, np.bool_)  # most entries are other tokens: one look each sends them away
        wanted[keys >> _KEY_BITS - _FLAG_BITS] = True
        places = np.flatnonzero(wanted.take(entries >> _KEY_SHIFT + _KEY_BITS - _FLAG_BITS))
        entries = entries.take(places)
        found = entries >> _KEY_SHIFT
        token = np.searchsorted(keys, found)
        same = np.flatnonzero(np.append(keys, -1)[token] == found)
        entries = entries[same]
        return Occurrences(
            document=np.searchsorted(ends, places[same], side="right"),
            token=token[same],
            field=entries >> _FREQUENCY_BITS & (1 << _FIELD_BITS) - 1,
            frequency=(entries & _MOST_FREQUENT).astype(np.float64),
        )


def describe(prepared: Mapping[str, Any], keywords: Mapping[str, Sequence[str]]) -> bytes:
    """What is kept of a document besides its entries."""
    article_id, revision = prepared["identity"]
    about = {
        "id": article_id,
        "revision": revision,
        "lengths": [sum(prepared["tokens"][name].values()) for name in SCORED_FIELDS],
        "keywords": [list(keywords.get(name, ())) for name in KEYWORD_FIELDS],
    }
    return json.dumps(about).encode()
