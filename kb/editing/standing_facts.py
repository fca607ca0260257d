"""Where else a fact still stands that an edit has changed: the other articles that now say something else."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kb.editing.following import Following
from kb.model import Article, ArticleRecord
from kb.ports.store import Catalog
from kb.rules.changed_facts import ChangedFact, changed_facts
from kb.rules.document_parts import field_label, section_texts
from kb.rules.facts import Fact, facts_in
from kb.text.normalize import letters_of

#: So many articles that have a value are read, those of the same scenario and product first: 1 天 stands in hundreds.
_READ = 100

#: So many places of one value are worth showing.
MOST_PLACES = 20

#: What the same product and scenario count beside the words that sentences share, which count 1 when they share all.
_SAME_PRODUCT, _SAME_SCENARIO = 0.2, 0.3

#: characters on each side of the value, of a sentence that is longer
_AROUND = 40
_ENDS = re.compile(r"[。！？；!?;\n]")

_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A value in an article: ``sentence[start:end]`` in ``where`` (标题, 标准话术（电话）…).

    ``is_draft``: the article is not published yet.
    """

    article_id: str
    title: str
    is_draft: bool
    where: str
    sentence: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class StandingFact:
    """A changed fact and where its old value still stands, the likeliest first; ``articles``: how many have it."""

    change: ChangedFact
    articles: int
    places: tuple[Place, ...]


class StandingFacts:
    """Knows the facts of all articles, drafts too; thread-safe. The first question reads them all."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self._following = catalog, Following(catalog)
        self._lock = threading.Lock()
        self._keys: dict[str, frozenset[_Key]] = {}
        self._paths: dict[str, str] = {}
        self._holders: dict[_Key, set[str]] = defaultdict(set)

    def check(self, old: Article | None, new: Article) -> tuple[StandingFact, ...]:
        """What ``new`` says otherwise than ``old``, with the places that still say the old; its own among them.

        Changed facts that stand nowhere else are left out.
        """
        if old is None:
            return ()
        with self._lock:
            self._follow()
            found = [self._standing(change, new) for change in changed_facts(_text(old), _text(new))]
        return tuple(standing for standing in found if standing.places)

    def _follow(self) -> None:
        changes = self._following.changes()
        for article_id in changes.gone:
            self._forget(article_id)
        for record in changes.renewed:
            self._forget(record.article.id)
            keys = frozenset(fact.key for fact in facts_in(_text(record.article)))
            self._keys[record.article.id], self._paths[record.article.id] = keys, record.path
            for key in keys:
                self._holders[key].add(record.article.id)

    def _forget(self, article_id: str) -> None:
        for key in self._keys.pop(article_id, ()):
            self._holders[key].discard(article_id)

    def _standing(self, change: ChangedFact, new: Article) -> StandingFact:
        holders = self._holders.get(change.fact.key, set()) - {new.id}
        nearest = sorted(holders, key=lambda i: (-_nearness(self._paths[i], new), i))[:_READ]
        others = self._catalog.get_many(nearest).values()
        about = _pairs_beside(change.line, change.fact.start, change.fact.end)
        places = [
            (_relevance(place, r, new, about), place) for r in others for place in _places(r.article, change.fact)
        ]
        places.sort(key=lambda row: (-row[0], row[1].article_id))
        own = list(_places(new, change.fact))
        return StandingFact(change, len(holders) + bool(own), (*own, *(place for _, place in places))[:MOST_PLACES])


def _text(article: Article) -> str:
    return "\n".join((article.title, *article.questions, article.body))


def _parts(article: Article) -> Iterator[tuple[str, str]]:
    """(where, text) of everything that an article says."""
    yield field_label("title"), article.title
    yield from ((field_label("questions"), question) for question in article.questions)
    yield from section_texts(article.body)


def _places(article: Article, fact: Fact) -> Iterator[Place]:
    for where, text in _parts(article):
        for found in facts_in(text):
            if found.is_same(fact):
                start, end = _sentence(text, found)
                mark = found.start - start, found.end - start
                yield Place(article.id, article.title, article.status == "draft", where, text[start:end], *mark)


def _sentence(text: str, fact: Fact) -> tuple[int, int]:
    """The range of the sentence around a fact, or of as much of it as is worth showing."""
    before = [mark.end() for mark in _ENDS.finditer(text, max(0, fact.start - _AROUND), fact.start)]
    start = before[-1] if before else max(0, fact.start - _AROUND)
    after = _ENDS.search(text, fact.end, fact.end + _AROUND)
    return start, after.end() if after else min(len(text), fact.end + _AROUND)


def _nearness(path: str, article: Article) -> float:
    product, scenario = path.split("/")[:2]
    same = product == article.product.slug
    return _SAME_PRODUCT * same + _SAME_SCENARIO * (same and scenario == article.scenario.slug)


def _relevance(place: Place, record: ArticleRecord, new: Article, about: frozenset[str]) -> float:
    """By the words that the sentence shares with the changed one, and by where the article is."""
    said = _pairs_beside(place.sentence, place.start, place.end)
    shared = len(about & said) / min(len(about), len(said)) if about and said else 0.0
    return shared + _nearness(record.path, new)


def _pairs_beside(text: str, start: int, end: int) -> frozenset[str]:
    """The pairs of letters of a text without the value in it, which may be written otherwise."""
    letters = letters_of(text[:start] + text[end:])
    return frozenset(letters[i : i + 2] for i in range(len(letters) - 1))
