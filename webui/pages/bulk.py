"""``/bulk``: one change to many articles: choose, see what would change, do it, take it back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from kb.editing.bulk_edits import LISTS, FieldChange, Outcome
from kb.errors import EditError, QueryError
from kb.model import ArticleRecord
from webui.current import desk
from webui.http import limits
from webui.http.security import welcome_visitor
from webui.pages import longlists

#: bytes; a thousand ids
LONGEST = 256 * 1024
_MOST = 1000

#: ``field:mode`` -> how it is called
CHANGES = {
    "owner:set": "业务部门改为",
    "review_every:set": "复核周期改为",
    "tags:add": "增加标签",
    "tags:remove": "去掉标签",
    "tags:set": "标签改为",
    "channels:add": "增加渠道",
    "channels:remove": "去掉渠道",
    "channels:set": "渠道改为",
}

blueprint = Blueprint("bulk", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/bulk")
def choose() -> ResponseReturnValue:
    """The articles to choose from; ``product`` and ``scenario`` (slugs) leave out all others."""
    return _page()


@blueprint.post("/bulk")
@limits.accept_up_to(LONGEST)
def change() -> ResponseReturnValue:
    """Show what the change would do, or, once that was seen, do it."""
    chosen = request.form.getlist("id")[:_MOST]
    try:
        wanted = _change()
        if not chosen:
            raise EditError("还没有选知识：请在列表里勾选要改的。")
        if request.form.get("action") != "apply":
            return _page(planned=desk().bulk.preview(chosen, wanted))
        outcomes = desk().editing.change_many(chosen, wanted, request.form.get("note", ""))
    except EditError as error:
        return _page(trouble=str(error)), 400
    return _page(outcomes=outcomes)


@blueprint.post("/bulk/undo")
@limits.accept_up_to(LONGEST)
def undo() -> ResponseReturnValue:
    """Take a whole change back; ``done`` are pairs ``id:number`` of what it wrote."""
    done = [Outcome(*_pair(text)) for text in request.form.getlist("done")[:_MOST]]
    return _page(outcomes=desk().editing.undo_many(done), undone=True)


def _pair(text: str) -> tuple[str, int]:
    article_id, _, number = text.rpartition(":")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise QueryError("撤销的内容不完整，请到各条知识的历史里恢复。")
    return article_id, int(number)


def _change() -> FieldChange:
    field, _, mode = request.form.get("change", "").partition(":")
    given = request.form.get("values", "").replace("，", "、").replace(",", "、")
    values = tuple(value.strip() for value in given.split("、") if value.strip())
    if field in LISTS and not values:
        raise EditError("还没有填要增加、去掉或改成的内容；多个用顿号分开。")
    return FieldChange(field, mode, values)


def _page(trouble: str = "", **found: object) -> str:
    choices = desk().bulk.choices()
    product, scenario = request.args.get("product", ""), request.args.get("scenario", "")
    shown = [
        record
        for record in choices
        if product in ("", record.article.product.slug) and scenario in ("", record.article.scenario.slug)
    ]
    window = longlists.window() if len(shown) > longlists.MOST else slice(0, longlists.MOST)
    return render_template(
        "bulk.html",
        groups=_by_place(shown[window]),
        count=len(shown),
        window=window,
        titles={record.article.id: record.article.title for record in choices},
        owners=sorted({record.article.owner for record in choices if record.article.owner}),
        chosen=set(request.form.getlist("id")),
        given={"change": "", "values": "", **request.form},  # complete: templates find ``values()`` of a dict, too
        CHANGES=CHANGES,
        trouble=trouble,
        **found,
    )


def _by_place(records: Sequence[ArticleRecord]) -> list[tuple[str, list[ArticleRecord]]]:
    """The articles of each scenario, below its name."""

    def place(record: ArticleRecord) -> str:
        return f"{record.article.product.title} › {record.article.scenario.title}"

    return [(name, list(group)) for name, group in groupby(records, key=place)]
