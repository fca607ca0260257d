"""Numbers with their units in folded text: 7 天, 3-7 个工作日, 1,000 元. One vocabulary for every check of figures."""

from __future__ import annotations

import re

#: Limited, so that a page of digits costs no more than a page of words.
NUMBER = r"[0-9][0-9,]{0,14}(?:\.[0-9]{1,6})?"

#: What stands between the ends of a range.
TO = r"\s*[-~～–—至到]\s*"

UNIT = (
    r"(?:个?(?:工作日|小时|月)|自然日|分钟|秒|天|日|周|年|元|折|分|位|次|张|件|人|台|期|层|米|公斤|kg|mb|gb|ghz|个|%)"
)
_SAME_UNITS = {"个工作日": "工作日", "个小时": "小时", "月": "个月", "日": "天", "自然日": "天", "公斤": "kg"}

QUANTITY = re.compile(rf"(?P<low>{NUMBER})(?:{TO}(?P<high>{NUMBER}))?\s*(?P<unit>{UNIT})")


def unit_of(written: str) -> str:
    """The one name of a unit that has several: 自然日 and 日 are 天."""
    return _SAME_UNITS.get(written, written)


def value_of(low: str, high: str | None) -> str:
    """A number as it is compared: ``3``, or ``3-7`` for a range."""
    return "-".join(end.replace(",", "") for end in (low, high) if end)
