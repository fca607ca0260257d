"""``/a/<id>/manage``: another place, another id, out of service, gone; each says what it will do before it is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.editing.form import ArticleForm
from kb.errors import AccessDenied, ArticleNotFound, QueryError
from kb.model import Article, Right
from webui.current import desk
from webui.http.security import welcome_visitor
from webui.pages.acting import REFUSED

blueprint = Blueprint("operations", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/a/<article_id>/manage")
def form(article_id: str) -> ResponseReturnValue:
    """What can be done with the article, and what would come of it."""
    return _page(article_id)


@blueprint.post("/a/<article_id>/manage")
def act(article_id: str) -> ResponseReturnValue:
    """Do one of them, then to the article, or to what is left of it."""
    wanted = _ACTS.get(request.form.get("action", ""))
    if wanted is None:
        raise QueryError("没有这个操作，请刷新页面再试。")
    try:
        return redirect(wanted(article_id, request.form), 303)
    except REFUSED as error:
        return _page(article_id, trouble=str(error)), 409
    except AccessDenied as error:  # a place of another department, when it wasn't the article itself, see ``_page``
        return _page(article_id, trouble=f"没有移动：移过去要有那边的权限。{error}"), 403


def _move(article_id: str, given: Mapping[str, str]) -> str:
    product = given.get("scenario", "").partition("/")[0]
    place = desk().forms.place(
        ArticleForm(
            id=article_id,
            product=product or given.get("product", ""),
            product_title=given.get("product_title", "").strip(),
            scenario=given.get("scenario", ""),
            scenario_title=given.get("scenario_title", "").strip(),
        )
    )
    desk().editing.move(article_id, place, given.get("revision"), given.get("note", ""))
    return url_for("pages.article", article_id=article_id, done="moved")


def _rename(article_id: str, given: Mapping[str, str]) -> str:
    new_id = given.get("new_id", "").strip()
    desk().editing.rename(article_id, new_id, given.get("revision"), given.get("note", ""))
    return url_for("pages.article", article_id=new_id, done="renamed")


def _archive(article_id: str, given: Mapping[str, str]) -> str:
    desk().editing.archive(article_id, given.get("revision"), given.get("note", ""))
    return url_for("pages.article", article_id=article_id)


def _unarchive(article_id: str, given: Mapping[str, str]) -> str:
    desk().editing.unarchive(article_id, given.get("revision"), given.get("note", ""))
    return url_for("pages.article", article_id=article_id, done="unarchived")


def _delete(article_id: str, given: Mapping[str, str]) -> str:
    desk().editing.delete(article_id, given.get("revision"), given.get("note", ""))
    return url_for("pages.article", article_id=article_id)


_ACTS: Mapping[str, Callable[[str, Mapping[str, str]], str]] = {
    "move": _move,
    "rename": _rename,
    "archive": _archive,
    "unarchive": _unarchive,
    "delete": _delete,
}


def _page(article_id: str, trouble: str = "") -> str:
    opened = desk().forms.opened(article_id)
    if opened.record is None:  # a draft of an article that has no file yet
        raise ArticleNotFound(article_id)
    article, library = opened.record.article, desk().library()
    desk().require(Right.PUBLISH, article.owner)
    return render_template(
        "manage.html",
        article=article,
        revision=opened.state.revision,
        has_draft=opened.state.draft is not None,
        scenarios=_scenarios(article),
        product_choices=[(slug, folder.title) for slug, folder in library.products.items()],
        here=library.place_title(article.scenario_path),
        trouble=trouble,
        given=request.form,
    )


def _scenarios(article: Article) -> list[tuple[str, str]]:
    """(path, name) of the scenarios that the article could go to, those of its product first."""
    library, near = desk().library(), f"{article.product.slug}/"
    paths = sorted(library.scenarios, key=lambda path: (not path.startswith(near), path))
    return [(path, library.place_title(path)) for path in paths if path != article.scenario_path]
