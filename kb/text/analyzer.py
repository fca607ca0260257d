"""From an article's or a query's text to the tokens that every engine gets."""

from __future__ import annotations

from dataclasses import dataclass

from kb.text.grams import grams
from kb.text.normalize import normalize_with_offsets

#: Part of the index fingerprint: raise it whenever the same text gives other tokens.
ANALYZER_VERSION = 1


@dataclass(frozen=True, slots=True)
class AnalyzedText:
    """A text ready for an engine: the original, its folded form with offsets back, its index tokens in order."""

    text: str
    folded: str
    offsets: list[int] | None
    tokens: list[str]

    def original_span(self, start: int, end: int) -> tuple[int, int]:
        """Translate a non-empty [start, end) range of ``folded`` into one of ``text``."""
        if self.offsets is None:
            return start, end
        return self.offsets[start], self.offsets[end - 1] + 1


def analyze(text: str, *, every_unit: bool = True) -> AnalyzedText:
    """Analyse a text for indexing; see ``kb.text.grams.grams`` for ``every_unit``."""
    folded, offsets = normalize_with_offsets(text)
    return AnalyzedText(text, folded, offsets, grams(folded, every_unit=every_unit))
