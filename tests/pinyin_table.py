"""``python -m tests.pinyin_table`` writes ``kb/text/pinyin.marisa`` from the dictionaries of pypinyin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import marisa_trie
from pypinyin import Style, lazy_pinyin, pinyin
from pypinyin.phrases_dict import phrases_dict
from pypinyin.pinyin_dict import pinyin_dict

from kb.text import pinyin_table

_WORD_SIZES = range(2, 5)  # characters; longer ones are sayings


def readings() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each character with its readings, then each word with its syllables, as they are typed."""
    for number in pinyin_dict:
        [found] = pinyin(chr(number), style=Style.NORMAL, heteronym=True)
        yield chr(number), tuple(dict.fromkeys(map(_as_typed, found)))
    for word in phrases_dict:
        if len(word) in _WORD_SIZES:
            yield word, tuple(map(_as_typed, lazy_pinyin(word)))


def _as_typed(syllable: str) -> str:
    """Input methods take ``lue`` and ``nue`` for 略 and 虐."""
    return syllable.replace("ve", "ue")


def main() -> None:
    """Write the table into the package."""
    table = marisa_trie.BytesTrie((text, " ".join(found).encode()) for text, found in readings())
    Path(pinyin_table.__file__).with_name(pinyin_table.TABLE).write_bytes(table.tobytes())


if __name__ == "__main__":
    main()
