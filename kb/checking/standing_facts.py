"""Where else a fact still stands that an edit has changed: the other articles that now say something else."""

from __future__ import annotations

import re
import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from kb.model import Article, ArticleRecord
from kb.ports.catalog import Catalog
from kb.rules.changed_facts import ChangedFact, changed_facts
from kb.rules.document_parts import field_label, section_texts
from kb.rules.facts import Fact, facts_in
from kb.text.normalize import letters_of
from kb.usecases.following import Following

#: So many articles that have a value are read, those of the same scenario and product first: 1 天 stands in hundreds.
_READ = 100

#: So many changed facts are looked for: who changes more has rewritten the article.
MOST_CHANGES = 20

#: So many places of one value are worth showing.
MOST_PLACES = 20

#: What the same product and scenario count beside the words that sentences share, which count 1 when they share all.
_SAME_PRODUCT, _SAME_SCENARIO = 0.2, 0.3

#: characters on each side of the value, of a sentence that is longer
_AROUND = 40
_ENDS = re.compile(r"[。！？；!?;\n]")

_Key = tuple[str, str, str]
#: (where, text, fact in it) of all facts of an article
_Located = list[tuple[str, str, Fact]]


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
        changes = changed_facts(_text(old), _text(new))[:MOST_CHANGES]
        if not changes:
            return ()
        with self._lock:
            self._follow()
            located = {new.id: _located(new)}
            found = [self._standing(change, new, located) for change in changes]
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

    def _standing(self, change: ChangedFact, new: Article, located: dict[str, _Located]) -> StandingFact:
        """``located`` keeps the facts of the articles that were read already."""
        holders = self._holders.get(change.fact.key, set()) - {new.id}
        nearest = sorted(holders, key=lambda i: (-_nearness(self._paths[i], new), i))[:_READ]
        about = _pairs_beside(*_sentence(change.line, change.fact))
        found: list[tuple[float, Place]] = []
        for record in self._catalog.get_many(nearest).values():
            if record.article.id not in located:
                located[record.article.id] = _located(record.article)
            places = _places(record.article, located[record.article.id], change.fact)
            found += ((_relevance(place, record, new, about), place) for place in places)
        found.sort(key=lambda row: (-row[0], row[1].article_id))
        own = _places(new, located[new.id], change.fact)
        articles = len({place.article_id for _, place in found}) + len(holders) - len(nearest) + bool(own)
        return StandingFact(change, articles, (*own, *(place for _, place in found))[:MOST_PLACES])


def _text(article: Article) -> str:
    return "\n".join((article.title, *article.questions, article.body))


def _parts(article: Article) -> Iterator[tuple[str, str]]:
    """(where, text) of everything that an article says."""
    yield field_label("title"), article.title
    yield from ((field_label("questions"), question) for question in article.questions)
    yield from section_texts(article.body)


def _located(article: Article) -> _Located:
    return [(where, text, fact) for where, text in _parts(article) for fact in facts_in(text)]


def _places(article: Article, located: _Located, wanted: Fact) -> list[Place]:
    """Where an article with these facts says the same."""
    is_draft = article.status == "draft"
    return [
        Place(article.id, article.title, is_draft, where, *_sentence(text, fact))
        for where, text, fact in located
        if fact.is_same(wanted)
    ]


def _sentence(text: str, fact: Fact) -> tuple[str, int, int]:
    """The sentence around a fact, or as much of it as is worth showing, and where the fact is in it."""
    before = [mark.end() for mark in _ENDS.finditer(text, max(0, fact.start - _AROUND), fact.start)]
    start = before[-1] if before else max(0, fact.start - _AROUND)
    after = _ENDS.search(text, fact.end, fact.end + _AROUND)
    shown = text[start : after.end() if after else fact.end + _AROUND]
    return shown, fact.start - start, fact.end - start


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
