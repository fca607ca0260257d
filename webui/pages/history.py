"""``/a/<id>/history``: every text of an article, two of them side by side, the way back; and reading as of a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.errors import QueryError
from kb.model import Right
from kb.ports.history import Revision
from webui.current import desk
from webui.http import inputs
from webui.http.security import welcome_visitor
from webui.pages.acting import REFUSED

blueprint = Blueprint("history", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/a/<article_id>/history")
def revisions(article_id: str) -> ResponseReturnValue:
    """The revisions; ``old`` and ``new`` (numbers) are compared, else the latest two."""
    rows = desk().history.revisions(article_id)
    if rows[0].article_id != article_id and not rows[0].removed:
        return redirect(url_for(".revisions", article_id=rows[0].article_id))
    return _page(article_id, rows)


@blueprint.post("/a/<article_id>/history/restore")
def restore(article_id: str) -> ResponseReturnValue:
    """Publish the text of an earlier revision."""
    number = inputs.integer(request.form, "number", 0, 1, 10**9 - 1)
    try:
        version = desk().editing.restore(article_id, number, request.form.get("note", ""))
    except REFUSED as error:
        return _page(article_id, desk().history.revisions(article_id), trouble=str(error)), 409
    return_to = version.article.id if version.article else article_id
    return redirect(url_for(".revisions", article_id=return_to, restored=number), 303)


@blueprint.post("/a/<article_id>/history/undo")
def undo(article_id: str) -> ResponseReturnValue:
    """Take back the latest change, then to the article as it is again."""
    number = inputs.integer(request.form, "number", 0, 1, 10**9 - 1)
    try:
        desk().editing.undo(article_id, number)
    except REFUSED as error:
        return _page(article_id, desk().history.revisions(article_id), trouble=str(error)), 409
    return redirect(url_for("pages.article", article_id=article_id), 303)


def article_then(article_id: str, day: date) -> str:
    """The article's page as it was at the end of ``day``."""
    then, record, freshness = desk().history.then(article_id, day)
    return render_template(
        "article.html",
        record=record,
        article=record.article,
        freshness=freshness,
        scripts=record.article.scripts,
        related=(),
        then=then,
        may_edit=desk().may(Right.EDIT, record.article.owner),
    )


def gone(article_id: str) -> ResponseReturnValue:
    """What became of an article that is not served. Raises ArticleNotFound, LoginRequired."""
    fate = desk().history.fate(article_id)
    page = render_template("gone.html", fate=fate, publishes=desk().may(Right.PUBLISH, fate.owner))
    return page, 404 if fate.state == "draft" else 410


def _page(article_id: str, rows: Sequence[Revision], trouble: str = "") -> str:
    readable = [row for row in rows if not row.removed]
    old, new = _chosen(readable)
    return render_template(
        "history.html",
        article_id=article_id,
        title=desk().history.title(article_id, list(rows)),
        rows=rows,
        before={row.number: former.number for row, former in pairwise(readable)},
        old=old,
        new=new,
        comparison=desk().history.comparison(article_id, old.number, new.number) if old and new else None,
        restored=request.args.get("restored"),
        trouble=trouble,
        today=date.today(),
        served=not rows[0].removed,
    )


def _chosen(rows: Sequence[Revision]) -> tuple[Revision | None, Revision | None]:
    """The two revisions to compare, the earlier one first; None and None when there is only one."""
    if len(rows) < 2:
        return None, None
    given = inputs.filled_in(request.args)
    new = _one(rows, inputs.integer(given, "new", rows[0].number, 1, 10**9 - 1))
    old = _one(rows, inputs.integer(given, "old", rows[1].number, 1, 10**9 - 1))
    return (old, new) if old.number <= new.number else (new, old)


def _one(rows: Sequence[Revision], number: int) -> Revision:
    for row in rows:
        if row.number == number:
            return row
    raise QueryError(f"这条知识没有编号为 {number} 的历史版本，请从列表里选。")
