"""Articles and questions of any number for the scale curve: real texts, then the same recombined with other facts.

A recombined article takes the title, questions and answer of one real article and puts other names, amounts, days,
places and a condition into them, and a sentence of another real answer. Names, places and amounts are drawn from
open lists by Zipf's law, so new ones keep coming as in real text (Heaps' law); no article is a copy of another. Each
amount says which name it holds for: a house where hundreds of articles give one rule other values would be nothing
but contradictions.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from kb.model import Folder
from kb.rules.facts import facts_in

#: raise it whenever the same seed gives other texts
VERSION = 1

#: tail exponent of the law that names and amounts are drawn by: n draws give about n ** _TAIL different ones
_TAIL = 0.75
#: flattens the head of that law: the commonest name is one in forty
_SHIFT = 30
_MOST_RANK = 10_000_000
_TITLE_LENGTH = 60
#: characters; conditions come on top, and search refuses more than 200
_MOST_ASKED = 150
#: so many rounds over the real articles share their scenarios, the next ones open new ones
_ROUNDS_A_SERIES = 4

_NAME_CHARACTERS = (
    "云松恒瑞青岚辰昊锦泰嘉盈骏驰曜诺蓝鲸极光星河汇聚安信融达优选拓维智联海纳百川春晓秋实麦禾橙果米朵"
    "柏舟竹溪鹿鸣雁北潮汐沐阳晴空砚池墨言琥珀玲珑银杏白桦红枫紫荆金穗铜雀铁马石榴木棉水杉火炬土星"
)
_PLACE_ENDINGS = ("市", "县", "区", "镇", "路网点", "门店", "仓")
_CONDITIONS = (
    "{place}的客户",
    "{name}会员",
    "已经过了{count}天，",
    "金额超过{count}元，",
    "{month}月以后，",
    "用{name}支付的，",
    "绑定{model}后，",
    "在{place}办理时，",
    "第{count}次申请，",
    "同时买了{name}，",
    "{count}件以上的订单，",
    "从{name}转来的，",
    "人在{place}，",
    "代{name}办理，",
    "{model}版本里，",
    "还差{count}分，",
)
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9-]{2,}")
_SENTENCE = re.compile(r"[^。！？\n]{6,}[。！？]")


@dataclass(frozen=True, slots=True)
class Row:
    """An article to be: ``body`` is Markdown."""

    id: str
    title: str
    questions: tuple[str, ...]
    body: str
    product: Folder
    scenario: Folder


@dataclass(frozen=True, slots=True)
class Source:
    """Real articles, and real questions that stand in none of them."""

    rows: tuple[Row, ...]
    held_out: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names that texts may call products and scenarios by, the longest first."""
        titles = {folder.title for row in self.rows for folder in (row.product, row.scenario)}
        return tuple(
            sorted((title for title in titles if 2 <= len(title) <= 8), key=lambda title: (-len(title), title))
        )


