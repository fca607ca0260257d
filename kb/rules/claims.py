"""Clauses with one value in them, told apart by all they say but the value: two that say the same of something, each
with its own value, can't both be right if both answer the same question.

Precision goes before recall, a false alarm costs a reviewer's trust. So only clauses that are the same word for word
are compared, but for words that say nothing (会, 一般, 以内); links are no values; a value counts only where the whole
article has one for the clause, and never if it stands anywhere in the other article: that one knows of both cases.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from kb.ports.findings import Claim
from kb.rules.facts import Fact, facts_in
from kb.text.normalize import letters_of

#: Chinese characters that a clause needs besides its value; 限额 and 到账 alone say too little of what
_FEWEST = 4
_CLAUSE_END = re.compile(r"[。！？；，、：（）!?;,:()|\n]")
_SAYS_NOTHING = re.compile("一般|通常|大概|大约|左右|可以|需要|我们|以内|之内|[的了会将在内您请就都约可需哦呢哈亲]")
_HAN = re.compile("[\u4e00-\u9fff]")


def claims_in(body: str) -> tuple[Claim, ...]:
    """What a body says with one value each, in order of the text."""
    found: dict[str, list[Claim]] = defaultdict(list)
    for claim in _claims(body):
        found[claim.key].append(claim)
    return tuple(claims[0] for claims in found.values() if len({claim.value for claim in claims}) == 1)


def values_in(text: str) -> frozenset[str]:
    """Every value that a text has anywhere."""
    return frozenset(map(_value, facts_in(text)))


def contradict(one: str, other: str) -> bool:
    """Whether two values of the same thing exclude each other: 3 天 lies within 1-3 天, 11 月 has 11 月 5 日 in it, and
    a date without a year is any year's.
    """
    kind, year, value = one.split("|")[:3]
    _, other_year, other_value = other.split("|")[:3]
    if kind == "quantity":
        return not _overlap(value, other_value)
    if kind == "date" and (value.startswith(other_value) or other_value.startswith(value)):
        return "" not in (year, other_year) and year != other_year
    return value != other_value


def _overlap(one: str, other: str) -> bool:
    (low, *_, high), (other_low, *_, other_high) = (sorted(map(float, ends.split("-") * 2)) for ends in (one, other))
    return low <= other_high and other_low <= high


def _claims(body: str) -> Iterator[Claim]:
    facts = [fact for fact in facts_in(body) if fact.kind != "url"]
    ends = [found.start() for found in _CLAUSE_END.finditer(body)] if facts else []
    for fact in facts:
        # marks within the value (8:00, 1,000) end no clause
        before = bisect_right(ends, fact.start - 1)
        after = bisect_right(ends, fact.end - 1)
        start = ends[before - 1] + 1 if before else 0
        end = ends[after] if after < len(ends) else len(body)
        said = [_SAYS_NOTHING.sub("", letters_of(text)) for text in (body[start : fact.start], body[fact.end : end])]
        if len(_HAN.findall("".join(said))) >= _FEWEST:
            yield Claim(f"{said[0]}\t{fact.kind} {fact.unit}\t{said[1]}", _value(fact), body[start:end].strip())


def _value(fact: Fact) -> str:
    """A fact as it is compared and kept."""
    return f"{fact.kind}|{fact.year}|{fact.value}|{fact.unit}"
