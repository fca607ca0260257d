"""The forms that a cell can have: how its text is brought into one form, and what stands for it in front matter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from kb.content.writer import Value

_SEPARATORS = re.compile(r"[、，,;；\n]")
_DAY = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T\s].*)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SERIAL_DAY = re.compile(r"[2-7]\d{4}(?:\.\d+)?")  # 1954 to 2119
_DAY_ZERO = date(1899, 12, 30)  # of Excel's calendar


@dataclass(frozen=True, slots=True)
class Form:
    """``tidy`` takes any text of a cell and is idempotent; ``value`` takes a tidy text that isn't empty.

    A text that makes no sense stays as it is: the article format then says what is wrong with it.
    """

    tidy: Callable[[str], str]
    value: Callable[[str], Value]


def one_line(text: str) -> str:
    """White space of any kind becomes single spaces."""
    return " ".join(text.split())


def _lines(text: str) -> str:
    return "\n".join(dict.fromkeys(line for part in text.splitlines() if (line := one_line(part))))


def _words(text: str) -> str:
    return "、".join(dict.fromkeys(word for part in _SEPARATORS.split(text) if (word := one_line(part))))


def _day(text: str) -> str:
    text = one_line(text)
    match = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    if match:
        year, month, day = match.groups()
        return f"{year}-{int(month):02}-{int(day):02}"
    if _SERIAL_DAY.fullmatch(text):  # a date cell in a column that Excel shows as numbers
        return (_DAY_ZERO + timedelta(days=int(float(text)))).isoformat()
    return text


def _as_day(text: str) -> Value:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _as_number(text: str) -> Value:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


LINE = Form(one_line, str)
LINES = Form(_lines, lambda text: tuple(text.split("\n")))
WORDS = Form(_words, lambda text: tuple(text.split("、")))
DAY = Form(_day, _as_day)
NUMBER = Form(one_line, _as_number)
TEXT = Form(lambda text: text.replace("\r\n", "\n").replace("\r", "\n").strip(), str)


def choice(labels: Mapping[str, str], others: Mapping[str, str] | None = None) -> Form:
    """One of the keys of ``labels``, shown by its label; ``others``: what else people write -> key."""
    known = {**(others or {}), **{label: key for key, label in labels.items()}}

    def tidy(text: str) -> str:
        word = one_line(text)
        return labels.get(known.get(word, word.lower()), word)

    return Form(tidy, lambda text: known.get(text, text))


def flag() -> Form:
    """Yes or no, as 是 and 否."""
    words = choice(
        {"true": "是", "false": "否"}, {"1": "true", "0": "false", "yes": "true", "no": "false", "on": "true"}
    )
    return Form(words.tidy, lambda text: {"是": True, "否": False}.get(text, text))


def channels() -> Form:
    """Words, or 全部 for all that are configured."""
    every = {"all", "全部", "全部渠道", "全渠道", "所有渠道"}

    def tidy(text: str) -> str:
        return "全部" if one_line(text).lower() in every else _words(text)

    return Form(tidy, lambda text: "all" if text == "全部" else tuple(text.split("、")))
