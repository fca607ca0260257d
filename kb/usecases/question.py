"""What was asked: the query as typed and its readings in other words, and which of them an article answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from kb.ports.engine import EngineHit, Evidence, Reading
from kb.rules.query import MAX_QUERY, ParsedQuery, parse_query, untouchable
from kb.rules.rewriting import MOST_REWRITINGS, NO_SYNONYMS, Rewriting, Synonyms, mend, with_synonyms
from kb.suggest import CellCutter
from kb.text.matching import contains
from kb.text.normalize import normalize
from kb.text.spelling import Spelling
from kb.text.tokenizer import Tokenizer

_FEW_WORDS = 3

#: joins the texts of an article; folding makes a space of every control character, so no word holds it
_BETWEEN = "\0"


class Overlap(NamedTuple):
    """What an article has of a question. ``matched``: the phrases and content words that stand in it, of the question,
    then of the reading that won; ``complete``: whether all words do, as typed, ``complete_as_read``: in that reading.
    """

    evidence: Evidence
    matched: tuple[str, ...]
    complete: bool
    complete_as_read: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """``readings[i]`` is ``rewritings[i]`` taken apart."""

    typed: ParsedQuery
    rewritings: tuple[Rewriting, ...] = ()
    readings: tuple[ParsedQuery, ...] = ()
    _overlaps: dict[EngineHit, Overlap] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def is_worded(self) -> bool:
        """Whether it is more than letters and digits: pinyin and initials mean nothing to a model."""
        return not self.typed.folded.isascii()

    @property
    def for_model(self) -> str:
        """What an embedding model is asked: the question with its spelling mended, without marks and exclusions."""
        mended = self.rewritings and self.rewritings[0].mends_spelling
        return self.readings[0].plain if mended else self.typed.plain

    @property
    def is_keywords(self) -> bool:
        """Whether it is a few words that are to be found together: articles with all of them come first, and it is
        worth a remark when there is none. Nobody expects to find the words of a sentence complete.
        """
        return 1 < len(self.typed.words) <= _FEW_WORDS and not self.typed.is_sentence

    def for_engine(self) -> tuple[Reading, ...]:
        """The readings as an engine takes them."""
        pairs = zip(self.rewritings, self.readings, strict=True)
        return tuple(Reading(reading.terms, rewriting.weight) for rewriting, reading in pairs)

    def overlap(self, hit: EngineHit) -> Overlap:
        """What an article has of the question; worked out once."""
        found = self._overlaps.get(hit)
        if found is None:
            found = self._overlaps[hit] = self._overlap(hit)
        return found

    def is_met_by(self, hit: EngineHit) -> bool:
        """Whether an article has all words of the question, as typed or in the reading that won."""
        overlap = self.overlap(hit)
        return overlap.complete or overlap.complete_as_read

    def mended_for(self, hits: Iterable[EngineHit]) -> str | None:
        """The question with its spelling mended, if one of ``hits`` has all words of that and none has all as typed."""
        mended = None
        for hit in hits:
            overlap = self.overlap(hit)
            if overlap.complete:
                return None
            if mended is None and overlap.complete_as_read and hit.reading is not None:
                rewriting = self.rewritings[hit.reading]
                mended = rewriting.text if rewriting.mends_spelling else None
        return mended

    def _overlap(self, hit: EngineHit) -> Overlap:
        evidence = hit.evidence()
        folded = _BETWEEN.join(text.folded for text in evidence.texts.values())
        matched, complete = _standing(self.typed, folded)
        if hit.reading is None:
            return Overlap(evidence, matched, complete)
        as_read, complete_as_read = _standing(self.readings[hit.reading], folded)
        return Overlap(evidence, tuple(dict.fromkeys([*matched, *as_read])), complete, complete_as_read)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the house: the tokenizer that knows its terms, words that never count as content, synonyms.

    ``cells_of`` cuts what is suggested by these words; the file ``kept_cells`` saves the next process that.
    """

    tokenizer: Tokenizer
    stop_words: Collection[str] = frozenset()
    synonyms: Synonyms = NO_SYNONYMS
    kept_cells: Path | None = None
    cells_of: CellCutter = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells_of", CellCutter(self.tokenizer.is_word, self.kept_cells, self.tokenizer.name))

    def parse(self, text: str) -> ParsedQuery:
        """The query as it stands. Raises QueryError when it is too long."""
        return parse_query(text, self.tokenizer, self.stop_words)

    def read(self, text: str, spelling: Spelling) -> Question:
        """The query and its readings, likeliest first. Raises QueryError when it is too long."""
        typed = self.parse(text)
        found = {row.text: row for row in self._rewritings(typed.folded, spelling) if len(row.text) <= MAX_QUERY}
        found.pop(typed.folded, None)
        chosen = tuple(islice(found.values(), MOST_REWRITINGS))
        return Question(typed, chosen, tuple(self.parse(row.text) for row in chosen))

    def read_pinyin(self, text: str, spelling: Spelling) -> Question | None:
        """The question that ``text`` spells in pinyin with one wrong key; None when it doesn't."""
        meant = spelling.despite_slip(normalize(text).strip(), self.tokenizer.is_word)
        return self.read(meant, spelling) if meant else None

    def _rewritings(self, folded: str, spelling: Spelling) -> Iterator[Rewriting]:
        slips = spelling.slips(folded, self.tokenizer.is_word)
        kept = untouchable(folded) if slips else frozenset()
        mended = mend(folded, [slip for slip in slips if kept.isdisjoint(range(*slip.span))])
        if mended:
            yield mended
        for row in self._with_synonyms(mended.text if mended else folded, spelling):
            yield row if mended is None else row.after(mended)

    def _with_synonyms(self, folded: str, spelling: Spelling) -> Iterable[Rewriting]:
        if not self.synonyms.occur_in(folded):
            return ()
        kept = untouchable(folded)
        words = [(word.start, word.end) for word in self.tokenizer.top_words(folded)]
        places = [place for place in self.synonyms.places(folded, words) if kept.isdisjoint(range(*place[0]))]
        return with_synonyms(folded, places, spelling.knows)


def _standing(asked: ParsedQuery, folded: str) -> tuple[tuple[str, ...], bool]:
    """The phrases and content words that stand in a text, and whether all words do."""
    found = {word: None for word in (*asked.phrases, *asked.words) if contains(folded, word)}
    return tuple(found), all(word in found for word in asked.words)
