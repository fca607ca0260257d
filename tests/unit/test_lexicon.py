"""The words of jieba's dictionary in little memory: every text is cut as by jieba itself."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.cutter import Cutter, lexicon
from kb.text.lexicon import Lexicon

_TERMS = ("未收到货", "极速退款", "c盘", "退", "𠮷野家", "不了了", "款到")
_PIECES = (
    "退款",
    "多久",
    "未收到货",
    "c盘",
    "不了了之",
    "研究生",
    "命",
    "𠮷野家",
    "款到发货",
    "的",
    "，",
    "7",
    " ab",
    "犇",
)


@cache
def jiebas() -> tuple[jieba.Tokenizer, Cutter]:
    """jieba itself and ours, both with the terms of a house."""
    both = jieba.Tokenizer(), Cutter(lexicon(None))
    both[0].FREQ, both[0].total = both[0].gen_pfdict(both[0].get_dict_file())
    both[0].initialized = True
    for one in both:
        for term in _TERMS:
            one.add_word(term)
    return both


@given(st.lists(st.sampled_from(_PIECES) | st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5))))
def test_every_text_is_cut_as_by_jieba_itself(pieces: list[str]) -> None:
    theirs, ours = jiebas()
    assert list(ours.cut("".join(pieces))) == list(theirs.cut("".join(pieces)))


def test_the_words_of_the_house_are_as_frequent_as_in_jieba_itself() -> None:
    theirs, ours = jiebas()
    assert ours.total == theirs.total
    assert [ours.FREQ.frequency(term) for term in _TERMS] == [theirs.FREQ[term] for term in _TERMS]


def test_beginnings_of_words_are_known_but_no_words() -> None:
    words = Lexicon.of({"极速退款": 3, "退款": 5}, 8)
    assert "极速" in words
    assert words.get("极速") == words.frequency("极速") == 0
    assert words.get("速", 1) == 1
    assert words.ends_of_words("的退款", 1) == [2]


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A file with one word from a dictionary called ``one``."""
    Lexicon.of({"退款": 5}, 8).save(tmp_path / "words", "one")
    return tmp_path / "words"


def test_words_are_read_as_they_were_kept(kept: Path) -> None:
    words = Lexicon.load(kept, "one")
    assert words is not None
    assert (words.frequency("退款"), words.frequency("退"), words.total) == (5, 0, 8)


def test_the_words_of_another_dictionary_are_not_read(kept: Path) -> None:
    assert Lexicon.load(kept, "other") is None


def test_a_damaged_dictionary_is_made_anew(tmp_path: Path) -> None:
    assert lexicon(tmp_path).frequency("退款")
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    for damaged in (whole[:-100], whole[:1000] + bytes([whole[1000] ^ 1]) + whole[1001:], b""):
        path.write_bytes(damaged)
        assert lexicon(tmp_path).frequency("退款")
        assert path.read_bytes() == whole
