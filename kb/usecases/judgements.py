"""How current articles are, known from one snapshot to the next."""

from __future__ import annotations

from collections.abc import Callable, Container
from datetime import date

from kb.model import ArticleRecord, Freshness


class Judgements:
    """What ``judge`` says of records in memory on a day: every hit of every search is judged, and most articles outlive
    many snapshots. Those among ``top_ids`` are judged otherwise.
    """

    def __init__(
        self, judge: Callable[[ArticleRecord, date], Freshness], top_ids: Callable[[], frozenset[str]]
    ) -> None:
        self._judge, self._top_ids = judge, top_ids
        self._known: dict[str, tuple[ArticleRecord, date, bool, Freshness]] = {}

    def __call__(self, record: ArticleRecord, as_of: date) -> Freshness:
        article_id = record.article.id
        in_top = article_id in self._top_ids()
        known = self._known.get(article_id)
        if known is None or known[0] is not record or known[1] != as_of or known[2] != in_top:
            known = self._known[article_id] = record, as_of, in_top, self._judge(record, as_of)
        return known[3]

    def forget_others(self, article_ids: Container[str]) -> None:
        """Keep what is known of these articles only."""
        self._known = {i: known for i, known in list(self._known.items()) if i in article_ids}
