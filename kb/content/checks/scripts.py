"""Wordings that can't be sent as they are: too long, marked up, missing for a channel, with variables nobody knows."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence

from kb.content.checks.page import Page
from kb.content.findings import quoted
from kb.model import Problem
from kb.text.sections import SCRIPT_HEADING, script_sections

#: The channel on which agents speak; on every other one they paste.
SPOKEN = "电话"

#: characters; more is no longer read in a chat window
MAX_CHAT_SCRIPT = 300

#: Bold, links and table rows; lists are readable as they are.
_MARKUP = re.compile(r"\*\*[^*\n]+\*\*|\[[^\[\]\n]*\]\([^()\n]*\)|^\|.*\|", re.MULTILINE)
_VARIABLE = re.compile(r"\{\{([^{}\n]*)\}\}")


def long_scripts(page: Page) -> Iterator[Problem]:
    """Wordings of more than MAX_CHAT_SCRIPT characters that some chat channel would send."""
    article = page.article
    own = {script.channel for script in article.scripts}
    for channel, section in script_sections(article.body):
        text = article.body[section.start : section.end].strip()
        readers = [c for c in article.channels if c not in own] if channel is None else [channel]
        if len(text) > MAX_CHAT_SCRIPT and any(reader != SPOKEN for reader in readers):
            message = (
                f"这段话术有 {len(text)} 个字，聊天渠道超过 {MAX_CHAT_SCRIPT} 个字客户不会看完；"
                f"请分成先答结论、再补细节的短话术，或把细节移到“处理步骤”，电话用的长话术放到“### {SPOKEN}”下。"
            )
            yield page.warning(_first_line(page, section.start), message)


def marked_up_scripts(page: Page) -> Iterator[Problem]:
    """Markdown in wordings: they are shown and copied as they stand, so customers would get the asterisks."""
    body = page.article.body
    for _, section in script_sections(body):
        for found in _MARKUP.finditer(body, section.start, section.end):
            message = f"话术里的{quoted(found.group())}会带着符号发给客户；话术按原文复制，请去掉加粗、链接、表格。"
            yield page.warning(page.line_at(found.start()), message)


def missing_wordings(page: Page) -> Iterator[Problem]:
    """Channels whose agents are shown another channel's wording, because there is none for them and no general one."""
    article = page.article
    own = {script.channel for script in article.scripts}
    without = [channel for channel in article.channels if channel not in own]
    if own and None not in own and without:
        message = (
            f"{'、'.join(without)}没有话术，客服会看到别的渠道的话；"
            f"请在“## {SCRIPT_HEADING}”下面、第一个 ### 之前写一段通用话术。"
        )
        yield page.warning(page.front.body_line, message)


def unknown_variables(page: Page, known: Sequence[str]) -> Iterator[Problem]:
    """Variables that are not in ``known``, the ones that agents are used to fill in."""
    for found in _VARIABLE.finditer(page.article.body):
        name = found[1].strip()
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"是不是想写 {{{{{close[0]}}}}}？" if close else f"可以用：{'、'.join(known)}；"
            message = f"没有{quoted(name)}这个变量，{hint}新变量请管理员加到设置 variables 里。"
            yield page.warning(page.line_at(found.start()), message)


def _first_line(page: Page, start: int) -> int:
    """The line of the first character after ``start`` that isn't white space."""
    body = page.article.body
    return page.line_at(start + len(body[start:]) - len(body[start:].lstrip()))
