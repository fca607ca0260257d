"""Deadlines in scripts and steps that have gone by while the article is still served as valid.

Most dates in a text are history (自 2026-03-10 起, 活动已于 11月11日 结束) and stay right for ever. What goes wrong
is the end of something: 11月11日前, 截至…, 至 11月11日. Only those are judged, and only where agents read out
or act: in scripts and in steps, not in notes, and not where the sentence itself speaks of the past or gives an example.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from kb.content.checks.page import Page
from kb.model import Article, Problem
from kb.text.sections import SCRIPT_HEADING, parse_sections

_MONTH, _DAY = r"1[0-2]|0?[1-9]", r"3[01]|[12][0-9]|0?[1-9]"
_END = re.compile(
    r"(?:(?P<before>截至|截止到?|直到|[至到]|(?<![-~～—–])[-~～—–]+)\s*)?(?<![0-9])"
    rf"(?:(?P<y>20[0-9]{{2}})[-/.](?P<m>{_MONTH})[-/.](?P<d>{_DAY})(?![0-9])"
    rf"|(?:(?P<year>20[0-9]{{2}})\s*年\s*)?(?P<month>{_MONTH})\s*月\s*(?P<day>{_DAY})\s*[日号])"
    r"(?P<after>\s*(?:[0-9]{1,2}\s*[:：点]\s*(?:[0-9]{2})?\s*)?"
    r"(?:之?前|以前|为?止|截止|结束|到期|停止|失效|恢复))?"
)
#: What makes a date a beginning, or a period the mark of certain orders (至 11月11日下单的).
_NO_END = re.compile(
    r"\s*(?:起|开始|之?后|以后|以来|(?:大促|活动)?(?:期间)?内?(?:下单|付款|购买|提交|签收|预约|申请|办理|注册|开通|绑定|激活|领取)?的)"
)

_STEPS = frozenset({"处理步骤", "操作步骤", "步骤", "后续跟进"})
_HALF_A_YEAR = 183  # days
_CLAUSE_ENDS = "。！？；;!?\n"
_OF_THE_PAST = re.compile(r"已|曾|当时|此前|之前的|原来|过去|历史|上次|去年|往年|那段|案例")
_NO_PROMISE = re.compile(r"例如|比如|举例|譬如|例：|如[0-9]|每年|次年|当年|明年")


@dataclass(frozen=True, slots=True)
class SpokenDeadline:
    """The end of something as it is ``written`` at ``body[start]``, the ``day`` meant, and the sentence around."""

    start: int
    written: str
    day: date
    sentence: str


def past_deadlines(page: Page, today: date) -> Iterator[Problem]:
    """Deadlines before ``today`` that ``valid_to`` doesn't cover; an article that has expired says so itself."""
    article = page.article
    if article.valid_to is not None and article.valid_to < today:
        return
    for deadline in deadlines(article):
        if deadline.day < today:
            valid_to = "没有写 valid_to" if article.valid_to is None else f"valid_to 却是 {article.valid_to}"
            message = (
                f"“{deadline.written}”说的 {deadline.day} 已经过去，{valid_to}，客服还会照着说；"
                f"请改掉这句话，或把 valid_to 写成 {deadline.day}。"
            )
            yield page.warning(page.line_at(deadline.start), message)


def deadlines(article: Article) -> Iterator[SpokenDeadline]:
    """The ends of something that scripts and steps tell, past or not; without those that ``valid_to`` covers."""
    for start, end in _spoken_parts(article):
        for deadline in _deadlines(article, start, end):
            if article.valid_to is None or article.valid_to > deadline.day:
                yield deadline


def _spoken_parts(article: Article) -> Iterator[tuple[int, int]]:
    """[start, end) of the scripts and, unless the article tells of one past case, of the steps in the body."""
    wanted = {SCRIPT_HEADING} if article.kind == "case" else {SCRIPT_HEADING, *_STEPS}
    inside = False
    for section in parse_sections(article.body):
        if section.level < 3:
            inside = section.title in wanted
        if inside:
            yield section.start, section.end


def _deadlines(article: Article, start: int, end: int) -> Iterator[SpokenDeadline]:
    """Each end of something in ``body[start:end]``."""
    body = article.body
    for found in _END.finditer(body, start, end):
        day = _day(found, article)
        clause = _clause(body, found.start(), found.end())
        ends = found["before"] or found["after"]
        if day and ends and not _NO_END.match(body, found.end()) and not _tells_something_else(clause):
            yield SpokenDeadline(found.start(), found.group().strip(), day, clause.strip())


def _tells_something_else(clause: str) -> bool:
    return bool(_OF_THE_PAST.search(clause) or _NO_PROMISE.search(clause))


def _clause(body: str, start: int, end: int) -> str:
    """The sentence around ``body[start:end]``."""
    first = max(body.rfind(mark, 0, start) for mark in _CLAUSE_ENDS) + 1
    last = min((at for at in (body.find(mark, end) for mark in _CLAUSE_ENDS) if at >= 0), default=len(body))
    return body[first:last]


def _day(found: re.Match[str], article: Article) -> date | None:
    """The day meant; one without a year lies in the year when the text was written, or half a year later at most."""
    written = article.updated or article.created
    month, day = int(found["m"] or found["month"]), int(found["d"] or found["day"])
    year = found["y"] or found["year"]
    if year or written is None:
        return _date(int(year), month, day) if year else None
    meant = _date(written.year, month, day)
    if meant is not None and (written - meant).days > _HALF_A_YEAR:
        return _date(written.year + 1, month, day)
    return meant


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
