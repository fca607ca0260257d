"""Who has this question already: wordings of all articles, looked up while somebody types another one."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kb.content.checks.twins import Saying, core_of, rarest_of, say_the_same
from kb.model import Article
from kb.ports.catalog import Catalog
from kb.text.normalize import letters_of
from kb.usecases.following import Following
from kb.usecases.question import Vocabulary


@dataclass(frozen=True, slots=True)
class Duplicate:
    """``text``, as it was asked about, and the ``wording`` of an article that is the ``same`` (but for punctuation and
    width) or ``near``: it asks the same, see ``kb.content.checks.twins``.
    """

    text: str
    article_id: str
    title: str
    wording: str
    kind: str


class Wordings:
    """Titles and questions of all articles, drafts too; thread-safe. The first question reads them all."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._lock = threading.Lock()
        self._vocabulary: Vocabulary | None = None
        self._core: Callable[[str], str] = str
        self._forget_all()

    def duplicates(self, texts: Iterable[str], vocabulary: Vocabulary, own_id: str | None = None) -> list[Duplicate]:
        """For each text the wordings of articles other than ``own_id``, same ones first, one per article."""
        with self._lock:
            self._follow(vocabulary)
            return [found for text in dict.fromkeys(texts) for found in self._of_text(text, own_id)]

    def _of_text(self, text: str, own_id: str | None) -> Iterator[Duplicate]:
        letters, seen = letters_of(text), {own_id}
        if not letters:
            return
        saying = Saying.of(text, self._core)
        near = (found for found in self._neighbours(saying) if say_the_same(saying, found[1]))
        rows = sorted((other.letters != letters, i, other.text) for i, other in (*self._same(letters), *near))
        for differs, article_id, wording in rows:
            if article_id not in seen:
                seen.add(article_id)
                kind = "near" if differs else "same"
                yield Duplicate(text, article_id, self._titles[article_id], wording, kind)

    def _same(self, letters: str) -> Iterator[tuple[str, Saying]]:
        return ((i, other) for i, other in self._by_letters.get(letters, ()))

    def _neighbours(self, saying: Saying) -> Iterator[tuple[str, Saying]]:
        frequency = {pair: len(self._by_pair.get(pair, ())) for pair in saying.pairs()}
        for pair in rarest_of(frequency, frequency):
            yield from self._by_pair.get(pair, ())

    def _follow(self, vocabulary: Vocabulary) -> None:
        if vocabulary is not self._vocabulary:
            self._vocabulary = vocabulary
            self._forget_all()
            self._core = core_of(vocabulary.tokenizer, vocabulary.stop_words, vocabulary.synonyms.groups)
        changes = self._following.changes()
        for article_id in (*changes.gone, *(record.article.id for record in changes.renewed)):
            self._forget(article_id)
        for record in changes.renewed:
            self._add(record.article)

    def _add(self, article: Article) -> None:
        self._titles[article.id] = article.title
        self._sayings[article.id] = tuple(Saying.of(text, self._core) for text in (article.title, *article.questions))
        for saying in self._sayings[article.id]:
            self._by_letters[saying.letters].add((article.id, saying))
            for pair in saying.pairs():
                self._by_pair[pair].add((article.id, saying))

    def _forget(self, article_id: str) -> None:
        for saying in self._sayings.pop(article_id, ()):
            self._by_letters[saying.letters].discard((article_id, saying))
            for pair in saying.pairs():
                self._by_pair[pair].discard((article_id, saying))

    def _forget_all(self) -> None:
        self._following = Following(self._catalog)
        self._titles: dict[str, str] = {}
        self._sayings: dict[str, tuple[Saying, ...]] = {}
        self._by_letters: dict[str, set[tuple[str, Saying]]] = defaultdict(set)
        self._by_pair: dict[str, set[tuple[str, Saying]]] = defaultdict(set)
