"""Figures that contradict what the ``_index.md`` of their product or scenario has agreed on under ``## 口径``.

One fact a line: ``- 退货期限：7 天``. An article below that writes another number with the same unit right beside the
same term is wrong, or the agreement is. Several numbers in one line (``7 天，大促 15 天``) are all right; a
scenario's line replaces its product's line for the same term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from kb.content.checks.page import Page
from kb.content.findings import Findings, quoted
from kb.content.front_matter import read_front_matter
from kb.model import Problem
from kb.ports.catalog import FileVersion
from kb.text.normalize import normalize
from kb.text.quantities import QUANTITY, unit_of, value_of
from kb.text.sections import parse_sections

HEADING = "口径"

#: What may stand between a term and its number, or a number and its term, without making it another thing's number.
_AFTER_TERM = re.compile(
    r"[:\s*]*(?:(?:为|是|有|满|约|需|要|统一|一般|通常|最多|最长|最迟|最低|不超过|上限|都|≤)[:\s*]*)*"
)
_BEFORE_TERM = re.compile(r"[\s*]*[内的]?[\s*]*")
_BULLET = re.compile(r"^[-*+][ \t]*(?P<term>[^：:\n]+)[：:][ \t]*(?P<value>.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Fact:
    """``term`` as it was written; ``quantities``: unit -> every number that is right with it."""

    term: str
    value: str
    place: str
    quantities: Mapping[str, frozenset[str]]


@dataclass(slots=True)
class Agreements:
    """The facts of each folder by folded term, and what is wrong in the lines that should give one."""

    by_folder: dict[str, dict[str, Fact]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def holding_for(self, path: str) -> dict[str, Fact]:
        """The facts for the article at ``product/scenario/name.md``."""
        product, scenario = path.split("/")[:2]
        return self.by_folder.get(product, {}) | self.by_folder.get(f"{product}/{scenario}", {})


def read_agreements(folder_files: Iterable[FileVersion]) -> Agreements:
    """The facts in the ``_index.md`` files."""
    agreements = Agreements()
    for version in folder_files:
        front = read_front_matter(version.source, Findings(version.path))
        if front is not None and HEADING in front.body:
            findings = Findings(version.path)
            folder = version.path.rpartition("/")[0]
            facts = _facts(version.path, front.body, front.body_line, findings)
            agreements.by_folder[folder] = {normalize(fact.term): fact for fact in facts}
            agreements.problems += findings.problems
    return agreements


def _facts(path: str, body: str, body_line: int, findings: Findings) -> Iterator[Fact]:
    for section in parse_sections(body):
        if section.title != HEADING:
            continue
        for found in _BULLET.finditer(body, section.start, section.end):
            line = body_line + body.count("\n", 0, found.start())
            term, value = found["term"].strip(), found["value"].strip()
            quantities = _quantities(normalize(value))
            if quantities:
                yield Fact(term, value, f"{path}:{line}", quantities)
            else:
                findings.warn(line, f"口径{quoted(term)}里没有“数字 + 单位”，无法核对；请写成“- 退货期限：7 天”这样。")


def _quantities(folded: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for quantity in QUANTITY.finditer(folded):
        found.setdefault(unit_of(quantity["unit"]), set()).add(value_of(quantity["low"], quantity["high"]))
    return {unit: frozenset(numbers) for unit, numbers in found.items()}


def contradictions(page: Page, facts: Mapping[str, Fact], today: date) -> Iterator[Problem]:
    """Numbers beside an agreed term that nobody agreed on; an expired article may quote what held in its time."""
    if not facts or (page.article.valid_to is not None and page.article.valid_to < today):
        return
    lines = page.article.body.split("\n")
    for number, line in enumerate(lines, start=page.front.body_line):
        folded = normalize(line)
        for term, fact in facts.items():
            for quantity in _beside(folded, term):
                right = fact.quantities.get(unit_of(quantity["unit"]))
                if right is not None and value_of(quantity["low"], quantity["high"]) not in right:
                    message = (
                        f"{quoted(f'{fact.term}…{quantity.group()}')}与 {fact.place} 的口径“{fact.term}：{fact.value}”"
                        "不一致；请改成口径里的数，口径变了就先改口径。"
                    )
                    yield page.warning(number, message)


def _beside(folded: str, term: str) -> Iterator[re.Match[str]]:
    """The quantities that touch ``term``."""
    if term not in folded:
        return
    for quantity in QUANTITY.finditer(folded):
        gap = _BEFORE_TERM.match(folded, quantity.end())
        if gap and folded.startswith(term, gap.end()):
            yield quantity
    for found in re.finditer(re.escape(term), folded):
        gap = _AFTER_TERM.match(folded, found.end())
        number = QUANTITY.match(folded, gap.end()) if gap else None
        if number:
            yield number
