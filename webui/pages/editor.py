"""``/edit``: the form in which business owners write. Complete without JavaScript; with it, saves answer in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue

from kb.editing.form import ArticleForm, read_form, with_newlines_of
from kb.editing.seen import Seen, seen_in
from kb.editing.writing import Place
from kb.errors import ArticleError, InvalidArticle, KbError, LoginRequired
from kb.model import Problem
from webui.current import desk
from webui.http import limits
from webui.http.problems import explain
from webui.http.security import welcome_visitor
from webui.pages.editor_conflict import CHOOSE, caught_up, chosen
from webui.pages.editor_page import Screen, placed, show

#: bytes; the longest article, and room for the rest
_LONGEST = 2 * 1024 * 1024

blueprint = Blueprint("editor", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/edit")
def new() -> ResponseReturnValue:
    """The empty form; ``product``, ``scenario`` (slugs) and ``q``, what customers said, fill in what they can."""
    questions = [text.strip() for text in request.args.getlist("q") if text.strip()]
    form = desk().forms.blank(request.args.get("product", ""), request.args.get("scenario", ""), questions)
    return show(Screen(form, source=desk().forms.source(form)))


@blueprint.get("/edit/<article_id>")
def edit(article_id: str) -> ResponseReturnValue:
    """The form of an article, filled from its next draft, else from what agents are served."""
    opened = desk().forms.opened(article_id)
    if opened.state.article_id != article_id:
        return redirect(url_for(".edit", article_id=opened.state.article_id))
    seen = seen_in(opened.state)
    screen = Screen(
        None,
        article_id=article_id,
        source=desk().forms.text_seen(opened, seen),
        seen=seen,
        opened=opened,
        as_source=_wants_source(request.args),
        said="草稿已保存" if request.args.get("saved") else "",
    )
    draft = opened.state.draft
    try:
        form = desk().forms.form(screen.source, opened.folder)
        screen = replace(screen, form=replace(form, note=draft.note if draft else ""))
    except ArticleError as error:
        return show(replace(screen, trouble=str(error)))
    return show(caught_up(screen, opened, for_all=True))


@blueprint.post("/edit")
@limits.accept_up_to(_LONGEST)
def create() -> ResponseReturnValue:
    """Save a new article."""
    return _answer(None)


@blueprint.post("/edit/<article_id>")
@limits.accept_up_to(_LONGEST)
def save(article_id: str) -> ResponseReturnValue:
    """Save what was written, as the next draft or for agents to see at once."""
    return _answer(article_id)


def _answer(article_id: str | None) -> ResponseReturnValue:
    """Save what was sent. Whatever comes in between, it is shown again and nothing of it is lost."""
    screen = Screen(
        read_form(request.form.to_dict(flat=False), desk().channels),
        article_id=article_id,
        source=request.form.get("source", ""),
        seen=Seen(request.form.get("draft", ""), request.form.get("file", "")),
        as_source=_wants_source(request.form),
        unsaved=True,
    )
    try:
        if article_id is not None and request.form.get("action") == "discard":
            return _discarded(article_id)
        screen = _completed(screen)
        return _refused(screen, 409) if screen.conflict else _stored(screen)
    except InvalidArticle as error:
        problems = tuple(problem for problem in error.problems if isinstance(problem, Problem))
        trouble = "内容还不符合格式，没有保存；请改好标出的地方。"
        return _refused(replace(screen, problems=problems, trouble=trouble), 422)
    except LoginRequired as error:
        trouble = f"{error}你写的内容都还在下面：请在新标签页登录，再回到这里点保存。"
        return _refused(replace(screen, opened=None, trouble=trouble), 401)
    except KbError as error:
        answer = explain(error)
        return _refused(replace(screen, trouble=answer.detail), answer.status)


def _completed(screen: Screen) -> Screen:
    """With the article as it is now, what others have saved since, and the file that what was sent stands for."""
    forms = desk().forms
    opened = forms.opened(screen.article_id) if screen.article_id else None
    screen = replace(screen, opened=opened)
    before = forms.text_seen(opened, screen.seen)
    if screen.as_source:
        text = before if request.form.get(f"{CHOOSE}source") == "theirs" else screen.source
        screen = replace(screen, source=with_newlines_of(before, text))
    elif screen.form and opened:
        theirs = forms.form(before, opened.folder)
        screen = replace(screen, form=chosen(screen.form, request.form, theirs))
    if screen.form and opened is None:
        named = forms.form(screen.source).id if screen.as_source else screen.form.id
        screen = replace(screen, form=forms.with_id(replace(screen.form, id=named)))
    if screen.form and not screen.as_source:
        screen = replace(screen, source=forms.source(screen.form, before))
    return caught_up(screen, opened, for_all=_is_for_all()) if opened else screen


def _stored(screen: Screen) -> ResponseReturnValue:
    """Store it, and say where to go on."""
    forms, opened = desk().forms, screen.opened
    article_id, place = _place(screen)
    note = screen.form.note if screen.form else ""
    if _is_for_all():
        verify = "verify" in request.form
        seen = forms.publish(opened, article_id, screen.source, screen.seen, note, place, verify)
        location = url_for("pages.article", article_id=article_id, published=1)
    else:
        seen = forms.keep(opened, article_id, screen.source, screen.seen, note, place)
        location = url_for(".edit", article_id=article_id, saved=1)
    if not _wants_json():
        return redirect(location, 303)
    stays = screen.article_id is not None and not _is_for_all()
    return jsonify(location=None if stays else location, draft=seen.draft, file=seen.file)


def _discarded(article_id: str) -> ResponseReturnValue:
    """Forget the draft; go to what agents see, or to the other drafts when nothing else is there of the article."""
    served = desk().forms.opened(article_id).record is not None
    desk().editing.discard_draft(article_id)
    page = url_for("pages.article", article_id=article_id, done="discarded")
    location = page if served else url_for("pages.browse", status="draft")
    return jsonify(location=location, draft="", file="") if _wants_json() else redirect(location, 303)


def _place(screen: Screen) -> tuple[str, Place | None]:
    """The id, and of an article that has no file yet where it goes."""
    if screen.opened is not None and not screen.opened.is_new:
        return screen.opened.state.article_id, None
    form = screen.form or ArticleForm()
    return screen.article_id or form.id, desk().forms.place(form)


def _refused(screen: Screen, status: int) -> ResponseReturnValue:
    """What was sent, shown again with what is wrong."""
    if not _wants_json():
        return show(screen), status
    return jsonify(detail=screen.trouble, problems=[problem._asdict() for problem in placed(screen)]), status


def _is_for_all() -> bool:
    return request.form.get("action") == "publish"


def _wants_source(given: Mapping[str, str]) -> bool:
    return given.get("mode") == "source"


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
