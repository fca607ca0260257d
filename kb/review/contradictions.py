"""Two articles that answer the same question and give different values for the same thing.

Clauses that differ in nothing but their value are common between articles about different things (每日限额 500 万元 of
转账, 5000 元 of 缴费), so both have to be about the same: one of their wordings asks the same as one of the other's
(``kb.content.checks.twins``), or they stand in one scenario, are alike in most of their text, and each title's words
all occur in the other article. Articles for different channels or periods may differ; cases tell what was, not what is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from itertools import combinations, product

from rapidfuzz import fuzz

from kb.content.checks.twins import Saying, core_of, say_the_same
from kb.model import Article
from kb.ports.findings import Claim, Reading
from kb.rules.claims import contradict, values_in
from kb.text.matching import contains
from kb.text.normalize import letters_of, normalize
from kb.usecases.question import Vocabulary

#: A clause that more articles have is a formula, and comparing all of them with each other takes long.
_MOST_HOLDERS = 50

#: Out of 100 for equal texts: from here on one was made from the other.
_ALIKE = 70

#: (article id, what it says)
_Holder = tuple[str, Claim]

#: two holders, and what each article was read from
_Question = tuple[_Holder, _Holder, str, str]


def suspects(readings: Iterable[Reading]) -> list[tuple[_Holder, _Holder]]:
    """The pairs of published articles that give values excluding each other in the same clause, by clause."""
    by_clause: dict[str, dict[str, list[_Holder]]] = defaultdict(lambda: defaultdict(list))
    for reading in readings:
        if reading.status == "published" and reading.kind != "case":
            for claim in reading.claims:
                by_clause[claim.key][claim.value].append((reading.article_id, claim))
    return [
        pair
        for by_value in by_clause.values()
        if len(by_value) > 1 and sum(map(len, by_value.values())) <= _MOST_HOLDERS
        for value, other_value in combinations(by_value, 2)
        if contradict(value, other_value)
        for pair in product(by_value[value], by_value[other_value])
    ]


def contradictions(
    pairs: Iterable[tuple[_Holder, _Holder]], articles: Mapping[str, Article], vocabulary: Vocabulary
) -> Iterator[tuple[_Holder, _Holder]]:
    """Those of ``suspects`` that can't both be right. ``articles``: those that are still served."""
    same, values = _SameSubject(vocabulary), cache(lambda i: values_in(_text(articles[i])))

    def knows(article_id: str, claim: Claim) -> bool:
        """Whether an article has a value too, of whatever: then it may tell of both cases."""
        return claim.value in values(article_id)

    for (one, claim), (other, other_claim) in pairs:
        if one in articles and other in articles:
            a, b = articles[one], articles[other]
            if _hold_together(a, b) and not knows(one, other_claim) and not knows(other, claim) and same(a, b):
                yield (one, claim), (other, other_claim)


class Contradictions:
    """Compares articles; what was found of two is known as long as both, and the dictionaries, are as they were. Not
    thread-safe. ``vocabulary`` is asked for only when there are values to compare.
    """

    def __init__(self, articles: Callable[[set[str]], Mapping[str, Article]], vocabulary: Callable[[], Vocabulary]):
        self._articles, self._vocabulary = articles, vocabulary
        self._known: dict[_Question, bool] = {}
        self._known_by: Vocabulary | None = None

    def among(self, readings: Sequence[Reading]) -> list[tuple[_Holder, _Holder]]:
        """The ``suspects`` among these readings that can't both be right."""
        states = {reading.article_id: reading.state for reading in readings}
        asked = {pair: (*pair, states[pair[0][0]], states[pair[1][0]]) for pair in suspects(readings)}
        vocabulary = self._vocabulary() if asked else None
        known = self._known if vocabulary is self._known_by else {}
        new = [pair for pair, question in asked.items() if question not in known]
        if vocabulary is not None and new:
            articles = self._articles({article_id for pair in new for article_id, _ in pair})
            found = set(contradictions(new, articles, vocabulary))
            read = [pair for pair in new if all(article_id in articles for article_id, _ in pair)]
            known = {**known, **{asked[pair]: pair in found for pair in read}}
        self._known = {question: known[question] for question in asked.values() if question in known}
        self._known_by = vocabulary
        return [pair for pair, question in asked.items() if known.get(question)]


class _SameSubject:
    """Whether two articles are about the same; what was found out of a wording is kept for the next pair."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._words: Callable[[str], tuple[str, ...]] = lambda text: vocabulary.parse(text).words
        self._core = core_of(vocabulary.tokenizer, vocabulary.stop_words, vocabulary.synonyms.groups)
        self._sayings: dict[str, Saying] = {}

    def __call__(self, one: Article, other: Article) -> bool:
        wordings = product((one.title, *one.questions), (other.title, *other.questions))
        return any(say_the_same(self._saying(a), self._saying(b)) for a, b in wordings) or self._are_alike(one, other)

    def _are_alike(self, one: Article, other: Article) -> bool:
        return (
            one.scenario_path == other.scenario_path
            and fuzz.ratio(letters_of(one.body), letters_of(other.body)) >= _ALIKE
            and self._covers(one, other.title)
            and self._covers(other, one.title)
        )

    def _covers(self, article: Article, title: str) -> bool:
        text = normalize(_text(article))
        return all(contains(text, word) for word in self._words(title))

    def _saying(self, text: str) -> Saying:
        if text not in self._sayings:
            self._sayings[text] = Saying.of(text, self._core)
        return self._sayings[text]


def _hold_together(one: Article, other: Article) -> bool:
    """Whether some agent may give either answer at the same time."""
    same_period = (one.valid_from, one.valid_to) == (other.valid_from, other.valid_to)
    return same_period and not set(one.channels).isdisjoint(other.channels)


def _text(article: Article) -> str:
    return "\n".join((article.title, *article.questions, article.body))
