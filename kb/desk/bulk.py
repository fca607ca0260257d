"""One change to many articles, shown before it is made; making it is ``kb.desk.editing``'s."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kb.editing.bulk_edits import FieldChange
from kb.errors import EditError
from kb.model import ArticleRecord, Caller, Right
from kb.rules.access import may, require
from kb.system import System


@dataclass(frozen=True, slots=True)
class Planned:
    """What a change would make of one article: the field ``before`` and ``after``; ``after`` is empty for what the
    scenario says. ``trouble``: why it can't be changed; equal texts: it is so already.
    """

    article_id: str
    title: str
    before: str = ""
    after: str = ""
    trouble: str = ""

    @property
    def will_change(self) -> bool:
        """Whether anything would be written."""
        return not self.trouble and self.before != self.after


class BulkDesk:
    """Needs the right to publish; whether it covers an article is told article by article."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def choices(self) -> list[ArticleRecord]:
        """The published articles that the caller may change, by place and title; without bodies."""
        require(self._caller, Right.PUBLISH)
        tree = self._system.snapshots.current().tree()
        listed = (record for product in tree for scenario in product.scenarios for record, _ in scenario.articles)
        return [record for record in listed if may(self._caller, Right.PUBLISH, record.article.owner)]

    def preview(self, article_ids: Iterable[str], change: FieldChange) -> list[Planned]:
        """What would become of each."""
        require(self._caller, Right.PUBLISH)
        return [self._planned(article_id, change) for article_id in dict.fromkeys(article_ids)]

    def _planned(self, article_id: str, change: FieldChange) -> Planned:
        record = self._system.catalog.find(article_id)
        if record is None:
            return Planned(article_id, article_id, trouble="没有这条知识，可能刚被删除。")
        article = record.article
        if not may(self._caller, Right.PUBLISH, article.owner):
            return Planned(article_id, article.title, trouble=f"属于“{article.owner or '未指定部门'}”，不归你负责。")
        try:
            changes = change.of(article, self._system.channels)
        except EditError as error:
            return Planned(article_id, article.title, trouble=str(error))
        now = getattr(article, change.field)
        before = _said(now)
        return Planned(article_id, article.title, before, _said(changes[change.field]) if changes else before)


def _said(value: object) -> str:
    if isinstance(value, tuple):
        return "、".join(map(str, value))
    return "" if value is None else str(value)
