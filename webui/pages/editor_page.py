"""The page of the editor: what it shows of what is being written, of what is wrong with it, of a conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from flask import render_template, url_for
from markupsafe import Markup

from kb.checking.field_places import FieldPlaces
from kb.desk.forms import Opened
from kb.editing.form import EMPTY, ArticleForm, values_of
from kb.editing.seen import NOTHING, Seen
from kb.model import Problem
from kb.review.sent_back import SentBack
from webui.current import desk
from webui.pages.editor_labels import AUDIENCES, PRIORITIES, TOOLS, Change, limits_of


@dataclass(frozen=True, slots=True)
class Conflict:
    """What both sides did since they parted, and the fields that both changed, with what the others wrote."""

    who: str
    mine: Sequence[Change]
    theirs: Sequence[Change]
    choices: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Screen:
    """What is being written: the ``form`` (None: the file can only be edited as a whole) and the file ``source`` that
    it stands for, of the article ``article_id`` (None: a new one), begun with what was ``seen``.

    ``opened`` is the article as it stands now, None when there is none yet or nobody knows who asks. ``unsaved``:
    the browser sent it, and it has not been stored.
    """

    form: ArticleForm | None
    source: str = EMPTY
    article_id: str | None = None
    seen: Seen = NOTHING
    as_source: bool = False
    opened: Opened | None = None
    unsaved: bool = False
    said: str = ""
    trouble: str = ""
    problems: Sequence[Problem] = ()
    conflict: Conflict | None = None


class Placed(NamedTuple):
    """A problem, and the field where it can be mended."""

    field: str
    line: int
    message: str
    severity: str


def placed(screen: Screen) -> list[Placed]:
    """The problems of what is being written, each at its field."""
    places = FieldPlaces(screen.source)
    return [Placed(places.field_at(p.line), p.line, p.message, p.severity) for p in screen.problems]


def _sent_back(screen: Screen) -> SentBack | None:
    """What a reviewer wants to be mended here; None when it is settled, or nobody said anything."""
    record = screen.opened.record if screen.opened else None
    if record is None:
        return None
    return next((sent for sent in desk().verdicts.sent_back() if sent.article.id == record.article.id), None)


def show(screen: Screen) -> str:
    """The page."""
    forms, library = desk().forms, desk().forms.library()
    form = screen.form or ArticleForm()
    record = screen.opened.record if screen.opened else None
    folder = screen.opened.folder if screen.opened else form.scenario
    is_new = screen.opened.is_new if screen.opened else screen.article_id is None
    as_source = screen.as_source or screen.form is None
    messages: defaultdict[str, list[Placed]] = defaultdict(list)
    problems = placed(screen)
    for problem in problems:
        messages[problem.field].append(problem)
    preview = forms.preview(screen.source, folder) if forms.may_create() else None
    return render_template(
        "edit.html",
        screen=screen,
        form=form,
        mode="source" if as_source else "form",
        title=record.article.title if record else form.title or screen.article_id,
        action=url_for("editor.save", article_id=screen.article_id) if screen.article_id else url_for("editor.create"),
        article_id=screen.article_id,
        record=record,
        sent_back=_sent_back(screen),
        is_new=is_new,
        draft=screen.opened.state.draft if screen.opened else None,
        folder=folder,
        place=library.place_title(folder),
        conflict=screen.conflict,
        messages=messages,
        elsewhere=[problem for problem in problems if as_source or problem.field not in values_of(form)],
        product_choices=[("", "新建…"), *((slug, folder.title) for slug, folder in library.products.items())],
        scenario_choices=[("", "新建…"), *((path, library.place_title(path)) for path in library.scenarios)],
        all_channels=list(dict.fromkeys((*desk().channels, *form.channels))),
        limits=limits_of(form.scripts),
        variables=forms.variables,
        may_publish=forms.may_publish(screen.opened),
        may_verify=forms.may_verify(screen.opened),
        preview=preview,
        preview_body=Markup(preview["html"] or "") if preview else "",  # noqa: S704  # the desk sanitises it
        AUDIENCES=AUDIENCES,
        PRIORITIES=PRIORITIES,
        TOOLS=TOOLS,
    )
