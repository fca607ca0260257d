"""The function words of questions that the program brings along; see ``function_words.txt``."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def function_words() -> frozenset[str]:
    """All of them, folded."""
    lines = files("kb.text").joinpath("function_words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())
