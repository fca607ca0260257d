"""What agents do is written down: searches, events, reported gaps. Statistics and rankings come from it.

Logging must not cost anybody an answer: entries go through ``write``, which neither waits nor fails. A report of a
gap is no by-product but what its author wants, so that is written at once and errors are raised.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import partial

from kb.errors import StoreError
from kb.model import SearchPage, SearchRequest
from kb.ports.events import Event, EventLog
from kb.ports.store import Gap, GapLog, LoggedSearch, QueryLog
from kb.rules.gaps import Mention
from kb.text.normalize import normalize

log = logging.getLogger(__name__)

_FREQUENT = timedelta(days=28)
_FREQUENT_LIMIT = 500
#: what customers asked a season ago tells little of what they will ask
_MISSED = timedelta(days=90)
_MISSED_LIMIT = 5000
#: events by which an agent takes an answer: what is typed next is another search
_SETTLING = ("pick", "open", "copy")


class Activity:
    """The logs behind the service; ``write`` does a write soon, ``now`` gives an aware datetime."""

    def __init__(
        self,
        queries: QueryLog,
        events: EventLog,
        gaps: GapLog,
        write: Callable[[Callable[[], object]], None],
        now: Callable[[], datetime],
    ) -> None:
        self._queries, self._events, self._gaps = queries, events, gaps
        self._write, self._now = write, now

    def searched(self, request: SearchRequest, page: SearchPage, agent: str, settled: bool) -> None:
        """Write down a search; ``settled``: asked for by Enter, so not a keystroke on the way."""
        wanted = {"product": request.product, "scenario": request.scenario, "kind": request.kind, "tag": request.tag}
        entry = LoggedSearch(
            at=self._now().astimezone(timezone.utc),
            agent=agent,
            query=request.text,
            normalized=normalize(request.text).strip(),
            n_hits=page.total,
            took_ms=page.took_ms,
            generation=page.generation,
            filters={name: value for name, value in wanted.items() if value},
            channel=request.channel,
            fallback=page.fallback,
            settled=settled,
        )
        self._write(partial(self._queries.record, entry))

    def happened(self, event: Event) -> None:
        """Write down an event. Raises QueryError for an unknown kind."""
        self._write(partial(self._events.record, event))
        if event.agent and event.kind in _SETTLING:
            self._write(partial(self._queries.settle, event.agent))

    def report(self, gap: Gap) -> None:
        """Write down a knowledge gap. Raises TooManyReports, StoreError."""
        self._gaps.record(gap)

    def missed(self) -> list[Mention]:
        """Every report of a gap that is still kept, and what was lately searched without a result."""
        reports = self._gaps.recent(datetime.fromtimestamp(0, timezone.utc))
        searches = self._queries.zero_results(self._now() - _MISSED, _MISSED_LIMIT)
        return [
            *(Mention(gap.query, gap.at, True, gap.note, gap.channel, gap.product) for gap in reports),
            *(Mention(search.query, search.at, False, channel=search.channel) for search in searches),
        ]

    def purge(self, before: datetime) -> None:
        """Forget what is older."""
        for kept in (self._queries, self._events, self._gaps):
            kept.purge(before)

    def habits(self) -> tuple[dict[str, int], list[tuple[str, int]]]:
        """How often each article was used and each query asked lately; nothing while the database fails."""
        try:
            return habits_of(self._events, self._queries, self._now)
        except StoreError as error:
            log.warning("数据库暂不可用，联想不按使用次数排序：%s", error)
            return {}, []


def habits_of(
    events: EventLog, queries: QueryLog, now: Callable[[], datetime]
) -> tuple[dict[str, int], list[tuple[str, int]]]:
    """How often each article was used and each query asked lately. Raises StoreError."""
    since = now() - _FREQUENT
    totals, frequent = events.totals(since), queries.frequent(since, _FREQUENT_LIMIT)
    use = {i: counts.get("copy", 0) + counts.get("pick", 0) for i, counts in totals.items()}
    return use, [(row.query, row.count) for row in frequent]
