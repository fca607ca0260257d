"""Where a query's tokens stand in a stored text: string search over the folded text kept in the index.

Nothing is analysed again at query time: the folded text and its offsets into the original were stored when the
document was indexed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kb.ports.engine import EngineQuery, Highlight
from kb.text.analyzer import AnalyzedText
from kb.text.grams import is_han_unit, unit_spans
from kb.text.matching import occurrences


def needles(query: EngineQuery, reading: int | None = None) -> tuple[str, ...]:
    """The strings worth marking, of the query as typed and of the ``reading`` that won: phrases, pairs, letters and
    digits; a lone Han character only if nothing else is left.

    Marking every 的 and 了 of a long question would mark the whole page.
    """
    terms = query.terms if reading is None else (*query.terms, *query.readings[reading].terms)
    tokens = [term.text for term in terms]
    telling = [token for token in tokens if len(token) > 1 or not is_han_unit(token)]
    return tuple(dict.fromkeys([*query.phrases, *(telling or tokens)]))


def highlights(name: str, text: AnalyzedText, wanted: Iterable[str]) -> Iterator[Highlight]:
    """The merged matches of ``wanted`` in one text, in order, as ranges of the original text."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(span for needle in wanted for span in occurrences(text.folded, needle)):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    for start, end in merged:
        yield Highlight(name, *text.original_span(start, end))


def is_one_token(phrase: str) -> bool:
    """Whether carrying the phrase's only token already means containing the phrase."""
    spans = list(unit_spans(phrase))
    touching = len(spans) < 2 or spans[0][2] == spans[1][1]
    return len(spans) <= 2 and touching and bool(spans) and spans[0][1] == 0 and spans[-1][2] == len(phrase)
