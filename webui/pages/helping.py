"""Where to go on from a search that found nothing: the same words in more places, titles that come near."""

from __future__ import annotations

import re
from dataclasses import replace

from kb.model import SearchPage, SearchRequest, Suggestion
from kb.rules.query import MAX_QUERY
from webui.current import desk

_NEAR = 5
#: runs of one script in the query that are tried, none shorter than two
_TRIED = 4
_RUN = re.compile(r"[a-z]{2,}|[^\W_a-z0-9]{2,}", re.IGNORECASE)


def elsewhere(asked: SearchRequest) -> SearchPage | None:
    """The best hits for the same words without filters (but for the same channel); None without filters or hits."""
    wider = replace(asked, product=None, scenario=None, kind=None, tag=None, offset=0, limit=3)
    if wider == replace(asked, offset=0, limit=3):
        return None
    page = desk().search(wider)
    return page if page.total else None


def near_titles(text: str) -> list[Suggestion]:
    """Articles that the suggester has for ``text``, or else for the longest of its runs that it knows anything for."""
    for piece in (text[:MAX_QUERY], *sorted(_RUN.findall(text), key=len, reverse=True)[:_TRIED]):
        found = [row for row in desk().suggest(piece, 2 * _NEAR) if row.kind == "article"]
        if found:
            return found[:_NEAR]
    return []
