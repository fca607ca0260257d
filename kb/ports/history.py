"""PORT history: every content that an article ever had, and the next draft of each. ``kb.store`` implements it.

A change is written down before it is made (``intend``) and confirmed once the file is in place, so that whatever is
killed in between, the text is not lost and nothing is claimed that never happened: the next scan compares the files
with what is written down (``settle``), confirms what it finds there and records what others changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from kb.model import Caller, Via
from kb.ports.reviews import NewReview

#: where changes come from, and what people call it; ``file``: changed by hand or by git
ORIGINS = {"web": "网页", "api": "接口", "file": "直接改文件", "import": "导入", "cli": "命令行"}

#: what was done, and what people call it; ``broken``: text that broke the format, replaced before anybody was served it
ACTIONS = {
    "create": "新建",
    "publish": "修改",
    "confirm": "确认有效",
    "archive": "归档",
    "unarchive": "恢复使用",
    "delete": "删除",
    "restore": "恢复旧版本",
    "move": "移动",
    "rename": "改编号",
    "bulk": "批量修改",
    "learn": "补充问法",
    "broken": "有误的内容",
}


def origin_of(caller: Caller) -> str:
    """Where the changes of a caller come from."""
    return {Via.LOCAL: "cli", Via.TOKEN: "api"}.get(caller.via, "web")


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changes something, and why: ``author`` is ``""`` when nobody knows, ``note`` in the author's words.

    ``review``: what the review table and the audit log are to say once it is so, and only then.
    """

    at: datetime
    author: str
    origin: str
    action: str
    note: str = ""
    review: NewReview | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What an article says, in the file ``path``. ``revision``: SHA-256 of the file, both ``""`` for: it is gone."""

    article_id: str
    path: str
    revision: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One content that an article had, without its text. ``number`` counts up over all articles."""

    number: int
    article_id: str
    path: str
    revision: str
    edit: Edit

    @property
    def removed(self) -> bool:
        """Whether this is the article's end."""
        return not self.revision


class History(Protocol):
    """What articles said, and who changed them. Every call may raise StoreError."""

    def intend(
        self, edit: Edit, contents: Sequence[Content], found: tuple[Edit, Content] | None = None
    ) -> tuple[int, ...]:
        """Write down what is about to be, the edit's review with the last of it; return the numbers.

        ``found``: what stands in the file now, recorded unless that is known: a scan would come too late.
        """

    def confirm(self, numbers: Sequence[int]) -> None:
        """It is so, and the catalog has it."""

    def written(self, numbers: Sequence[int]) -> None:
        """It is so in the files; the catalog will have it after the next scan."""

    def settle(self, at: datetime) -> int:
        """Follow the catalog: confirm what it has of the intended, record what was changed or removed otherwise.

        What was intended long before ``at`` and never came to be is forgotten. Returns how many reviews this completed.
        """

    def revisions(self, article_ids: Sequence[str]) -> list[Revision]:
        """All that is confirmed of these ids, the newest first."""

    def revision(self, number: int) -> Revision | None:
        """One of them."""

    def source(self, revision: str) -> str | None:
        """The text that has this SHA-256."""

    def sources(self, revisions: Iterable[str]) -> Iterator[tuple[str, str]]:
        """(SHA-256, text) of those of ``revisions`` that are known, one at a time."""

    def began(self) -> datetime | None:
        """When the first content was written down; None: nothing was yet."""

    def standing_at(self, moment: datetime) -> list[Revision]:
        """What every article said just before ``moment``, those included that were removed by then, in order of id."""

    def between(self, since: datetime, until: datetime) -> list[Revision]:
        """All contents that were confirmed and came in [since, until), the oldest first."""

    def texts(self, article_ids: Sequence[str]) -> dict[str, list[tuple[Revision, str]]]:
        """id -> every confirmed text, the oldest first; ids without any are left out. One query for all of them."""

    def heads(self) -> dict[str, int]:
        """id -> number of the latest revision, of all articles that were ever compared with the catalog."""

    def stamp(self) -> str:
        """Another text whenever a head is another one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The next version of an article, not published yet. ``revision`` is the SHA-256 of ``source``; ``base`` that of
    the file which it was made from, ``""`` for an article that has no file; ``path``: where the file is, or will be.
    """

    article_id: str
    path: str
    base: str
    revision: str
    source: str
    author: str
    at: datetime
    note: str = ""


class Drafts(Protocol):
    """The next drafts, one of each article at most. Every call may raise StoreError."""

    def get(self, article_id: str) -> Draft | None:
        """The draft of an article."""

    def put(self, draft: Draft, expected: str) -> str:
        """Store it if the one that is there has the revision ``expected`` (``""``: none is there).

        Returns the revision of what was there; it is stored only if that is ``expected``.
        """

    def discard(self, article_id: str) -> None:
        """Forget the draft, if there is one."""

    def all(self) -> list[Draft]:
        """Every draft, the latest first."""
