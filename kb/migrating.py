"""Whether two indexes of the same articles answer alike: as many, the same versions, and the same pages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kb.errors import ClusterAway
from kb.model import Caller, SearchPage, SearchRequest
from kb.service import Service
from kb.usecases.progress import Progress, silent

#: texts that are asked, and pages that are looked at of each
_QUESTIONS, _PAGES, _LIMIT = 200, 3, 10
#: a cluster that is still busy with what it was just sent is asked again
_TRIES = 5


@dataclass(frozen=True, slots=True)
class Comparison:
    """``behind``: articles that only one of them has, or in another version; nothing is asked then.
    ``asked``: questions and further pages; ``differing``: the questions whose pages are not the same.
    """

    behind: int
    asked: int = 0
    differing: tuple[str, ...] = ()

    @property
    def equal(self) -> bool:
        """Whether one can take the other's place."""
        return not self.behind and not self.differing


def compare(one: Service, other: Service, progress: Progress = silent) -> Comparison:
    """Ask both what the articles are asked for. Raises EngineError, StoreError."""
    theirs = one.system.engine.revisions().items() ^ other.system.engine.revisions().items()
    if theirs:
        return Comparison(len({article_id for article_id, _ in theirs}))
    texts = _questions(one)
    asked, differing = 0, []
    for text in progress(texts, len(texts), "比较答案"):
        for number in range(_PAGES):
            request = SearchRequest(text, limit=_LIMIT, offset=number * _LIMIT)
            ours, page = _page(one, request), _page(other, request)
            asked += 1
            if ours != page:
                differing.append(text)
                break
            if ours.total <= request.offset + _LIMIT:
                break
    return Comparison(0, asked, tuple(differing))


def _questions(service: Service) -> list[str]:
    """Titles and other wordings, evenly from all articles."""

    def wordings() -> Iterator[str]:
        for record in service.system.catalog.records():
            if record.article.status == "published":
                yield record.article.title
                yield from record.article.questions[:1]

    found = list(wordings())
    step = max(1, len(found) // _QUESTIONS)
    return found[::step][:_QUESTIONS]


def _page(service: Service, request: SearchRequest) -> SearchPage:
    """What a caller gets, without what differs from process to process."""
    for left in reversed(range(_TRIES)):
        try:
            page = service.desk(Caller.local()).search(request)
            break
        except ClusterAway:
            if not left:
                raise
    return replace(page, generation="", took_ms=0.0)
