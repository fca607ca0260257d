"""What business people maintain beside the articles: product words, synonyms, stop words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dictionaries:
    """Words as they were written, nothing folded. ``synonyms``: groups of words that mean the same.

    ``digest`` changes whenever anything here does; it is part of the fingerprint of what is built with them.
    """

    terms: tuple[str, ...] = ()
    synonyms: tuple[tuple[str, ...], ...] = ()
    stopwords: frozenset[str] = frozenset()
    digest: str = ""
