"""Hides personal numbers in text before it is written down: phones, ID cards, bank cards, e-mail addresses.

Digits are recognised in any script and width. When in doubt a number is hidden: the text feeds statistics,
not people. Order numbers up to 12 digits and service hotlines (400-820-6600, 95588) stay readable, because
what customers ask about them is worth knowing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable


def mask(text: str) -> str:
    """Replace every personal number by a label such as ``[手机号]``; the rest of the text is unchanged.

    Masking what is already masked changes nothing.
    """
    masked = _mask_once(text)
    while masked != text:  # a number can become recognisable once its neighbour is gone
        text, masked = masked, _mask_once(masked)
    return masked


def _mask_once(text: str) -> str:
    for label, pattern, holds in _RULES:
        text = _replace(text, pattern, holds, label)
    return text


def _replace(text: str, pattern: re.Pattern[str], holds: Callable[[str], bool], label: str) -> str:
    """Search the ASCII twin of ``text``, cut in ``text`` itself: both have the same length."""
    parts = []
    end = 0
    for match in pattern.finditer(text.translate(_ASCII_TWINS)):
        if holds(match[0]):
            parts += [text[end : match.start()], label]
            end = match.end()
    return "".join([*parts, text[end:]])


class _AsciiTwins(dict[int, int]):
    """Translation table, filled on demand: each character to the one it stands for (５ ٥ ⑤ → 5, ＠ → @)."""

    def __missing__(self, code: int) -> int:
        compatible = unicodedata.normalize("NFKC", chr(code))
        twin = compatible if len(compatible) == 1 else chr(code)
        digit = unicodedata.decimal(twin, None)
        self[code] = ord(twin if digit is None else str(digit))
        return self[code]


_ASCII_TWINS = _AsciiTwins()


def _always(_: str) -> bool:
    return True


def _is_card(number: str) -> bool:
    """Card numbers have 13 to 19 digits; from 16 on even a mistyped or overlong one is hidden."""
    digits = [int(character) for character in number if character.isdigit()]
    return len(digits) >= 16 or (len(digits) >= 13 and _passes_luhn(digits))


def _passes_luhn(digits: list[int]) -> bool:
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _number(pattern: str) -> re.Pattern[str]:
    """``pattern`` where it is not a part of a longer number."""
    return re.compile(f"(?<![0-9]){pattern}(?![0-9])")


_GAP = "[-‐–—−_.· \t\u200b-\u200f\u202a-\u202e\u2060\ufeff]{0,2}"  # the invisible ones come with copied numbers
_COUNTRY = r"(?:(?:\+|00)?86[ -]?)?"
_GROUPINGS = "|".join(  # 138 1234 5678, 1381 2345 678, 138 123 45678, and with fewer gaps
    f"[0-9]{{{first}}}{_GAP}[0-9]{{{second}}}{_GAP}[0-9]{{{third}}}"
    for first, second, third in ((1, 4, 4), (2, 4, 3), (1, 3, 5))
)
_AREA = r"\(?(?:0|(?:\+|00)86[ -]?0?)(?:10|2[0-9]|[3-9][0-9]{2})\)?"
_MONTH_DAY = "(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
_NAME = "[A-Za-z0-9_.%+-]"

# In this order: the earlier rule is the surer one.
_RULES: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("[邮箱]", re.compile(rf"(?<!{_NAME}){_NAME}+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"), _always),
    (
        "[身份证]",
        _number(f"[1-9][0-9]{{5}}[ -]?(?:19|20)[0-9]{{2}}{_MONTH_DAY}[ -]?[0-9]{{3}}[0-9Xx]"),
        _always,
    ),
    ("[身份证]", _number(f"[1-9][0-9]{{7}}{_MONTH_DAY}[0-9]{{3}}"), _always),
    ("[手机号]", _number(f"{_COUNTRY}1[3-9][0-9]{{9}}"), _always),
    ("[卡号]", _number("[0-9]{4,}(?:[ -][0-9]{4,})*(?:[ -][0-9]{1,3})?"), _is_card),
    ("[手机号]", _number(f"{_COUNTRY}1[3-9](?:{_GROUPINGS})"), _always),
    ("[电话]", _number(f"{_AREA}[ -]?[0-9]{{3,4}}[ -]?[0-9]{{4}}"), _always),
    ("[手机号]", re.compile("1[3-9][0-9]{9}"), _always),  # even inside a longer number
)
