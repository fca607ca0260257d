"""``/edit``: the form in which business owners write. Complete without JavaScript; with it, a save is answered in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from kb.editing.form import read_form
from kb.errors import ArticleError, EditConflict, EditError, InvalidArticle, LoginRequired
from kb.model import Problem
from webui import limits
from webui.current import desk
from webui.editor_conflict import conflicting
from webui.editor_page import Screen, placed, show
from webui.security import welcome_visitor

#: bytes; the longest article in two ways, and room for the rest
LONGEST = 3 * 1024 * 1024

blueprint = Blueprint("editor", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/edit")
def new() -> ResponseReturnValue:
    """The empty form; ``product``, ``scenario`` (slugs) and ``q``, what customers said, fill it in as far as they go."""
    questions = [text.strip() for text in request.args.getlist("q") if text.strip()]
    form = desk().forms.blank(request.args.get("product", ""), request.args.get("scenario", ""), questions)
    return show(Screen(form, as_source=_wants_source(request.args)))


@blueprint.get("/edit/<article_id>")
def edit(article_id: str) -> ResponseReturnValue:
    """The form of an article, filled from its next draft, else from what agents are served."""
    opened = desk().forms.opened(article_id)
    screen = Screen(None, opened.source, article_id, opened.revision, _wants_source(request.args), opened)
    try:
        return show(replace(screen, form=desk().forms.form(opened.source, opened.folder)))
    except ArticleError as error:
        return show(replace(screen, trouble=str(error)))


@blueprint.post("/edit")
@limits.accept_up_to(LONGEST)
def create() -> ResponseReturnValue:
    """Save a new article."""
    return _answer(None)


@blueprint.post("/edit/<article_id>")
@limits.accept_up_to(LONGEST)
def save(article_id: str) -> ResponseReturnValue:
    """Save what was written, as the next draft or for agents to see at once."""
    return _answer(article_id)


def _answer(article_id: str | None) -> ResponseReturnValue:
    """Save what was sent. Whatever comes in between, it is shown again and nothing of it is lost."""
    form = read_form(request.form.to_dict(flat=False), desk().channels)
    screen = Screen(form, article_id=article_id, base=request.form.get("base", ""), unsaved=True)
    screen = replace(screen, as_source=_wants_source(request.form), source=request.form.get("source", screen.source))
    try:
        screen = _with_article(screen)
        if screen.opened and screen.base != screen.opened.revision:
            return _refused(conflicting(screen, screen.opened), 409)
        return _stored(screen)
    except EditConflict:
        screen = _with_article(screen)
    except InvalidArticle as error:
        problems = tuple(problem for problem in error.problems if isinstance(problem, Problem))
        return _refused(replace(screen, problems=problems, trouble=str(error)), 422)
    except (ArticleError, EditError) as error:
        return _refused(replace(screen, trouble=str(error)), 422)
    except LoginRequired as error:
        trouble = f"{error}你写的内容都还在下面：请在新标签页登录，再回到这里点保存。"
        return _refused(replace(screen, opened=None, trouble=trouble), 401)
    return _refused(screen, 409)


def _with_article(screen: Screen) -> Screen:
    """With the article as it is now, and the file that stands for what was written."""
    return screen


def _stored(screen: Screen) -> ResponseReturnValue:
    raise EditError("还没有接上保存。")


def _refused(screen: Screen, status: int) -> ResponseReturnValue:
    """What was sent, shown again with what is wrong."""
    if _wants_json():
        problems = [problem._asdict() for problem in placed(screen)]
        return jsonify(detail=screen.trouble, problems=problems), status
    return show(screen), status


def _wants_source(given: Mapping[str, str]) -> bool:
    return given.get("mode") == "source"


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"
