"""What was cut for suggestions is kept in a file, and never taken for something else."""

from __future__ import annotations

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
    cells_of = CellCutter(words, tmp_path / "cells", "two words")
    for text in TEXTS:
        cells_of(text)
    cells_of.keep()
    return tmp_path / "cells"


def test_what_was_kept_is_what_was_cut(kept: Path) -> None:
    read, cut = CellCutter(no_words, kept, "two words"), CellCutter(words)
    assert [read(text) for text in TEXTS] == [cut(text) for text in TEXTS]
    assert read("退款") != cut("银行")


def test_what_other_words_have_cut_is_not_used(kept: Path) -> None:
    assert CellCutter(no_words, kept, "no words")(TEXTS[0]) == CellCutter(no_words)(TEXTS[0])


@pytest.mark.parametrize("damage", [lambda whole: whole[:-9], lambda whole: whole.replace(b"0", b"1"), lambda _: b""])
def test_a_damaged_file_is_not_used_and_made_anew(kept: Path, damage: object) -> None:
    whole = kept.read_bytes()
    assert callable(damage)
    kept.write_bytes(damage(whole))
    cells_of = CellCutter(words, kept, "two words")
    assert [cells_of(text) for text in TEXTS] == [CellCutter(words)(text) for text in TEXTS]
    cells_of.keep()
    assert kept.read_bytes() == whole


def test_a_few_texts_are_not_worth_a_file(kept: Path) -> None:
    before = kept.stat().st_mtime_ns
    cells_of = CellCutter(words, kept, "two words")
    cells_of("一条新的问题")
    cells_of.keep()
    assert kept.stat().st_mtime_ns == before


def test_where_nothing_can_be_written_it_is_cut_again(tmp_path: Path) -> None:
    cells_of = CellCutter(words, tmp_path / "missing" / "cells", "two words")
    assert all(cells_of(text).literal.startswith("退款") for text in TEXTS)
    cells_of.keep()
    assert not any(tmp_path.iterdir())
