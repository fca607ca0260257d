"""What of a query is marked in a stored text, by string search over the folded text kept in the index.

Nothing is analysed again at query time: the folded text and its offsets into the original were stored when the
document was indexed.
"""

from __future__ import annotations

from kb.ports.engine import EngineQuery
from kb.text.grams import is_han_unit, unit_spans


def needles(query: EngineQuery, reading: int | None = None) -> tuple[str, ...]:
    """The strings worth marking, of the query as typed and of the ``reading`` that won: phrases, pairs, letters and
    digits; a lone Han character only if nothing else is left.

    Marking every 的 and 了 of a long question would mark the whole page.
    """
    terms = query.terms if reading is None else (*query.terms, *query.readings[reading].terms)
    tokens = [term.text for term in terms]
    telling = [token for token in tokens if len(token) > 1 or not is_han_unit(token)]
    return tuple(dict.fromkeys([*query.phrases, *(telling or tokens)]))


def is_one_token(phrase: str) -> bool:
    """Whether carrying the phrase's only token already means containing the phrase."""
    spans = list(unit_spans(phrase))
    touching = len(spans) < 2 or spans[0][2] == spans[1][1]
    return len(spans) <= 2 and touching and bool(spans) and spans[0][1] == 0 and spans[-1][2] == len(phrase)
