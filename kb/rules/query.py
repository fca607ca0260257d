"""What a person typed → what to look for. The grammar: ``"短语"``, ``-词``; all other words preferred, any accepted."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from kb.errors import QueryError
from kb.ports.engine import Term
from kb.text.grams import grams, is_han_unit, unit_spans
from kb.text.normalize import normalize
from kb.text.tokenizer import Token, Tokenizer

#: characters; longer input is a paste, not a query
MAX_QUERY = 200

#: How much more a single unit weighs than a pair. A pair already brings more through its own higher idf.
UNIT_WEIGHT = 2.5

#: What tokens of stop words weigh: dropping them altogether costs recall, keeping them costs precision.
STOP_WEIGHT = 0.3

_PHRASE = re.compile(r"((?:^|(?<=\s))-)?[\"“”「『]([^\"“”「」『』]+)[\"“”」』]")
_EXCLUDED = re.compile(r"(?:^|(?<=\s))-(\S+)")


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """A query ready to plan. All but ``text`` are folded; ``words`` are the content words that explain a hit.

    ``plain`` is what is asked without the marks of the grammar and what is excluded; ``is_sentence``: words that are
    no content stand among the others, so this was said rather than put together from keywords.
    """

    text: str
    folded: str
    plain: str
    words: tuple[str, ...]
    phrases: tuple[str, ...]
    excluded: tuple[str, ...]
    terms: tuple[Term, ...]
    is_sentence: bool

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for (only emoji, punctuation or white space)."""
        return not (self.terms or self.phrases)


def parse_query(text: str, tokenizer: Tokenizer, stop_words: Collection[str] = ()) -> ParsedQuery:
    """Read a query. Stop words are dropped unless nothing else is left. Raises QueryError when too long."""
    if len(text) > MAX_QUERY:
        raise QueryError(f"查询有 {len(text)} 个字，超过 {MAX_QUERY} 字的上限，请只保留关键词。")
    folded = normalize(text).strip()
    quoted = [(minus, phrase.strip()) for minus, phrase in _PHRASE.findall(folded) if grams(phrase)]
    phrases = tuple(dict.fromkeys(phrase for minus, phrase in quoted if not minus))
    rest = _PHRASE.sub(lambda found: " " if found[1] else f" {found[2]} ", folded)
    unwanted = [phrase for minus, phrase in quoted if minus]
    excluded = tuple(dict.fromkeys([*unwanted, *filter(grams, _EXCLUDED.findall(rest))]))
    rest = _EXCLUDED.sub(" ", rest)
    words, essential = _without_stop_words(rest, tokenizer, stop_words)
    return ParsedQuery(
        text=text,
        folded=folded,
        plain=" ".join(rest.split()),
        words=words,
        phrases=phrases,
        excluded=excluded,
        terms=terms_of(rest, essential),
        is_sentence=essential != rest,
    )


def content_words(text: str, tokenizer: Tokenizer, stop_words: Collection[str]) -> list[str]:
    """The words of a text, folded, without stop words."""
    return [word.text for word in tokenizer.top_words(normalize(text)) if word.text not in stop_words]


def has_content(text: str, tokenizer: Tokenizer, stop_words: Collection[str]) -> bool:
    """Whether a text says anything besides stop words."""
    return bool(content_words(text, tokenizer, stop_words))


def untouchable(folded: str) -> frozenset[int]:
    """The positions in a folded query that stand in quotes or are excluded: they are meant as they were typed."""
    found = (*_PHRASE.finditer(folded), *_EXCLUDED.finditer(folded))
    return frozenset(at for match in found for at in range(*match.span()))


def _without_stop_words(folded: str, tokenizer: Tokenizer, stop_words: Collection[str]) -> tuple[tuple[str, ...], str]:
    """The content words of a folded text, and the text with stop words blanked out; all of it if nothing is left."""
    words = list(tokenizer.top_words(folded))
    content = list(_joined(word for word in words if word.text not in stop_words))
    if not content:
        return tuple(dict.fromkeys(word.text for word in words)), folded
    blanked = list(folded)
    for word in words:
        if word.text in stop_words:
            blanked[word.start : word.end] = " " * (word.end - word.start)
    return tuple(dict.fromkeys(word.text for word in content)), "".join(blanked)


def _joined(words: Iterable[Token]) -> Iterator[Token]:
    """Words, with touching single Han characters joined: no dictionary knows them, but they were typed as one."""
    run: Token | None = None
    for word in words:
        single = len(word.text) == 1 and is_han_unit(word.text)
        if run is not None and single and word.start == run.end:
            run = replace(run, text=run.text + word.text, end=word.end)
            continue
        if run is not None:
            yield run
        run = word if single else None
        if not single:
            yield word
    if run is not None:
        yield run


def terms_of(folded: str, essential: str) -> tuple[Term, ...]:
    """The weighted index tokens of ``folded``, each once; those that are not in ``essential`` weigh little."""
    units = {unit for unit, _, _ in unit_spans(folded)}
    tokens = dict.fromkeys(grams(folded))
    strong = tokens if essential == folded else set(grams(essential))
    return tuple(
        Term(token, (UNIT_WEIGHT if token in units else 1.0) * (1.0 if token in strong else STOP_WEIGHT))
        for token in tokens
    )
