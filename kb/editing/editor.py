"""Drafts and publishing: an article keeps being served as it is while its next version is written and rewritten.

Whoever saves says which version they have seen. If it is not the latest, nothing is written: EditConflict says what
is there now, ``text_of`` gives what both began with, to be merged.
"""

from __future__ import annotations

from dataclasses import dataclass

from kb.content.places import path_of
from kb.editing.verifying import may_verify, verified
from kb.editing.writing import UNSORTED, Place, Standing, Writing, check_rights, encoded, revision
from kb.errors import ArticleNotFound, EditConflict, EditError, InvalidArticle
from kb.model import Caller, Problem, Right
from kb.ports.catalog import FileVersion
from kb.ports.history import Draft, Drafts, History
from kb.rules.access import may, require, require_for


@dataclass(frozen=True, slots=True)
class EditState:
    """What an editor opens: the file as it is (``revision`` and ``source`` are ``""`` for none) and the next draft."""

    article_id: str
    path: str
    revision: str
    source: str
    draft: Draft | None
    problems: tuple[Problem, ...] = ()

    @property
    def folder(self) -> str:
        """``product/scenario``."""
        return self.path.rpartition("/")[0]


class Editor:
    """Every call checks the rights of ``caller`` and raises LoginRequired or AccessDenied without them."""

    def __init__(self, writing: Writing, drafts: Drafts, history: History) -> None:
        self._writing, self._drafts, self._history = writing, drafts, history

    def open(self, caller: Caller, article_id: str) -> EditState:
        """An article, or the draft of one that has no file yet. Raises ArticleNotFound."""
        require(caller, Right.EDIT)
        standing = self._standing(article_id)
        if standing is None:
            draft = self._drafts.get(article_id)
            if draft is None:
                raise ArticleNotFound(article_id)
            require_for(caller, Right.EDIT, self._owner_of(draft))
            return EditState(article_id, draft.path, "", "", draft)
        require_for(caller, Right.EDIT, standing.article.owner)
        file, article_id = standing.file, standing.record.article.id
        draft = self._drafts.get(article_id)
        if draft is not None and draft.revision == file.revision:  # it is published already
            self._drafts.discard(article_id)
            draft = None
        return EditState(article_id, file.path, file.revision, file.source, draft, file.problems)

    def draft(self, caller: Caller, article_id: str) -> Draft | None:
        """The next version of an article, if there is one and it is the caller's business."""
        require(caller, Right.EDIT)
        draft = self._drafts.get(article_id)
        return draft if draft is not None and may(caller, Right.EDIT, self._owner_of(draft)) else None

    def drafts(self, caller: Caller) -> list[Draft]:
        """The drafts that are the caller's business, the latest first."""
        require(caller, Right.EDIT)
        return [draft for draft in self._drafts.all() if may(caller, Right.EDIT, self._owner_of(draft))]

    def save_draft(
        self,
        caller: Caller,
        article_id: str,
        source: str,
        expected: str,
        base: str | None = None,
        note: str = "",
        place: Place | None = None,
    ) -> Draft:
        """Keep ``source``, right or not, as the next version; agents see nothing of it.

        ``expected``: the revision of the draft that the caller has seen, ``""`` for none; ``base``: of the file that it
        is made from (None: as it is now). ``place`` is needed for the first draft of a new article. Raises
        EditConflict, EditError, InvalidArticle only for what is no text.
        """
        require(caller, Right.EDIT)
        standing, former = self._standing(article_id), self._drafts.get(article_id)
        path = standing.file.path if standing else self._path_of_new(article_id, place, former)
        version = self._writing.judged(path, encoded(source), place.titles if place else {})
        if source and not version.source:
            raise InvalidArticle(version.problems)
        if standing is None and version.article is None:
            require_for(caller, Right.EDIT, self._folder_owner(path))
        if standing is None and former is not None:
            require_for(caller, Right.EDIT, self._owner_of(former))
        check_rights(caller, Right.EDIT, standing.article if standing else None, version.article)
        if base is None:
            base = standing.file.revision if standing else ""
        draft = Draft(
            standing.record.article.id if standing else article_id,
            path,
            base,
            revision(source),
            source,
            caller.name,
            self._writing.now(),
            note.strip(),
        )
        found = self._drafts.put(draft, expected)
        if found != expected:
            raise EditConflict("草稿在你打开之后又被保存过，没有保存；请对照现在的草稿再保存。", found)
        return draft

    def discard_draft(self, caller: Caller, article_id: str) -> None:
        """Forget the next version; what is published stays. Raises ArticleNotFound when there is none."""
        state = self.open(caller, article_id)
        if state.draft is None:
            raise ArticleNotFound(article_id)
        self._drafts.discard(state.article_id)

    def publish(
        self, caller: Caller, article_id: str, source: str, expected: str, note: str = "", verify: bool = False
    ) -> FileVersion:
        """Let the article's file say ``source``, and drop its draft; ``expected``: the file's revision that was seen.

        ``verify``: who may review it says with this that it is right; of others the word does not count.
        Raises ArticleNotFound, InvalidArticle, EditConflict, SaveFailed.
        """
        require(caller, Right.PUBLISH)
        standing = self._writing.standing(article_id)
        article_id = standing.record.article.id
        require_for(caller, Right.PUBLISH, standing.article.owner)
        version, article = self._writing.article(article_id, standing.file.path, source)
        check_rights(caller, Right.PUBLISH, standing.article, article)
        review = None
        if verify and may_verify(caller, standing.article, article):
            version, review = verified(self._writing, caller, article_id, version, note)
        if version.revision != expected or standing.file.revision != expected:
            note = _credited(note, self._drafts.get(article_id), caller)
            self._writing.save(version, expected, self._writing.edit(caller, "publish", note, review))
        self._drafts.discard(article_id)
        return version

    def create(
        self,
        caller: Caller,
        article_id: str,
        source: str,
        place: Place | None = None,
        note: str = "",
        verify: bool = False,
    ) -> FileVersion:
        """Publish a new article; without a ``place`` where its draft is meant to be, else among the unsorted ones.

        ``verify`` as in ``publish``. Raises EditError, InvalidArticle, EditConflict when the id or the file is taken,
        SaveFailed.
        """
        require(caller, Right.PUBLISH)
        draft = self._drafts.get(article_id)
        if draft is not None:  # it is dropped below
            require_for(caller, Right.PUBLISH, self._owner_of(draft))
        elif place is None:
            place = UNSORTED
        path = self._path_of_new(article_id, place, draft)
        titles = place.titles if place else {}
        version, article = self._writing.article(article_id, path, source, titles)
        check_rights(caller, Right.PUBLISH, None, article)
        review = None
        if verify and may_verify(caller, None, article):
            version, review = verified(self._writing, caller, article_id, version, note, titles)
        edit = self._writing.edit(caller, "create", _credited(note, draft, caller), review)
        self._writing.save(version, "", edit, titles)
        self._drafts.discard(article_id)
        return version

    def text_of(self, caller: Caller, revision: str) -> str | None:
        """A text that the caller has seen, by its revision; None when nobody knows it any more."""
        require(caller, Right.EDIT)
        return self._history.source(revision)

    # --- inside

    def _standing(self, article_id: str) -> Standing | None:
        try:
            return self._writing.standing(article_id)
        except (ArticleNotFound, EditConflict):
            return None

    def _path_of_new(self, article_id: str, place: Place | None, draft: Draft | None) -> str:
        if place is not None:
            return path_of(place.product, place.scenario, article_id)
        if draft is None:
            raise EditError("新知识要说明放在哪个产品和场景。")
        return draft.path

    def _owner_of(self, draft: Draft) -> str | None:
        """The department of a draft: its article's if that is served, else its own or its folder's."""
        record = self._writing.catalog.get(draft.article_id)
        article = record.article if record else self._writing.judged(draft.path, draft.source.encode()).article
        return article.owner if article else self._folder_owner(draft.path)

    def _folder_owner(self, path: str) -> str | None:
        product, scenario, _ = path.split("/")
        folders = self._writing.files.folders_at(path)
        return folders[f"{product}/{scenario}"].owner or folders[product].owner


def _credited(note: str, draft: Draft | None, caller: Caller) -> str:
    """The reason of a change, with who drafted it when somebody else publishes: history has one name in its column."""
    if draft is None or draft.author in ("", caller.name):
        return note
    return f"{note.strip()}（{draft.author}起草）"
