"""One change to many articles: their department, channels, tags or review interval."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kb.content.writer import Value
from kb.editing.history import ArticleHistory
from kb.editing.writing import Writing
from kb.errors import EditError, KbError
from kb.model import Article, Caller, Right
from kb.rules.access import require

SINGLE, LISTS = ("owner", "review_every"), ("channels", "tags")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """``mode``: ``set`` replaces what is there (by nothing: the value is inherited then); ``add`` and ``remove`` are
    for the fields that are lists. Raises EditError for what can't be.
    """

    field: str
    mode: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.field not in (*SINGLE, *LISTS) or self.mode not in ("set", "add", "remove"):
            raise EditError("批量修改只能改业务部门、渠道、标签和复核周期。")
        if self.field in SINGLE and (self.mode != "set" or len(self.values) > 1):
            raise EditError("业务部门和复核周期只能整个换成一个值。")

    def of(self, article: Article, channels: Sequence[str]) -> dict[str, Value | None]:
        """The front matter keys to set or remove, none when the article is so already."""
        now = getattr(article, self.field)
        if self.field in SINGLE:
            value = self.values[0] if self.values else None
            return {} if value and value == str(now) else {self.field: value}
        wanted = {
            "set": self.values,
            "add": tuple(dict.fromkeys((*now, *self.values))),
            "remove": tuple(value for value in now if value not in self.values),
        }[self.mode]
        if wanted == now:
            return {}
        if self.field != "channels":
            return {self.field: wanted or None}
        if not wanted:
            raise EditError("去掉之后一个渠道都不剩，没有改动；要让客服看不到它请归档。")
        return {self.field: "all" if set(wanted) == set(channels) else wanted}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one article: ``number`` of the revision that ``undo`` takes back, None when nothing was written;
    ``trouble`` says why not, ``""`` when there was nothing to change.
    """

    article_id: str
    number: int | None = None
    trouble: str = ""


class BulkEdits:
    """Article by article, each with its rights; what fails keeps nothing from the others."""

    def __init__(self, writing: Writing, history: ArticleHistory) -> None:
        self._writing, self._history = writing, history

    def change(self, caller: Caller, article_ids: Iterable[str], change: FieldChange, note: str = "") -> list[Outcome]:
        """Change a field of all of them. Raises LoginRequired, AccessDenied only where the right is missing at all."""
        require(caller, Right.PUBLISH)
        return [self._changed(caller, article_id, change, note) for article_id in article_ids]

    def undo(self, caller: Caller, outcomes: Iterable[Outcome], note: str = "撤销批量修改") -> list[Outcome]:
        """Take back what ``change`` did, but where somebody has edited the article since."""
        require(caller, Right.PUBLISH)
        return [self._undone(caller, outcome, note) for outcome in outcomes if outcome.number is not None]

    def _changed(self, caller: Caller, article_id: str, change: FieldChange, note: str) -> Outcome:
        try:
            standing = self._writing.standing(article_id)
            changes = change.of(standing.article, self._writing.files.channels)
            edit = self._writing.edit(caller, "bulk", note)
            version = self._writing.change_fields(caller, standing, None, changes, edit)
        except KbError as error:
            return Outcome(article_id, trouble=str(error))
        if version.revision == standing.file.revision:
            return Outcome(article_id)
        return self._latest(caller, article_id)

    def _undone(self, caller: Caller, outcome: Outcome, note: str) -> Outcome:
        try:
            self._history.undo(caller, outcome.article_id, outcome.number or 0, note)
        except KbError as error:
            return Outcome(outcome.article_id, trouble=str(error))
        return self._latest(caller, outcome.article_id)

    def _latest(self, caller: Caller, article_id: str) -> Outcome:
        return Outcome(article_id, self._history.revisions(caller, article_id)[0].number)
