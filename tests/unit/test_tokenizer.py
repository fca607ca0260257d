"""Words: ordinal positions, sub-words in place, nothing lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.normalize import normalize
from kb.text.tokenizer import Tokenizer
from tests.disks import fill, read_only, small_disk


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return Tokenizer(["未收到货", "极速退款"])


def test_terms_of_the_house_are_words(tokenizer: Tokenizer) -> None:
    assert [token.text for token in tokenizer.top_words("未收到货能极速退款吗")] == ["未收到货", "能", "极速退款", "吗"]


def test_sub_words_stand_at_the_position_of_their_word(tokenizer: Tokenizer) -> None:
    tokens = [(token.text, token.position, token.start, token.end) for token in tokenizer.words("极速退款")]
    assert tokens == [("极速退款", 0, 0, 4), ("极速", 0, 0, 2), ("退款", 0, 2, 4)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [("7天", ["7", "天"]), ("C盘", ["c", "盘"]), ("5G", ["5g"]), ("退", ["退"]), ("A", ["a"])],
)
def test_single_letters_digits_and_units_are_kept(tokenizer: Tokenizer, text: str, kept: list[str]) -> None:
    assert [token.text for token in tokenizer.words(text)] == kept


def test_traditional_text_is_cut_like_simplified_text(tokenizer: Tokenizer) -> None:
    assert [t.text for t in tokenizer.words("會員無法登錄")] == [t.text for t in tokenizer.words("会员无法登录")]


def test_the_dictionary_is_kept_in_the_folder_given(tmp_path: Path) -> None:
    Tokenizer(cache_dir=tmp_path).warm_up()
    assert [path.name for path in tmp_path.iterdir()] == ["jieba.words"]
    assert [token.text for token in Tokenizer(cache_dir=tmp_path).words("极速退款")] == ["极速", "退款"]


def test_a_full_disk_is_left_as_it_was_and_nothing_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with small_disk(tmp_path / "disk", "1m"):
        filler = fill(tmp_path / "disk")
        assert [token.text for token in Tokenizer(cache_dir=tmp_path / "disk").words("极速退款")] == ["极速", "退款"]
        assert list((tmp_path / "disk").iterdir()) == [filler]
    assert not caplog.records


def test_a_read_only_folder_costs_only_time(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with read_only(tmp_path):
        assert [token.text for token in Tokenizer(cache_dir=tmp_path).words("极速退款")] == ["极速", "退款"]
    assert not caplog.records


@given(st.text(st.one_of(st.characters(), st.sampled_from("退款㎡①貨７天\u200b")), max_size=40))
def test_offsets_point_into_the_original_and_positions_count_up(text: str) -> None:
    tokens = list(TOKENIZER.words(text))
    for token in tokens:
        assert 0 <= token.start < token.end <= len(text)
        assert token.text in normalize(text[token.start : token.end])
    positions = sorted({token.position for token in tokens})
    assert positions == list(range(len(positions)))


TOKENIZER = Tokenizer()


def test_a_cache_folder_that_is_missing_costs_time_but_no_error(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert Tokenizer(cache_dir=tmp_path / "missing").is_word("退款")
    assert capfd.readouterr().err == ""
    Tokenizer(cache_dir=tmp_path).warm_up()
    assert list(tmp_path.iterdir())
