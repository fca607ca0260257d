"""What in a text can become wrong by a change elsewhere: amounts, times, dates, phone numbers, addresses.

Facts compare as they are meant, not as they are written: 7天, 7 天 and 七天 are one fact, ¥300 and 300 元 another.
Nothing is converted from one unit to another: who promises 24 小时 does not promise 1 天.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kb.text.analyzer import AnalyzedText
from kb.text.normalize import normalize_with_offsets
from kb.text.numerals import NUMERAL_CHARACTERS, value_of_numeral
from kb.text.quantities import NUMBER, TO, UNIT, unit_of, value_of

_MONTH, _DAY = r"1[0-2]|0?[1-9]", r"3[01]|[12][0-9]|0?[1-9]"
_YEAR = r"20[0-9]{2}"

#: Units that numerals are written with; 一个, 一张, 十分 are words, not figures.
_SPOKEN_UNIT = r"(?:个?(?:工作日|小时|月)|自然日|分钟|秒|天|日|周|年|万?元|块钱?|折|次)"
#: 第三天 and 下一个工作日 say which, 几十天 not how many; 线下一天 counts.
_COUNTS = rf"(?<![第几数{NUMERAL_CHARACTERS}])(?<!(?<!线)下)"
_NUMERAL = rf"[{NUMERAL_CHARACTERS}]{{1,7}}|半"

#: In the order in which they are tried at every place: what looks like several is the first of them. The lookahead
#: passes over most characters at once.
_FACT = re.compile(
    rf"(?=[0-9a-z¥{NUMERAL_CHARACTERS}半])(?:"
    r"(?P<url>https?://[a-z0-9\-._~:/?#@!$&*+=%]+|(?<![a-z0-9@.\-])(?:[a-z0-9-]+\.)+(?:com|cn|net|org|top|shop)"
    r"(?![a-z0-9])(?:/[a-z0-9\-._~:/?#@!$&*+=%]*)?)"
    rf"|(?P<date>(?<![0-9])(?:(?P<y>{_YEAR})[-/.](?P<m>{_MONTH})[-/.](?P<d>{_DAY})(?![0-9])"
    rf"|(?:(?P<year>{_YEAR})\s*年\s*)?(?P<month>{_MONTH})\s*月(?:份|\s*(?P<day>{_DAY})\s*[日号])?))"
    r"|(?P<phone>(?<![0-9-])(?:[48]00(?:[- ]?[0-9]){7}|1[3-9][0-9]{9}|0[0-9]{2,3}[- ]?[0-9]{7,8}"
    rf"|(?:95[0-9]{{3,4}}|100(?:00|10|86)|123[0-9]{{2}})(?!\s*{UNIT}))(?![0-9]))"
    rf"|(?P<money>¥\s*(?P<yuan>{NUMBER})(?:{TO}¥?\s*(?P<most>{NUMBER}))?\s*(?P<wan>万)?(?:元)?)"
    rf"|(?P<figure>(?<![0-9])(?<![0-9][.,])(?P<low>{NUMBER})(?:{TO}(?P<high>{NUMBER}))?\s*(?P<unit>{UNIT}|万元?|块钱?|%))"
    rf"|(?P<spoken>{_COUNTS}(?P<numeral>{_NUMERAL})\s*(?P<spoken_unit>{_SPOKEN_UNIT}))"
    rf"|百分之(?P<percent>{NUMBER}|[{NUMERAL_CHARACTERS}]{{1,4}}))"
)
_MONEY = {"万元": 10_000, "万": 10_000, "块": 1, "块钱": 1, "元": 1}
_YUAN = "元"


@dataclass(frozen=True, slots=True)
class Fact:
    """A value as it is compared, and where it stands: ``text[start:end]``.

    ``kind`` is ``quantity``, ``date``, ``phone`` or ``url``; only quantities have a ``unit``. Dates are ``MM-DD`` or
    ``MM``, their ``year`` (``""``: not said) apart, because most texts leave it out.
    """

    kind: str
    value: str
    unit: str
    start: int
    end: int
    year: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """The same for all ways to write the same, but for the year of a date."""
        return self.kind, self.value, self.unit

    def is_same(self, other: Fact) -> bool:
        """Whether both say the same; a date without a year may be any year's."""
        return self.key == other.key and (self.year == other.year or not (self.year and other.year))


def facts_in(text: str) -> tuple[Fact, ...]:
    """All facts of a text, in order."""
    folded, offsets = normalize_with_offsets(text)
    return tuple(_facts(AnalyzedText(text, folded, offsets, [])))


def _facts(text: AnalyzedText) -> Iterator[Fact]:
    for found in _FACT.finditer(text.folded):
        kind = next(name for name in _READERS if found[name] is not None)
        fact = _READERS[kind](found)
        if fact is not None:
            end = found.start() + len(found.group().rstrip(" .,;:!?~-"))
            start, end = text.original_span(found.start(), end)
            yield Fact(fact[0], fact[1], fact[2], start, end, found["y"] or found["year"] or "")


_Read = tuple[str, str, str] | None


def _url(found: re.Match[str]) -> _Read:
    bare = found.group().rstrip(".,;:!?~-").partition("://")
    return "url", (bare[2] or bare[0]).rstrip("/"), ""


def _date(found: re.Match[str]) -> _Read:
    month, day = found["m"] or found["month"], found["d"] or found["day"]
    return "date", "-".join(part.zfill(2) for part in (month, day) if part), ""


def _phone(found: re.Match[str]) -> _Read:
    return "phone", "".join(filter(str.isdigit, found.group())), ""


def _money(found: re.Match[str]) -> _Read:
    return _amount(value_of(found["yuan"], found["most"]), 10_000 if found["wan"] else 1)


def _figure(found: re.Match[str]) -> _Read:
    value, unit = value_of(found["low"], found["high"]), found["unit"]
    return _amount(value, _MONEY[unit]) if unit in _MONEY else ("quantity", _plain(value), unit_of(unit))


def _spoken(found: re.Match[str]) -> _Read:
    number = 0.5 if found["numeral"] == "半" else value_of_numeral(found["numeral"])
    unit = found["spoken_unit"]
    if number is None or unit == "月":  # 三月 is a month
        return None
    return _amount(str(number), _MONEY[unit]) if unit in _MONEY else ("quantity", str(number), unit_of(unit))


def _percent(found: re.Match[str]) -> _Read:
    number = value_of_numeral(found["percent"])
    return "quantity", _plain(found["percent"]) if number is None else str(number), "%"


def _amount(value: str, factor: int) -> _Read:
    return "quantity", "-".join(_plain(str(round(float(end) * factor, 2))) for end in value.split("-")), _YUAN


def _plain(value: str) -> str:
    """Without zeros that say nothing: 7.0 and 07 are 7."""
    ends = (end.lstrip("0") or "0" for end in value.split("-"))
    return "-".join((f"0{end}" if end.startswith(".") else end) for end in map(_without_tail, ends))


def _without_tail(number: str) -> str:
    return (number.rstrip("0").rstrip(".") or "0") if "." in number else number


_READERS: dict[str, Callable[[re.Match[str]], _Read]] = {
    "url": _url,
    "date": _date,
    "phone": _phone,
    "money": _money,
    "figure": _figure,
    "spoken": _spoken,
    "percent": _percent,
}
