"""Answers that other systems keep as HTML, as text that an agent can send."""

from __future__ import annotations

import re

from kb.text.sections import plain_text

_HTML = re.compile(r"</?(?:p|br|div|span|ul|ol|li|table|strong|b|a|h[1-6])\b[^<>]*>", re.IGNORECASE)
_LINE_END = re.compile(r"<br\b[^<>]*>|</(?:p|div|li|tr|table|ul|ol|h[1-6])\s*>", re.IGNORECASE)
_ITEM = re.compile(r"<li\b[^<>]*>", re.IGNORECASE)


def is_html(text: str) -> bool:
    """Whether a text is marked up."""
    return bool(_HTML.search(text))


def text_of_html(html: str) -> str:
    """The words, a paragraph or item a line."""
    broken = _ITEM.sub("· ", _LINE_END.sub("\n", html.replace("\n", " ")))
    return plain_text(broken).replace("\xa0", " ")
