"""An article gets another place, another id or another status; links to it keep working."""

from __future__ import annotations

from kb.content.places import path_of
from kb.editing.writing import Place, Standing, Writing, check_rights
from kb.errors import EditError
from kb.model import Caller, Right
from kb.ports.catalog import FileVersion
from kb.ports.history import Drafts
from kb.rules.access import require, require_for

_ACTIONS = {"archived": "archive", "published": "unarchive"}


class Moving:
    """Every call needs the right to publish the article as it is and as it would be.

    ``expected`` is the revision of the file that the caller has seen; None: whatever it says now. Raises
    ArticleNotFound, EditConflict, EditError, SaveFailed.
    """

    def __init__(self, writing: Writing, drafts: Drafts) -> None:
        self._writing, self._drafts = writing, drafts

    def move(
        self, caller: Caller, article_id: str, place: Place, expected: str | None = None, note: str = ""
    ) -> FileVersion:
        """Into another scenario, there already or made for it; the file keeps its name and every byte."""
        standing = self._standing(caller, article_id)
        name = standing.file.path.rpartition("/")[2]
        folder = path_of(place.product, place.scenario, "x").rpartition("/")[0]
        path = f"{folder}/{name}"
        if path == standing.file.path:
            raise EditError("这条知识已经在这个场景里，没有移动。")
        version, article = self._writing.article(standing.record.article.id, path, standing.file.source, place.titles)
        check_rights(caller, Right.PUBLISH, standing.article, article)
        seen = standing.file.revision if expected is None else expected
        edit = self._writing.edit(caller, "move", note)
        self._writing.move(version, standing.file.path, seen, edit, place.titles)
        return version

    def rename(
        self, caller: Caller, article_id: str, new_id: str, expected: str | None = None, note: str = ""
    ) -> FileVersion:
        """Give it another id; the old one stays in ``former_ids``, so that links and ``related`` lists still lead here.

        The file keeps its name: nothing depends on it.
        """
        standing = self._standing(caller, article_id)
        article = standing.article
        path_of("x", "x", new_id)
        if new_id == article.id:
            raise EditError("新旧编号相同，没有改动。")
        if self._drafts.get(article.id) or self._drafts.get(new_id):
            raise EditError("这个编号还有没发布的草稿；请先发布或丢弃草稿，再改编号。")
        former = tuple(i for i in (*article.former_ids, article.id) if i != new_id)
        edit = self._writing.edit(caller, "rename", note)
        return self._writing.change_fields(caller, standing, expected, {"id": new_id, "former_ids": former}, edit)

    def set_status(
        self, caller: Caller, article_id: str, status: str, expected: str | None = None, note: str = ""
    ) -> FileVersion:
        """Take it out of service (``archived``), or back into it (``published``)."""
        standing = self._standing(caller, article_id)
        edit = self._writing.edit(caller, _ACTIONS[status], note)
        return self._writing.change_fields(caller, standing, expected, {"status": status}, edit)

    def _standing(self, caller: Caller, article_id: str) -> Standing:
        """The article, for whom it is their business: others learn nothing about what could be done with it."""
        require(caller, Right.PUBLISH)
        standing = self._writing.standing(article_id)
        require_for(caller, Right.PUBLISH, standing.article.owner)
        return standing
