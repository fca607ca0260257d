"""What was cut for suggestions is kept in a file, and never taken for something else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kb.suggest import CellCutter

TEXTS = [f"退款{number}元什么时候到银行卡，７天㎡" for number in range(600)]


def words(text: str) -> bool:
    return text in {"退款", "银行"}


def no_words(text: str) -> bool:
    return False


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """The file of somebody who has cut TEXTS by ``words``."""
    cut_all(words, tmp_path / "cells")
    return tmp_path / "cells"


def cut_all(is_word: Callable[[str], bool], path: Path, by: str = "two words") -> list[object]:
    with CellCutter(is_word, path, by).remembering() as cells_of:
        return [cells_of(text) for text in TEXTS]


def test_what_was_kept_is_what_was_cut(kept: Path) -> None:
    assert cut_all(no_words, kept) == [CellCutter(words)(text) for text in TEXTS]


def test_what_other_words_have_cut_is_not_used(kept: Path) -> None:
    assert cut_all(no_words, kept, "no words") == [CellCutter(no_words)(text) for text in TEXTS]


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole.replace(b"0", b"1"), lambda _: b""])
def test_a_damaged_file_is_not_used_and_made_anew(kept: Path, damage: Callable[[bytes], bytes]) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert cut_all(words, kept) == [CellCutter(words)(text) for text in TEXTS]
    assert kept.read_bytes() == whole


def test_a_few_texts_are_not_worth_a_file(kept: Path) -> None:
    before = kept.stat().st_mtime_ns
    with CellCutter(words, kept, "two words").remembering() as cells_of:
        cells_of("一条新的问题")
    assert kept.stat().st_mtime_ns == before


def test_where_nothing_can_be_written_it_is_cut_again(tmp_path: Path) -> None:
    assert cut_all(words, tmp_path / "missing" / "cells") == cut_all(words, tmp_path / "cells")
    assert [path.name for path in tmp_path.iterdir()] == ["cells"]
