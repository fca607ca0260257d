"""Personal numbers never survive masking; ordinary text does."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.masking import mask

_GAPS = ("", " ", "-", "  ", ".")
_MOBILES = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_MIXED_TEXT = st.text(alphabet="0123456789５1313 -+@.xX()a号码，") | st.text()


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我的手机13812345678没收到短信", "我的手机[手机号]没收到短信"),
        ("+86 138-1234-5678", "[手机号]"),
        ("008613812345678", "[手机号]"),
        ("１３８１２３４５６７８", "[手机号]"),
        ("\u202d138\u202c 12345678", "\u202d[手机号]"),  # as copied from an address book
        ("13812345678 13912345678", "[手机号] [手机号]"),
        ("2026-11-14 13812345678", "2026-11-14 [手机号]"),
        ("运单773138123456789", "运单773[手机号]9"),  # even inside a longer number
        ("138.1234.567813912345678", "[手机号][手机号]"),
        ("座机0571-88888888转12", "座机[电话]转12"),
        ("（010）8888 8888", "[电话]"),
        ("+86 10 88888888", "[电话]"),
        ("11010119900307123X 实名", "[身份证] 实名"),
        ("110101 19900307 123x", "[身份证]"),
        ("110101900307123", "[身份证]"),
        ("卡号 6222 0212 3456 7890 123", "卡号 [卡号]"),
        ("6222021234567890", "[卡号]"),  # fails the Luhn check: mistyped
        ("4222222222222", "[卡号]"),  # 13 digits that pass it
        ("3782-822463-10005", "[卡号]"),
        ("邮箱zhang.san@example.com.cn吗", "邮箱[邮箱]吗"),
        ("ａｂｃ＠ｑｑ．ｃｏｍ", "[邮箱]"),
        ("13812345678@139.com", "[邮箱]"),
    ],
)
def test_personal_numbers_are_replaced_by_what_they_were(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "客服热线 400-820-6600",
        "95588 打不通",
        "订单202611140012到哪了",
        "满199-20 2026-11-11 能用吗",
        "19.90 39.90 199",
        "活动 2026-11-14 2026-11-20",
        "5G 手机 128GB 尾号 5678",
        "@客服 在吗",
    ],
)
def test_what_identifies_nobody_stays_readable(text: str) -> None:
    assert mask(text) == text


@given(st.text(), _MOBILES, st.sampled_from(_GAPS), st.sampled_from(_GAPS), st.booleans(), st.text())
def test_no_mobile_number_survives_in_any_text(
    before: str, mobile: str, gap: str, other_gap: str, wide: bool, after: str
) -> None:
    written = gap.join((mobile[:3], mobile[3:7])) + other_gap + mobile[7:]
    text = f"{before}号{written.translate(_WIDE) if wide else written}，{after}"

    assert written not in _in_ascii(mask(text))


@given(_MIXED_TEXT)
def test_nothing_that_looks_like_a_mobile_number_is_left(text: str) -> None:
    assert re.search("1[3-9][0-9]{9}", _in_ascii(mask(text))) is None


@given(st.integers(10**15, 10**19 - 1).map(str))
def test_no_long_number_survives(number: str) -> None:
    assert not re.search("[0-9]", mask(f"卡{number}号"))


@given(_MIXED_TEXT)
def test_masking_twice_changes_nothing_more(text: str) -> None:
    assert mask(mask(text)) == mask(text)


@given(st.text())
def test_text_without_digits_and_at_signs_is_unchanged(text: str) -> None:
    harmless = "".join(c for c in text if not re.search(r"[\d@]", unicodedata.normalize("NFKC", c)))

    assert mask(harmless) == harmless


def _in_ascii(text: str) -> str:
    """Digits of any script and width as 0-9, character by character."""
    characters = (c if len(n := unicodedata.normalize("NFKC", c)) != 1 else n for c in text)
    return "".join(str(unicodedata.decimal(c, c)) for c in characters)
