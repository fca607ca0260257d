"""What reviewers say on ``/review``: a verdict on one article, several confirmed at once, taking back.

With JavaScript the same forms go by ``fetch``: what was done is answered in JSON, what was not by the page saying why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue

from kb.desk.verdicts import Planned
from kb.errors import ArticleNotFound, EditConflict, EditError, InvalidArticle, QueryError
from kb.model import Verdict
from webui.current import desk
from webui.http import inputs
from webui.http.problems import explain
from webui.http.security import welcome_visitor
from webui.pages.review import done_said, progress_shown, show_item, show_list
from webui.pages.review_address import HIGHEST_ID, asked
from webui.pages.review_detail import changed_since, opened

#: what is best said beside the article, with the note that was written
_REFUSED = (EditConflict, EditError, InvalidArticle, QueryError)

blueprint = Blueprint("review_verdicts", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.post("/review/<article_id>")
def give(article_id: str) -> ResponseReturnValue:
    """Let a verdict stand, then on to the next row."""
    given = request.form.to_dict()
    verdict = Verdict(inputs.choice(given, "verdict", [verdict.value for verdict in Verdict]))
    seen = given.get("revision", "")
    try:
        outcome = desk().verdicts.give(article_id, verdict, given.get("note", ""), seen)
    except _REFUSED as error:
        return _refused(article_id, seen, str(error)), explain(error).status
    number = outcome.review.id if outcome.review else 0
    if not _wants_json():
        return redirect(asked().address(opened=given.get("next", ""), done=number), 303)
    return jsonify(review=number, said="。".join((done_said(number), *outcome.remarks)), progress=progress_shown())


def _refused(article_id: str, seen: str, trouble: str) -> str:
    """The article as it is now, with what others changed and all that was filled in; the list when it is gone."""
    try:
        detail = opened(article_id)
    except ArticleNotFound:
        return show_list(asked(), trouble)
    return show_item(replace(detail, trouble=trouble, changes=changed_since(article_id, seen)), asked(), request.form)


@blueprint.post("/review/undo")
def undo() -> ResponseReturnValue:
    """Take back verdicts, by their numbers; a single one leads back to its article."""
    numbers = [inputs.integer({"review": text}, "review", 0, 1, HIGHEST_ID) for text in request.form.getlist("review")]
    if not numbers:
        raise QueryError("没有写明要撤销哪一条结论，请刷新页面再试。")
    try:
        undone = [desk().verdicts.undo(number) for number in numbers]
    except _REFUSED as error:
        return show_list(asked(), trouble=f"没有撤销：{error}"), explain(error).status
    if _wants_json():
        return jsonify(said=f"已撤销“{undone[0].verdict.label}”", progress=progress_shown())
    return redirect(asked().address(opened=undone[0].article_id if len(undone) == 1 else ""), 303)


@blueprint.post("/review/bulk")
def bulk() -> ResponseReturnValue:
    """Show what would be confirmed and what is left out, or, once that was seen, confirm it."""
    try:
        if request.form.get("action") == "confirm":
            return _confirmed(_seen(request.form.getlist("seen")))
        chosen = request.form.getlist("id")
        if not chosen:
            raise QueryError("还没有选知识：请先在清单里勾选看过的。")
        plan = desk().verdicts.plan(chosen)
        ready, left_out = ([row for row in plan if bool(row.trouble) is refused] for refused in (False, True))
        return render_template("review_bulk.html", asked=asked(), ready=ready, left_out=left_out)
    except QueryError as error:
        return show_list(asked(), trouble=str(error)), 400


def _confirmed(seen: Mapping[str, str]) -> str:
    """Confirm, and tell article by article what could not be."""
    titles = {row.article_id: row.title for row in desk().verdicts.plan(list(seen))}
    outcomes = desk().verdicts.confirm_many(seen)
    return render_template(
        "review_bulk.html",
        asked=asked(),
        done=[outcome.review.id for outcome in outcomes if outcome.review],
        left_out=[Planned(o.article_id, titles[o.article_id], trouble=o.trouble) for o in outcomes if not o.review],
    )


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"


def _seen(pairs: Sequence[str]) -> dict[str, str]:
    """article id -> revision, from ``id:revision``. Raises QueryError."""
    seen = dict(pair.rpartition(":")[::2] for pair in pairs)
    if not seen or not all(seen) or not all(seen.values()):
        raise QueryError("要确认的清单不完整，请回到清单重新勾选。")
    return seen
