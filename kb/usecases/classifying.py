"""What a conversation is about: the likely product and scenario, or 不确定 rather than a guess."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kb.model import ArticleRecord, Candidate, Classification, Message, SearchPage, SearchRequest
from kb.rules import classification as rules
from kb.rules.conversation import sentences
from kb.rules.wordings import Wordings, grams_of
from kb.usecases.library import Library

_CANDIDATES = 3


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for each label of a level (scenario paths or product slugs): its ``shares`` of probability, and the
    figures behind the ``best``, which mean something else when ``semantic``.
    """

    shares: Mapping[str, float]
    best: str
    figures: rules.Figures
    semantic: bool

    @property
    def confidence(self) -> float:
        """The probability that the best label is right."""
        return rules.confidence(self.figures, rules.BY_MEANING if self.semantic else rules.BY_WORDS)


@dataclass(frozen=True, slots=True)
class Classifier:
    """``wordings`` knows the scenarios of ``library`` by their path."""

    search: Callable[[SearchRequest], SearchPage]
    library: Library
    wordings: Wordings

    def classify(self, messages: Sequence[Message]) -> Classification:
        """Name what is likely enough. Raises QueryError for too long a chat, EngineError."""
        evidence = self.evidence(messages)
        if evidence is None:
            return Classification(None, None, 0.0, ())
        by_scenario, by_product = evidence
        sure, sure_of_product = by_scenario.confidence, by_product.confidence
        candidates = tuple(self._candidates(by_scenario, sure))
        if sure >= rules.CERTAIN:
            return Classification(candidates[0].product, candidates[0].scenario, sure, candidates)
        if sure_of_product >= rules.CERTAIN:
            return Classification(self.library.products[by_product.best], None, sure_of_product, candidates)
        return Classification(None, None, sure, candidates)

    def evidence(self, messages: Sequence[Message]) -> tuple[Evidence, Evidence] | None:
        """What speaks for the scenarios and for the products; None when nothing is asked or nothing to tell apart."""
        told = sentences(messages)
        if not told or not self.wordings.texts:
            return None
        pages = [self.search(SearchRequest(sentence.query, limit=rules.NEIGHBOURS)) for sentence in told]
        votes = rules.average(zip((sentence.weight for sentence in told), map(_votes, pages), strict=True))
        asked = grams_of("\n".join(sentence.query for sentence in told))
        shares = rules.probabilities(votes, self.wordings.likelihoods(asked))
        match = max((hit.score for page in pages for hit in page.hits), default=0.0)
        semantic = all(page.semantic for page in pages)

        def level(shares: Mapping[str, float], votes: Mapping[str, float], label_of: Callable[[str], str]) -> Evidence:
            best = max(sorted(shares), key=shares.__getitem__)
            known = self.wordings.known_share(asked, {path for path in self.wordings.texts if label_of(path) == best})
            odds = rules.log_odds(shares[best])
            return Evidence(shares, best, rules.Figures(odds, votes.get(best, 0.0), known, match), semantic)

        by_product = (rules.summed(shares, _product_of), rules.summed(votes, _product_of))
        return level(shares, votes, str), level(*by_product, _product_of)

    def _candidates(self, evidence: Evidence, sure: float) -> Iterator[Candidate]:
        """The likeliest scenarios; those after the first keep their proportions as far as what it leaves allows."""
        shares, most = evidence.shares, evidence.shares[evidence.best]
        scale = min(sure / most, (1 - sure) / max(1 - most, 1e-9))
        for path in sorted(shares, key=lambda path: (-shares[path], path))[:_CANDIDATES]:
            share = sure if path == evidence.best else shares[path] * scale
            yield Candidate(self.library.products[_product_of(path)], self.library.scenarios[path], share)


def learn_wordings(records: Iterable[ArticleRecord]) -> Wordings:
    """How the questions of each scenario are worded, by scenario path."""
    articles = (record.article for record in records)
    return Wordings.of((a.scenario_path, "\n".join((a.title, *a.questions, a.scenario.title))) for a in articles)


def _votes(page: SearchPage) -> dict[str, float]:
    return rules.votes([(hit.record.article.scenario_path, hit.score) for hit in page.hits])


def _product_of(scenario_path: str) -> str:
    return scenario_path.partition("/")[0]
