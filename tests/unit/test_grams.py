"""The index tokens: units and pairs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kb.text.grams import grams, unit_spans
from kb.text.matching import contains, occurrences
from kb.text.normalize import normalize

folded_texts = st.text(st.sampled_from("退款未收到货 ,a7bZ。\n"), max_size=40).map(normalize)


def test_each_character_and_each_touching_pair_is_a_token() -> None:
    assert grams("退货款") == ["退", "退货", "货", "货款", "款"]


def test_letters_and_digits_stay_whole_and_pair_with_their_neighbours() -> None:
    assert grams("7天c盘5g") == ["7", "7天", "天", "天c", "c", "c盘", "盘", "盘5", "5", "5g", "g"]


def test_nothing_pairs_across_a_gap() -> None:
    assert grams("退,款 a") == ["退", "款", "a"]


def test_long_texts_leave_out_characters_that_are_in_a_pair() -> None:
    assert grams("退货 a7 款", every_unit=False) == ["退货", "a", "a7", "7", "款"]
    assert grams("款", every_unit=False) == ["款"]
    assert grams("款 退货", every_unit=False) == ["款", "退货"]


@given(folded_texts)
def test_no_unit_is_lost_in_either_form(folded: str) -> None:
    for every_unit in (True, False):
        tokens = grams(folded, every_unit=every_unit)
        assert all(any(unit in token for token in tokens) for unit, _, _ in unit_spans(folded))


@given(folded_texts)
def test_long_form_is_a_part_of_the_full_form(folded: str) -> None:
    assert set(grams(folded, every_unit=False)) <= set(grams(folded))


@given(folded_texts)
def test_every_token_occurs_in_its_text(folded: str) -> None:
    assert all(contains(folded, token) for token in grams(folded))


def test_an_occurrence_cuts_neither_number_nor_word() -> None:
    assert list(occurrences("1234 234 app happy", "234")) == [(5, 8)]
    assert list(occurrences("1234 234 app happy", "app")) == [(9, 12)]
    assert list(occurrences("退款退款", "退款")) == [(0, 2), (2, 4)]
    assert list(occurrences("aa", "")) == []
