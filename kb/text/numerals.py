"""Chinese numerals as they are said: 七, 十五, 二十四, 一百零五, 三千, 两万, 半."""

from __future__ import annotations

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_POWERS = {"十": 10, "百": 100, "千": 1000}

#: The characters of a numeral, for a pattern.
NUMERAL_CHARACTERS = "".join([*_DIGITS, *_POWERS])


def value_of_numeral(text: str) -> int | None:
    """The number below 10,000 that ``text`` says; None for what is no numeral (十十, 百)."""
    total, digit, power = 0, None, 10_000
    for char in text:
        if char in _DIGITS:
            if digit:  # 二三天 is a guess, not a number
                return None
            digit = _DIGITS[char]
        elif char in _POWERS and _POWERS[char] < power:
            power = _POWERS[char]
            if digit is None and (power != 10 or total):  # only 十 goes without a digit, and only in front
                return None
            total += (1 if digit is None else digit) * power
            digit = None
        else:
            return None
    return total + (digit or 0) if text else None
