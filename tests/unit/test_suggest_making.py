"""What a suggester keeps in a file suggests what a new one does, and what is not of the same articles is not used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Suggestion
from kb.suggest import CellCutter, Entry, Suggester

WORDS = CellCutter({"退款", "银行", "会员", "登录", "密码"}.__contains__, words="five words")
TYPED = ("退", "tuikuan", "tk", "退k", "会元", "密码忘记", "huiyuan", "mima", "a")

texts = st.text("退款银行会员登录忘记密码重长a1 ，", max_size=9)
entry_lists = st.lists(
    st.builds(
        Entry,
        texts,
        questions=st.lists(texts, max_size=3).map(tuple),
        popularity=st.integers(0, 3),
        product=st.just("商城"),
    ),
    max_size=8,
).map(lambda found: [replace(entry, id=str(number)) for number, entry in enumerate(found)])

ARTICLES = [
    Entry("银行卡退款多久到账", id="a", questions=("退款重新到账", "钱什么时候到")),
    Entry("忘记登录密码怎么办", id="b", popularity=2),
    Entry("会员等级", id="c"),
]


def suggested(suggester: Suggester) -> list[list[Suggestion]]:
    return [suggester.suggest(typed) for typed in TYPED]


@given(entry_lists, st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_what_is_kept_suggests_what_is_made_anew(entries: list[Entry], popularities: list[int]) -> None:
    """Also after articles were used, which changes their order."""
    with TemporaryDirectory() as folder:
        kept = Path(folder) / "kept"
        anew = suggested(Suggester(entries, WORDS))
        assert suggested(Suggester(entries, WORDS, kept)) == anew
        written = kept.stat().st_ino
        assert suggested(Suggester(entries, WORDS, kept)) == anew
        used = [replace(entry, popularity=many) for entry, many in zip(entries, popularities, strict=False)]
        assert suggested(Suggester(used, WORDS, kept)) == suggested(Suggester(used, WORDS))
        assert kept.stat().st_ino == written


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    Suggester(ARTICLES, WORDS, tmp_path / "kept")
    return tmp_path / "kept"


def test_nothing_is_cut_again(kept: Path) -> None:
    def never(text: str) -> bool:
        raise AssertionError(text)

    expected = suggested(Suggester(ARTICLES, WORDS))
    assert suggested(Suggester(ARTICLES, CellCutter(never, words="five words"), kept)) == expected


@pytest.mark.parametrize(
    "others",
    [
        [*ARTICLES[:2], replace(ARTICLES[2], text="会员等级表")],
        ARTICLES[:2],
        [replace(ARTICLES[0], questions=("退款重新到账钱什么时候到",)), *ARTICLES[1:]],
    ],
)
def test_what_is_of_other_articles_is_made_anew(kept: Path, others: list[Entry]) -> None:
    before = kept.read_bytes()
    assert suggested(Suggester(others, WORDS, kept)) == suggested(Suggester(others, WORDS))
    assert kept.read_bytes() != before


def test_what_is_by_other_words_is_made_anew(kept: Path) -> None:
    other = CellCutter({"记登"}.__contains__, words="one word")
    assert suggested(Suggester(ARTICLES, other, kept)) == suggested(Suggester(ARTICLES, other))


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: whole[:-1],
        lambda whole: whole + b" ",
        lambda whole: whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :],
        lambda _: b"",
    ],
)
def test_a_damaged_file_is_not_used_and_made_anew(kept: Path, damage: Callable[[bytes], bytes]) -> None:
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    assert suggested(Suggester(ARTICLES, WORDS, kept)) == suggested(Suggester(ARTICLES, WORDS))
    assert kept.read_bytes() == whole


def test_a_file_that_is_cut_or_written_to_while_it_is_in_use_changes_nothing(kept: Path) -> None:
    suggester, expected = Suggester(ARTICLES, WORDS, kept), suggested(Suggester(ARTICLES, WORDS))
    kept.write_bytes(b"\0" * 5000)
    assert suggested(suggester) == expected
    kept.write_bytes(b"")
    assert suggested(suggester) == expected


def test_where_nothing_can_be_written_it_suggests_all_the_same(tmp_path: Path) -> None:
    suggester = Suggester(ARTICLES, WORDS, tmp_path / "missing" / "kept")
    assert suggested(suggester) == suggested(Suggester(ARTICLES, WORDS))
    assert not any(tmp_path.iterdir())
