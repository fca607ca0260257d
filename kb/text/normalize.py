"""Folding of what looks different but means the same: width, case, compatibility forms, traditional Chinese.

Every character is folded by itself (NFKD without combining marks, NFKC, lower case, traditional→simplified), so
that a position in the folded text can be traced back to the original. Invisible characters (zero width,
soft hyphen, variation selectors) vanish; control characters become a space.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from importlib.metadata import version

from opencc import OpenCC


@lru_cache(maxsize=1)
def _simplifier() -> OpenCC:
    return OpenCC("t2s")


def _fold(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Cc":
        return " "
    if category in ("Cf", "Mn", "Me"):
        return ""
    if category == "Cs":  # a lone surrogate can't be encoded, so no library may see it
        return "�"
    decomposed = unicodedata.normalize("NFKD", char)
    bare = "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me"))
    folded = unicodedata.normalize("NFKC", bare).lower()
    return str(_simplifier().convert(_simplifier().convert(folded)))  # 薴 needs two steps: 苧, then 苎


class _FoldTable(dict[int, str]):
    """str.translate table that folds a character when it is met for the first time.

    ``irregular`` collects the characters whose folding is not exactly one character long.
    """

    def __init__(self) -> None:
        super().__init__()
        self.irregular: set[str] = set()

    def __missing__(self, codepoint: int) -> str:
        char = chr(codepoint)
        folded = _fold(char)
        if len(folded) != 1:
            self.irregular.add(char)
        self[codepoint] = folded
        return folded


_TABLE = _FoldTable()


#: raise it whenever a character would be folded to another one
_FORMAT = 1


def folding() -> str:
    """The same for two processes only if they fold alike: for what is kept of folded texts by the texts themselves."""
    return f"folding {_FORMAT} by opencc {version('opencc')} and Unicode {unicodedata.unidata_version}"


def normalize(text: str) -> str:
    """Fold ``text``; idempotent."""
    return text.translate(_TABLE)


def letters_of(text: str) -> str:
    """What counts when somebody types or compares texts: letters, digits and Chinese characters, folded."""
    return "".join(filter(str.isalnum, normalize(text)))


def normalize_with_offsets(text: str) -> tuple[str, list[int] | None]:
    """Fold ``text`` and tell where each folded character came from.

    Returns (folded, offsets): ``offsets[i]`` is the index in ``text`` of the character that gave
    ``folded[i]``, with ``len(text)`` appended as an end mark; None when both line up one to one.
    """
    folded = text.translate(_TABLE)
    if _TABLE.irregular.isdisjoint(text):
        return folded, None
    offsets = [i for i, char in enumerate(text) for _ in _TABLE[ord(char)]]
    offsets.append(len(text))
    return folded, offsets
