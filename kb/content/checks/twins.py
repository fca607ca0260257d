"""Titles and questions of different articles that say the same: whoever types them can't tell which answer is meant.

Two wordings say the same when, without the words that only make a question of it (怎么, 吗, 请问) and with
synonyms made one, the same characters are left, maybe turned round (取消订单, 订单取消) or with one harmless character
more (找回, 找回来). Similar is not enough: 绑定 and 解绑 differ in one character and mean opposite things.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import Levenshtein

from kb.content.checks.page import Page
from kb.content.findings import quoted
from kb.model import Problem
from kb.rules.query import MAX_QUERY, parse_query
from kb.text.normalize import letters_of, normalize
from kb.text.tokenizer import Tokenizer

#: Share of common characters, out of 100: with less, other things are asked about the same (什么是积分, 积分何用).
_ALIKE = 75

#: A character more makes no difference only in a wording of so many characters, and if it is none of those below.
_LONG_ENOUGH = 6
_DECIDING = frozenset("不没未无非已再前后前半双多大小新旧内外上下进出")

#: Wordings one character apart share all pairs but three, so the three rarest of one can't all be missing in the other.
_RAREST = 3


@dataclass(frozen=True, slots=True)
class Saying:
    """A title or question: as written, folded to letters and digits, and ``core``, what it is about."""

    text: str
    letters: str
    core: str

    @classmethod
    def of(cls, text: str, core: Callable[[str], str]) -> Saying:
        """Take ``text`` apart; ``core`` as from ``core_of``."""
        return cls(text, letters_of(text), core(text))

    def pairs(self) -> set[str]:
        """The pairs of characters of the core."""
        return {self.core[i : i + 2] for i in range(len(self.core) - 1)} or {self.core}


@dataclass(frozen=True, slots=True)
class Wording:
    """A saying and where it stands."""

    page: Page
    line: int
    saying: Saying


def core_of(
    tokenizer: Tokenizer, stop_words: Collection[str], synonyms: Sequence[Sequence[str]]
) -> Callable[[str], str]:
    """A function that gives the core of a text: its content words in order, each as the first of its synonyms."""
    canonical: Mapping[str, str] = {normalize(w): normalize(group[0]) for group in synonyms for w in group}

    def core(text: str) -> str:
        return "".join(canonical.get(w, w) for w in parse_query(text[:MAX_QUERY], tokenizer, stop_words).words)

    return core


def twins(pages: Sequence[Page], core: Callable[[str], str]) -> Iterator[Problem]:
    """A finding for every wording that an earlier article (by path) has too, naming the first such place."""
    found: set[tuple[str, int]] = set()
    wordings = [wording for page in pages for wording in _wordings(page, core)]
    for earlier, later in _neighbours(wordings):
        place = (later.page.path, later.line)
        if place not in found and earlier.page is not later.page and say_the_same(earlier.saying, later.saying):
            found.add(place)
            place_of_other = f"{earlier.page.path}:{earlier.line}"
            message = (
                f"{quoted(later.saying.text)}与 {place_of_other} 的{quoted(earlier.saying.text)}几乎一样，"
                "客服分不清该用哪一条；请合并，或把其中一句改到能看出区别，或删掉不该由本条回答的那句。"
            )
            yield later.page.warning(later.line, message)


def say_the_same(one: Saying, other: Saying) -> bool:
    """Whether both ask the same."""
    if fuzz.ratio(sorted(one.letters), sorted(other.letters)) < _ALIKE:
        return False
    return _is_turned(one.core, other.core) or _has_one_more(one.core, other.core)


def _wordings(page: Page, core: Callable[[str], str]) -> Iterator[Wording]:
    for text, line in page.wordings():
        yield Wording(page, line, Saying.of(text, core))


def _neighbours(wordings: Sequence[Wording]) -> Iterator[tuple[Wording, Wording]]:
    """(earlier, later) of those that share one of their rarest pairs of characters: few of all possible couples.

    Of wordings with the same core only the first is ever the earlier one, so a thousand copies cost a thousand steps.
    """
    pairs = [wording.saying.pairs() for wording in wordings]
    frequency = Counter(pair for of_one in pairs for pair in of_one)
    known: dict[str, list[Wording]] = defaultdict(list)
    cores: set[str] = set()
    for wording, of_one in zip(wordings, pairs, strict=True):
        rarest = rarest_of(of_one, frequency)
        near = {id(other): other for pair in rarest for other in known[pair]}
        yield from ((other, wording) for other in near.values())
        if wording.saying.core not in cores:
            cores.add(wording.saying.core)
            for pair in rarest:
                known[pair].append(wording)


def rarest_of(pairs: Collection[str], frequency: Mapping[str, int]) -> list[str]:
    """So many of ``pairs`` that whoever says the same has one of them too."""
    return sorted(pairs, key=lambda pair: (frequency.get(pair, 0), pair))[:_RAREST]


def _is_turned(one: str, other: str) -> bool:
    """Equal, or with the front part put behind."""
    return len(one) == len(other) and other in one + one


def _has_one_more(one: str, other: str) -> bool:
    """Whether the longer one has a single character more, and one that decides nothing."""
    short, long = sorted((one, other), key=len)
    if len(long) != len(short) + 1 or len(short) < _LONG_ENOUGH or Levenshtein.distance(short, long) != 1:
        return False
    (extra,) = Counter(long) - Counter(short)
    return not extra.isascii() and extra not in _DECIDING