class Facts:
    """The facts of one recombined text; what is the same in the original stays the same in it."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._new: dict[tuple[str, str], str] = {}
        self.name = self._drawn("name")

    def instead_of(self, kind: str, text: str, unit: str = "") -> str:
        """Another fact of the same kind."""
        if (kind, text) not in self._new:
            self._new[kind, text] = self._drawn(kind) + unit
        return self._new[kind, text]

    def condition(self) -> str:
        """When an answer holds."""
        drawn = {kind: self._drawn(kind) for kind in ("place", "name", "model", "month")}
        return self._chance.choice(_CONDITIONS).format(count=self._drawn("quantity"), **drawn)

    def _drawn(self, kind: str) -> str:
        rank = min(int(_SHIFT * (self._chance.paretovariate(_TAIL) - 1)) + 1, _MOST_RANK)
        if kind == "name":
            return coined(rank)
        if kind == "model":
            return f"{chr(ord('A') + rank % 26)}{rank}"
        if kind == "place":
            return coined(-rank) + _PLACE_ENDINGS[rank % len(_PLACE_ENDINGS)]
        if kind == "url":
            return f"https://www.{chr(ord('a') + rank % 26)}{rank}.com/help"
        if kind == "phone":
            return f"400{self._chance.randrange(10**7):07d}"
        if kind == "date":
            return f"{self._chance.randint(1, 12)}月{self._chance.randint(1, 28)}日"
        return str(rank % 12 + 1 if kind == "month" else rank + self._chance.randrange(9))


@lru_cache(maxsize=1 << 17)
def coined(rank: int) -> str:
    """The ``rank``-th name of an endless list; rarer ones are longer."""
    chance = random.Random(f"name {rank}")
    return "".join(chance.choices(_NAME_CHARACTERS, k=2 if abs(rank) < 1000 else 3))


@dataclass(frozen=True, slots=True)
class Template:
    """A real text taken apart: literal pieces, and (kind, text, unit) where a fact stands."""

    pieces: tuple[str | tuple[str, str, str], ...]

    @classmethod
    def of(cls, text: str, names: re.Pattern[str]) -> Template:
        """Find the facts of ``text``: those that rules know, product names, and model numbers."""
        spans = [(fact.start, fact.end, fact.kind, fact.unit) for fact in facts_in(text)]
        spans += [(*found.span(), "name", "") for found in names.finditer(text)]
        spans += [(*found.span(), "model", "") for found in _LATIN.finditer(text)]
        pieces: list[str | tuple[str, str, str]] = []
        at = 0
        for start, end, kind, unit in sorted(spans):
            if start >= at:
                pieces += [text[at:start], (kind, text[start:end], unit)]
                at = end
        return cls((*pieces, text[at:]))

    def filled(self, facts: Facts) -> str:
        """The text with other facts."""
        return "".join(piece if isinstance(piece, str) else facts.instead_of(*piece) for piece in self.pieces)

    def qualified(self, facts: Facts) -> str:
        """The text with other facts, each amount with the name that it holds for."""
        told = {"quantity": f"（{facts.name}）"}
        return "".join(
            piece if isinstance(piece, str) else facts.instead_of(*piece) + told.get(piece[0], "")
            for piece in self.pieces
        )


@dataclass(frozen=True, slots=True)
class _Original:
    """A real article taken apart."""

    row: Row
    title: Template
    questions: tuple[Template, ...]
    body: Template
    sentences: tuple[Template, ...]

    @classmethod
    def of(cls, row: Row, names: re.Pattern[str]) -> _Original:
        questions = tuple(Template.of(text, names) for text in row.questions)
        sentences = tuple(Template.of(text, names) for text in _SENTENCE.findall(row.body)[:4])
        return cls(row, Template.of(row.title, names), questions, Template.of(row.body, names), sentences)


def articles(source: Source, count: int, seed: int = 0) -> Iterator[Row]:
    """The first ``count`` of an endless list that ``seed`` determines: the real ones in mixed order, then others."""
    chance = random.Random(f"articles {seed}")
    real = chance.sample(source.rows, len(source.rows))
    yield from real[:count]
    if count <= len(real):
        return
    names = _pattern(source.names)
    originals = [_Original.of(row, names) for row in real]
    taken = {row.title for row in real}
    for number in range(count - len(real)):
        series = number // len(real) // _ROUNDS_A_SERIES
        row = _recombined(originals[number % len(real)], originals, number, series, chance)
        while row.title in taken:
            row = _recombined(originals[number % len(real)], originals, number, series, chance)
        taken.add(row.title)
        yield row


def questions(source: Source, count: int, seed: int = 0) -> list[str]:
    """``count`` questions that no article has: real ones, and as many of them with other facts."""
    chance = random.Random(f"questions {seed}")
    known = {text for row in source.rows for text in (row.title, *row.questions)}
    real = sorted({text for text in source.held_out if text not in known and len(text) <= _MOST_ASKED})
    chosen = chance.sample(real, min(count - count // 2, len(real)))
    names = _pattern(source.names)
    while len(chosen) < count:
        facts = Facts(chance)
        chosen.append(facts.condition() + Template.of(chance.choice(real), names).filled(facts))
    return chosen


def _recombined(
    original: _Original, others: Sequence[_Original], number: int, series: int, chance: random.Random
) -> Row:
    facts, row = Facts(chance), original.row
    condition = facts.condition()
    title = " ".join(f"{condition}{original.title.filled(facts)}".split())[:_TITLE_LENGTH]
    asked = [template.filled(facts) for template in original.questions]
    borrowed = [template.qualified(facts) for template in chance.choice(others).sentences]
    added = f"\n\n{condition}{chance.choice(borrowed) if borrowed else '请按以上办理。'}\n"
    return Row(
        id=f"recombined-{number:07d}",
        title=title,
        questions=tuple(dict.fromkeys(f"{condition}{text}" if at % 2 else text for at, text in enumerate(asked))),
        body=original.body.qualified(facts).rstrip() + added,
        product=row.product,
        scenario=_in_series(row.scenario, series),
    )


def _in_series(scenario: Folder, series: int) -> Folder:
    return Folder(f"{scenario.slug}-{series}", f"{coined(series + 1)}{scenario.title}{series}")


def _pattern(names: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, names)) or r"(?!)")
