"""The form of an article: filled from what is being edited, turned into the file that it stands for."""

from __future__ import annotations

from dataclasses import dataclass

from kb.editing.form import EMPTY, ArticleForm, form_of, source_of
from kb.editing.form_merging import Joined, join
from kb.errors import ArticleNotFound
from kb.model import ArticleRecord, Caller, Right
from kb.rules.access import has, may, require, require_for
from kb.system import System


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody edits: the text, its ``revision`` (SHA-256; ``""`` for an article that is to be), and the article
    that agents are served meanwhile, None when there is none.
    """

    article_id: str
    path: str
    source: str
    revision: str
    record: ArticleRecord | None = None


class FormDesk:
    """Needs the right to edit; of an article of other departments nothing is shown that agents don't see."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    def opened(self, article_id: str) -> Opened:
        """What there is to edit. Raises ArticleNotFound."""
        record = self._system.catalog.get(article_id)
        source = self._system.catalog.source(article_id)
        if record is None or source is None:
            require(self._caller, Right.EDIT)
            raise ArticleNotFound(article_id)
        require_for(self._caller, Right.EDIT, record.article.owner)
        return Opened(article_id, record.path, source, record.revision, record)

    def form(self, opened: Opened) -> ArticleForm:
        """Its form. Raises ArticleError when only the file as a whole can be edited."""
        return form_of(opened.source, self._system.channels, opened.path.rpartition("/")[0])

    def source(self, form: ArticleForm, before: str = EMPTY) -> str:
        """The file that a form stands for, which was filled from ``before``. Raises ArticleError."""
        require(self._caller, Right.EDIT)
        return source_of(form, before, self._system.channels, self._system.today())
