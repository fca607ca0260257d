"""Where to go on from a search that found nothing: the same words in more places, titles that come near."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kb.model import SearchPage, SearchRequest, Suggestion
from webui.current import service

_NEAR = 5
#: characters of the query that are tried, in all pieces of two and more
_TRIED = 12


def elsewhere(asked: SearchRequest) -> SearchPage | None:
    """The best hits for the same words without filters (but for the same channel); None without filters or hits."""
    wider = replace(asked, product=None, scenario=None, kind=None, tag=None, offset=0, limit=3)
    if wider == replace(asked, offset=0, limit=3):
        return None
    page = service().search(wider)
    return page if page.total else None


def near_titles(text: str) -> list[Suggestion]:
    """Articles that the suggester has for the longest piece of ``text`` that it knows anything for."""
    for piece in _pieces("".join(text.split())[:_TRIED]):
        found = [row for row in service().suggest(piece, 2 * _NEAR) if row.kind == "article"]
        if found:
            return found[:_NEAR]
    return []


def _pieces(text: str) -> Iterator[str]:
    for size in range(len(text), 1, -1):
        for start in range(len(text) - size + 1):
            yield text[start : start + size]
