"""Names of accounts: one person, one name, and nothing that looks like another."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import AccountError
from kb.rules.accounts import account_name


@given(st.text(max_size=80))
def test_a_name_is_plain_or_none_at_all(name: str) -> None:
    try:
        found = account_name(name)
    except AccountError:
        return
    assert found == account_name(found) == unicodedata.normalize("NFKC", found)
    assert 1 <= len(found) <= 60
    assert all(char in "._-@" or char.isalnum() for char in found)


@given(st.from_regex(r"[A-Za-z0-9._@-]{1,60}", fullmatch=True))
def test_case_and_width_make_no_other_name(name: str) -> None:
    wide = "".join(chr(ord(char) + 0xFEE0) for char in name)
    assert account_name(name) == account_name(wide) == account_name(name.upper())


@pytest.mark.parametrize("name", ["王芳", " Zhang.San@kb.example ", "a", "x" * 60])
def test_usual_names_are_taken(name: str) -> None:
    assert account_name(name) == name.strip().lower()


@pytest.mark.parametrize(
    "name", ["", "  ", "a b", "x" * 61, "аdmin", "admin\u200b", "<b>", "../x", "a/b", "a\nb", "=1+1"]
)
def test_others_are_refused(name: str) -> None:
    with pytest.raises(AccountError, match="名称只能用"):
        account_name(name)
