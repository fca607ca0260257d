"""Scores and facet counts by arrays are those that the formulas of ``kb.ports.engine`` give one document at a time."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.engines.scoring import (
    COMMON_SHARE,
    ENOUGH,
    FacetCounter,
    FieldPostings,
    FieldStatistics,
    Impact,
    idf,
    score,
    top,
)
from kb.ports.engine import BM25_B, BM25_K1, COVERAGE, COVERAGE_POWER, Term

TOKENS = ("退", "款", "退款", "发票", "5g")
BOOSTS = {"head": 1.0, "body": 0.3}

#: per document and field, how often each of TOKENS stands in it
Frequencies = list[dict[str, list[int]]]

DOCUMENT = st.fixed_dictionaries(
    {name: st.lists(st.sampled_from([0, 0, 0, 1, 3]), min_size=len(TOKENS), max_size=len(TOKENS)) for name in BOOSTS}
)
DOCUMENTS = st.lists(DOCUMENT, min_size=1, max_size=3 * ENOUGH)
TERMS = st.lists(st.builds(Term, st.sampled_from(TOKENS), st.sampled_from([0.3, 1.0, 2.5])), unique_by=lambda t: t.text)


def impact(documents: Frequencies, token: str) -> Impact:
    fields = []
    for name, boost in BOOSTS.items():
        counted = np.array([document[name] for document in documents], np.float32)
        norms = FieldStatistics.of(counted.sum(axis=1), len(documents)).norms
        numbers = np.flatnonzero(counted[:, TOKENS.index(token)]).astype(np.int32)
        postings = numbers, counted[numbers, TOKENS.index(token)]
        fields.append(FieldPostings(postings, norms, boost, name == "head"))
    common = fields[0].postings[0].size > COMMON_SHARE * len(documents)
    return Impact.of(fields, len(documents), len(documents), common)


def frequency(documents: Frequencies, name: str, token: str) -> int:
    return sum(document[name][TOKENS.index(token)] > 0 for document in documents)


def bm25(documents: Frequencies, number: int, token: str) -> float:
    total = 0.0
    for name, boost in BOOSTS.items():
        lengths = [sum(document[name]) for document in documents]
        average = sum(lengths) / len(lengths)
        often = documents[number][name][TOKENS.index(token)]
        if often:
            norm = BM25_K1 * (1 - BM25_B + BM25_B * lengths[number] / average)
            weight = boost * idf(len(documents), frequency(documents, name, token))
            total += weight * often * (BM25_K1 + 1) / (often + norm)
    return total


def rarest(documents: Frequencies, token: str) -> float:
    """The idf in the field where most documents have it."""
    return idf(len(documents), max(frequency(documents, name, token) for name in BOOSTS))


def one_by_one(documents: Frequencies, terms: list[Term], allowed: list[bool], also: list[bool]) -> list[float]:
    share = COMMON_SHARE * len(documents)
    rare = [term for term in terms if frequency(documents, "head", term.text) <= share]
    selected = [
        fits and any(bm25(documents, number, term.text) for term in rare) for number, fits in enumerate(allowed)
    ]
    if sum(selected) < ENOUGH:
        selected = allowed
    perfect = sum(t.weight * idf(len(documents), frequency(documents, "head", t.text)) for t in terms) * (BM25_K1 + 1)
    telling = {term.text: term.weight * rarest(documents, term.text) for term in terms if term.selective}
    scores = []
    for number in range(len(documents)):
        found = {term.text: term.weight * bm25(documents, number, term.text) for term in terms}
        total = sum(found.values()) / (perfect or 1.0) if selected[number] or also[number] else 0.0
        if telling:
            carried = sum(share for token, share in telling.items() if found[token])
            total *= 1 - COVERAGE + COVERAGE * (carried / sum(telling.values())) ** COVERAGE_POWER
        scores.append(total)
    return scores


@given(documents=DOCUMENTS, terms=TERMS, data=st.data())
def test_scores_are_those_of_the_formula(documents: Frequencies, terms: list[Term], data: st.DataObject) -> None:
    flags = st.lists(st.booleans(), min_size=len(documents), max_size=len(documents))
    allowed = data.draw(flags | st.just([True] * len(documents)))
    also = [a and b for a, b in zip(allowed, data.draw(flags), strict=True)]
    weighted = [(term, impact(documents, term.text)) for term in terms]
    found = score(weighted, np.array(allowed), np.array(also))
    assert found == pytest.approx(one_by_one(documents, terms, allowed, also), rel=1e-5, abs=1e-7)


@given(
    carried=st.lists(st.sets(st.sampled_from("甲乙丙丁")), min_size=1, max_size=20),
    hits=st.sets(st.integers(0, 19)),
)
def test_facets_count_every_value_of_every_hit(carried: list[set[str]], hits: set[int]) -> None:
    values = {v: np.array([n for n, has in enumerate(carried) if v in has], np.int32) for v in "甲乙丙丁"}
    chosen = sorted(number for number in hits if number < len(carried))
    counted = Counter(value for number in chosen for value in carried[number])
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    assert FacetCounter(values, len(carried)).counts(np.array(chosen, np.intp)) == expected


@given(scores=st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=1, max_size=20), wanted=st.integers(1, 25))
def test_the_best_come_with_all_that_tie_with_the_last_of_them(scores: list[float], wanted: int) -> None:
    last = sorted(scores, reverse=True)[:wanted][-1]
    best = top(np.array(scores, np.float32), np.arange(len(scores)), wanted)
    assert best.tolist() == [number for number, value in enumerate(scores) if value >= last]
