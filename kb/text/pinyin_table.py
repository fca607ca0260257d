"""How characters and words are read: pypinyin's dictionaries in 1 MB, which take 55 MB and a quarter of a second there.

``pinyin.marisa`` is made by ``python -m tests.pinyin_table``; a test compares it with pypinyin.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

import marisa_trie

TABLE = "pinyin.marisa"
#: what the table can't be asked for: the end of a text in C, and halves of characters
_UNASKABLE = re.compile("[\0\ud800-\udfff]")


def readings_of(char: str) -> tuple[str, ...]:
    """The readings of a character as they are typed, the commonest first; none for what is not Chinese."""
    return _looked_up(char)


def reading_of_word(word: str) -> tuple[str, ...]:
    """The syllables of a known word of two to four characters, one for each; none for any other word."""
    return _looked_up(word) if len(word) > 1 else ()


def _looked_up(text: str) -> tuple[str, ...]:
    found = None if _UNASKABLE.search(text) else _table().get(text)
    return tuple(found[0].decode().split()) if found else ()


@cache
def _table() -> marisa_trie.BytesTrie:
    table = marisa_trie.BytesTrie()
    table.frombytes(files("kb.text").joinpath(TABLE).read_bytes())
    return table
