"""The form of an article: filled from what is being edited, turned into the file that it stands for, and saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from kb import shapes
from kb.desk.editing import EditingDesk
from kb.editing.editor import EditState
from kb.editing.form import EMPTY, ArticleForm, body_of, form_of, sent_fields, source_of
from kb.editing.placing import place_of
from kb.editing.seen import Seen, others_text, text_seen
from kb.editing.writing import Place
from kb.errors import ArticleError, ArticleNotFound
from kb.model import ArticleRecord, Caller, Right
from kb.rules.access import has, may, require
from kb.system import System
from kb.text.render import render_html
from kb.text.sections import scripts_of, without_scripts
from kb.text.slugs import slug_of
from kb.usecases.library import Library


@dataclass(frozen=True, slots=True)
class Opened:
    """What somebody edits, and the article that agents are served meanwhile, None when there is none."""

    state: EditState
    record: ArticleRecord | None

    @property
    def folder(self) -> str:
        """``product/scenario``."""
        return self.state.folder

    @property
    def is_new(self) -> bool:
        """Whether there is nothing of it but a draft."""
        return not self.state.revision


class FormDesk:
    """Needs the right to edit, and the right to publish for what agents see at once."""

    def __init__(self, system: System, caller: Caller) -> None:
        self._system, self._caller = system, caller
        self._editing = EditingDesk(system, caller)

    @property
    def variables(self) -> tuple[str, ...]:
        """What scripts may leave blank."""
        return self._system.variables

    def library(self) -> Library:
        """The products and scenarios to choose from."""
        return self._system.snapshots.current().library

    # --- what pages may offer

    def may_create(self) -> bool:
        """Whether the caller may write articles of some department at least."""
        return has(self._caller, Right.EDIT)

    def may_publish(self, opened: Opened | None) -> bool:
        """Whether the caller may let agents see what they write; of a new article: of some department at least."""
        if opened is None or opened.record is None:
            return has(self._caller, Right.PUBLISH)
        return may(self._caller, Right.PUBLISH, opened.record.article.owner)

    def may_verify(self, opened: Opened | None) -> bool:
        """Whether publishing may count as a review; of a new article: of some department at least."""
        if opened is None or opened.record is None:
            return has(self._caller, Right.REVIEW)
        return may(self._caller, Right.REVIEW, opened.record.article.owner)

    # --- from article to form and back

    def opened(self, article_id: str) -> Opened:
        """What there is to edit. Raises ArticleNotFound."""
        state = self._editing.open(article_id)
        return Opened(state, self._system.catalog.get(state.article_id))

    def form(self, source: str, folder: str = "") -> ArticleForm:
        """The form of a file. Raises ArticleError when only the file as a whole can be edited."""
        require(self._caller, Right.EDIT)
        return form_of(source, self._system.channels, folder)

    def blank(self, product: str, scenario: str, questions: Sequence[str]) -> ArticleForm:
        """The form of a new article in these folders (slugs, as far as they exist), asked for with ``questions``."""
        require(self._caller, Right.EDIT)
        library, path = self.library(), f"{product}/{scenario}"
        return replace(
            self.form(EMPTY),
            title="".join(questions[:1]),
            questions="\n".join(questions[1:]),
            product=product if product in library.products else "",
            scenario=path if path in library.scenarios else "",
        )

    def with_id(self, form: ArticleForm) -> ArticleForm:
        """The form of a new article with an id: its own, else one made from the title."""
        return form if form.id else replace(form, id=slug_of(form.title, _Taken(self._system)))

    def source(self, form: ArticleForm, before: str = EMPTY) -> str:
        """The file that a form stands for, which was filled from ``before``. Raises ArticleError."""
        require(self._caller, Right.EDIT)
        return source_of(form, before, self._system.channels, self._system.today())

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

    # --- two at once

    def text_seen(self, opened: Opened | None, seen: Seen) -> str:
        """What was in front of those who have ``seen`` these revisions."""
        return text_seen(opened.state, seen, self._editing.text_of(seen.file)) if opened else EMPTY

    def parted(self, opened: Opened, seen: Seen, for_all: bool) -> tuple[str, str] | None:
        """(text from which both started, text that others have saved since); None when nobody has."""
        theirs = others_text(opened.state, seen, for_all)
        if theirs is None:
            return None
        return self._editing.text_of(seen.file) or theirs, theirs

    def who_changed(self, opened: Opened, theirs: str) -> str:
        """Who saved the text ``theirs``; ``""`` when nobody knows."""
        draft = opened.state.draft
        if draft is not None and draft.source == theirs:
            return draft.author
        try:
            revisions = self._editing.revisions(opened.state.article_id)
        except ArticleNotFound:
            return ""
        return next((row.edit.author for row in revisions if row.revision == opened.state.revision), "")

    # --- saving

    def place(self, form: ArticleForm) -> Place:
        """Where a new article goes. Raises EditError when the form doesn't say."""
        library = self.library()
        return place_of(form, library.products, library.scenarios)

    def keep(
        self, opened: Opened | None, article_id: str, source: str, seen: Seen, note: str, place: Place | None
    ) -> Seen:
        """Store the next draft; ``place`` of an article that is new. Raises EditConflict, EditError."""
        standing = opened.state.draft if opened else None
        expected = standing.revision if standing else ""
        draft = self._editing.save_draft(article_id, source, expected, seen.file, note, place)
        return Seen(draft.revision, draft.base)

    def publish(
        self,
        opened: Opened | None,
        article_id: str,
        source: str,
        seen: Seen,
        note: str,
        place: Place | None,
        verify: bool = False,
    ) -> Seen:
        """Let agents see it; with ``verify`` a reviewer confirms it at once.

        Raises InvalidArticle, EditConflict, EditError, SaveFailed.
        """
        if opened is None or opened.is_new:
            version = self._editing.create(article_id, source, place, note, verify)
        else:
            version = self._editing.publish(article_id, source, seen.file, note, verify)
        return Seen("", version.revision)


class _Taken:
    """The ids in use."""

    def __init__(self, system: System) -> None:
        self._system = system

    def __contains__(self, article_id: object) -> bool:
        return self._system.catalog.get(str(article_id)) is not None
