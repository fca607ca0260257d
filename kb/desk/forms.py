"""The form of an article: filled from what is being edited, turned into the file that it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb import shapes
from kb.editing.form import EMPTY, ArticleForm, body_of, form_of, sent_fields, source_of
from kb.editing.placing import Place, place_of
from kb.errors import ArticleError, ArticleNotFound
from kb.model import ArticleRecord, Caller, Right
from kb.rules.access import has, may, require, require_for
from kb.system import System
from kb.text.render import render_html
from kb.text.sections import scripts_of, without_scripts
from kb.usecases.library import Library


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody edits: the text, its ``revision`` (SHA-256), where its file is, and the article that agents are
    served meanwhile, None when there is none.
    """

    article_id: str
    path: str
    source: str
    revision: str
    record: ArticleRecord | None = None

    @property
    def folder(self) -> str:
        """``product/scenario``."""
        return self.path.rpartition("/")[0]


class FormDesk:
    """Needs the right to edit."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller

    @property
    def variables(self) -> tuple[str, ...]:
        """What scripts may leave blank."""
        return self._system.variables

    def library(self) -> Library:
        """The products and scenarios to choose from."""
        return self._system.snapshots.current().library

    def may_edit(self, owner: str | None) -> bool:
        """Whether the caller may write articles of ``owner``."""
        return may(self._caller, Right.EDIT, owner)

    def may_create(self) -> bool:
        """Whether the caller may write articles of some department at least."""
        return has(self._caller, Right.EDIT)

    def may_publish(self, opened: Opened | None) -> bool:
        """Whether the caller may let agents see what they write; of a new article: of some department at least."""
        if opened is None or opened.record is None:
            return has(self._caller, Right.PUBLISH)
        return may(self._caller, Right.PUBLISH, opened.record.article.owner)

    def opened(self, article_id: str) -> Opened:
        """What there is to edit. Raises ArticleNotFound."""
        require(self._caller, Right.EDIT)
        record = self._system.catalog.get(article_id)
        source = self._system.catalog.source(article_id)
        if record is None or source is None:
            raise ArticleNotFound(article_id)
        require_for(self._caller, Right.EDIT, record.article.owner)
        return Opened(article_id, record.path, source, record.revision, record)

    def form(self, source: str, folder: str = "") -> ArticleForm:
        """The form of a file. Raises ArticleError when only the file as a whole can be edited."""
        return form_of(source, self._system.channels, folder)

    def blank(self, product: str, scenario: str, questions: Sequence[str]) -> ArticleForm:
        """The form of a new article in these folders (slugs, as far as they exist), asked for with ``questions``."""
        require(self._caller, Right.EDIT)
        library, path = self.library(), f"{product}/{scenario}"
        return replace(
            form_of(EMPTY, self._system.channels),
            title="".join(questions[:1]),
            questions="\n".join(questions[1:]),
            product=product if product in library.products else "",
            scenario=path if path in library.scenarios else "",
        )

    def source(self, form: ArticleForm, before: str = EMPTY) -> str:
        """The file that a form stands for, which was filled from ``before``. Raises ArticleError."""
        require(self._caller, Right.EDIT)
        return source_of(form, before, self._system.channels, self._system.today())

    def text_at(self, opened: Opened | None, revision: str) -> str:
        """The text that a form was filled from; the present one where nobody knows what it was."""
        return opened.source if opened else EMPTY

    def preview(self, source: str, folder: str) -> shapes.Preview:
        """What a file would be like as an article of ``folder``."""
        require(self._caller, Right.EDIT)
        try:
            form, body = self.form(source, folder), body_of(source)
        except ArticleError as error:
            return {"source": source, "html": None, "scripts": [], "fields": None, "trouble": str(error)}
        return {
            "source": source,
            "html": render_html(without_scripts(body), folder or None),
            "scripts": [{"channel": script.channel, "text": script.text} for script in scripts_of(body)],
            "fields": sent_fields(form, self._system.channels),
            "trouble": None,
        }

    def place(self, form: ArticleForm) -> Place:
        """Where the article of a form goes that is new. Raises EditError when the form doesn't say."""
        library = self.library()
        return place_of(form, library.products, library.scenarios, _Taken(self._system))


class _Taken:
    """The ids in use."""

    def __init__(self, system: System) -> None:
        self._system = system

    def __contains__(self, article_id: object) -> bool:
        return self._system.catalog.get(str(article_id)) is not None
