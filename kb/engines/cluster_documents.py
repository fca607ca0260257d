"""How an index of a cluster is laid out: its mapping, its documents, and the one that says what holds.

Documents are never changed: a new version has a new number, and ``state`` says which numbers hold. So whoever
reads keeps what was read, and all changes of a batch show at once, when ``state`` is replaced.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kb.cluster.client import Operation
from kb.engines.preparing import prepare
from kb.ports.engine import KEYWORD_FIELDS, LONG_TEXT, SCORED_FIELDS, TEXT_FIELDS, IndexDocument
from kb.text.grams import is_han_unit

#: Part of the index fingerprint: raise it whenever documents or mapping would be written differently.
FORMAT_VERSION = 1

#: of the document that says what holds
STATE = "state"
#: the Han characters in the tokens of LONG_TEXT, each a token, for phrases of one character
CHARACTERS = "characters"
#: values that every document has one of, and that are read of all documents
SINGLE = ("id", "revision", *(f"{name}_length" for name in SCORED_FIELDS))

#: Lucene takes no term above 32,766 bytes; a character has four at most
_LONGEST_TOKEN = 8_000
#: seconds that a version stays after the next one came, for those who are still reading
_KEPT_SECONDS = 300


def layout(shards: int) -> dict[str, Any]:
    """Settings and mapping of an index.

    Tokens come ready, so they are only split; the score of a term is how often it stands in the text, for what is made
    of that is our formula. Nothing shows before we say so: no refresh by itself.
    """
    text = {"type": "text", "analyzer": "ready", "similarity": "frequency", "norms": False}
    counted = {"index_options": "freqs", "fielddata": True}
    properties: dict[str, Any] = dict.fromkeys(SCORED_FIELDS, text | counted)
    properties[CHARACTERS] = text | {"index_options": "docs"}
    properties |= {f"{name}_length": {"type": "integer", "index": False} for name in SCORED_FIELDS}
    properties |= {name: {"type": "keyword"} for name in ("id", "revision", *KEYWORD_FIELDS)}
    properties |= {name: {"type": "object", "enabled": False} for name in ("texts", STATE)}
    properties["number"] = {"type": "integer"}
    return {
        "settings": {
            "number_of_shards": shards,
            "auto_expand_replicas": "0-1",
            "refresh_interval": "-1",
            "analysis": {
                "tokenizer": {"spaces": {"type": "whitespace", "max_token_length": _LONGEST_TOKEN}},
                "analyzer": {"ready": {"type": "custom", "tokenizer": "spaces"}},
            },
            "similarity": {"frequency": {"type": "scripted", "script": {"source": "return query.boost * doc.freq;"}}},
        },
        "mappings": {
            "dynamic": "strict",
            "_source": {"excludes": [*SCORED_FIELDS, CHARACTERS]},
            "properties": properties,
        },
    }


def body_of(given: IndexDocument, number: int) -> dict[str, Any]:
    """A document as it is sent."""
    prepared = prepare(given)
    tokens = prepared["tokens"]
    return {
        "number": number,
        "id": given.id,
        "revision": given.revision,
        **{
            name: " ".join(token for token, times in tokens[name].items() for _ in range(times))
            for name in SCORED_FIELDS
        },
        **{f"{name}_length": sum(tokens[name].values()) for name in SCORED_FIELDS},
        **{name: list(given.keywords.get(name, ())) for name in KEYWORD_FIELDS},
        CHARACTERS: " ".join(characters_of(tokens)),
        "texts": prepared["stored"],
    }


def characters_of(tokens: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """What CHARACTERS holds, of the tokens of all fields."""
    found = (character for token in tokens[LONG_TEXT] for character in token if is_han_unit(character))
    return dict.fromkeys(found, 1)


def document_of(source: Mapping[str, Any]) -> IndexDocument:
    """The document that was sent."""
    texts = {name: source["texts"][name][0] for name in TEXT_FIELDS if name in source["texts"]}
    keywords = {name: tuple(source[name]) for name in KEYWORD_FIELDS}
    return IndexDocument(source["id"], source["revision"], texts, keywords)


def creating(index: str, documents: Iterable[IndexDocument], first: int) -> Iterator[Operation]:
    """The operations that write ``documents``, numbered from ``first``."""
    for number, document in enumerate(documents, start=first):
        yield {"create": {"_index": index, "_id": str(number)}}, body_of(document, number)


@dataclass(frozen=True, slots=True)
class Deaths:
    """The numbers that a commit has replaced or deleted, at a Unix time."""

    commit: int
    at: float
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What holds: all documents with a number below ``next`` but those in ``deaths``, which are complete for readers
    who know ``since`` or a later commit; the others were taken away.
    """

    commit: int = 0
    next: int = 0
    since: int = 0
    deaths: tuple[Deaths, ...] = ()

    @classmethod
    def of(cls, source: Mapping[str, Any]) -> State:
        """From the document."""
        state = source[STATE]
        deaths = tuple(Deaths(commit, at, tuple(numbers)) for commit, at, numbers in state["deaths"])
        return cls(state["commit"], state["next"], state["since"], deaths)

    def body(self) -> dict[str, Any]:
        """The document."""
        deaths = [[one.commit, one.at, one.numbers] for one in self.deaths]
        return {STATE: {"commit": self.commit, "next": self.next, "since": self.since, "deaths": deaths}}

    def dead(self) -> list[int]:
        """The numbers that don't hold any more."""
        return [number for one in self.deaths for number in one.numbers]

    def after(self, added: int, replaced: Iterable[int]) -> State:
        """The next commit: ``added`` documents more, ``replaced`` numbers hold no more, old deaths are forgotten."""
        dead, now = Deaths(self.commit + 1, time.time(), tuple(replaced)), time.time()
        gone = self.outlived(now)
        since = max([self.since, *(one.commit for one in gone)])
        kept = tuple(one for one in self.deaths if one not in gone)
        return State(self.commit + 1, self.next + added, since, (*kept, dead))

    def outlived(self, now: float) -> list[Deaths]:
        """The deaths so long ago that nobody reads these documents any more."""
        return [one for one in self.deaths if not 0 <= now - one.at <= _KEPT_SECONDS]
