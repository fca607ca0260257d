"""``/review``: what needs a reviewer, the riskiest first, and what is open beside it. Complete without JavaScript."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from kb.errors import ArticleNotFound
from kb.model import Right, Verdict
from kb.review.queue_page import QueuePage, ReviewItem
from webui.current import desk
from webui.http.security import welcome_visitor
from webui.pages.review_address import MOST_MINUTES, Asked, asked
from webui.pages.review_detail import Opened, opened

#: rows of one page
PAGE_SIZE = 50
VERDICTS = {verdict.value: verdict.label for verdict in Verdict}

blueprint = Blueprint("review", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/review")
def listing() -> ResponseReturnValue:
    """One page of the queue, or of what fits into ``minutes``, and one article beside it; ``mine``: sent back to me."""
    return _show_mine() if "mine" in request.args else show_list(asked())


@blueprint.get("/review/<article_id>")
def item(article_id: str) -> ResponseReturnValue:
    """One article as it stands beside the list."""
    return show_item(opened(article_id), asked())


def show_list(wanted: Asked, trouble: str = "") -> str:
    """The page of the list."""
    start = (wanted.page - 1) * PAGE_SIZE
    budget = ""
    if wanted.minutes or wanted.only:
        wanted, page, budget = _worklist(wanted)
        rows, total = page.items[start : start + PAGE_SIZE], len(page.items)
    else:
        page = desk().review.page(wanted.filter, limit=PAGE_SIZE, offset=start)
        rows, total = page.items, page.total
    detail = _beside(wanted)
    return render_template(
        "review.html",
        asked=wanted,
        whole=wanted.address(only=(), minutes=0, opened="", page=1),
        rows=[(row, desk().may(Right.REVIEW, row.owner)) for row in rows],
        total=total,
        pages=-(-total // PAGE_SIZE),
        filters=_filters(page),
        budget=budget,
        opened=detail,
        next_id=_next(rows, detail),
        progress=progress_shown(None if wanted.is_filtered or wanted.only else total),
        done={"id": wanted.done, "said": done_said(wanted.done)} if wanted.done else None,
        trouble=trouble,
        MOST_MINUTES=MOST_MINUTES,
        VERDICTS=VERDICTS,
        given={},
    )


def progress_shown(left: int | None = None) -> dict[str, object]:
    """How far the week's reviews are; ``left``: length of the whole queue, where that is known."""
    progress = desk().verdicts.progress(left=left)
    said = f"本周已审核 {progress.done} 条，还剩 {progress.left} 条"
    return {"done": progress.done, "left": progress.left, "said": said}


def done_said(number: int) -> str:
    """What a verdict that stands is told as, ``""`` when it was taken back."""
    found = desk().verdicts.standing(number)
    return f"已{found[0].verdict.label}《{found[1]}》" if found else ""


def show_item(detail: Opened, wanted: Asked, given: Mapping[str, str] | None = None) -> str:
    """The page of one article; ``given`` is what was filled in and not taken."""
    return render_template(
        "review_item.html",
        opened=detail,
        asked=wanted,
        next_id=(given or request.args).get("next", ""),
        given=given or {},
        VERDICTS=VERDICTS,
    )


def _show_mine() -> str:
    """What was sent back to the caller's departments, and whose turn it is."""
    sent = desk().verdicts.sent_back(mine=True)
    return render_template(
        "review_mine.html",
        sent=[(item, desk().may(Right.EDIT, item.article.owner)) for item in sent],
        waiting=sum(not item.is_answered for item in sent),
    )


def _worklist(wanted: Asked) -> tuple[Asked, QueuePage, str]:
    """What is left of a worklist, and what it covers; links to its rows name them all, so that it stays as it is.

    Time is planned for the caller's own departments, unless another was asked for.
    """
    scope, whose = wanted.filter, ""
    if scope.owners is None and (mine := desk().review.mine()) is not None:
        scope, whose = replace(scope, owners=mine), "你的部门"
    page = desk().review.page(scope)
    if wanted.only:
        chosen = [row for row in page.items if row.id in wanted.only]
    else:
        chosen = list(desk().review.worklist(wanted.minutes, scope).items)
        wanted = replace(wanted, only=tuple(row.id for row in chosen))
    return wanted, replace(page, items=tuple(chosen)), _budget_said(chosen, page.items, whose)


def _budget_said(chosen: Sequence[ReviewItem], everything: Sequence[ReviewItem], whose: str) -> str:
    if not chosen:
        return ""
    covered, total = (sum(row.risk for row in rows) for rows in (chosen, everything))
    share = f"覆盖{whose}逾期曝光的 {covered / total:.0%}，" if total else ""
    return f"这 {len(chosen)} 条{share}约 {sum(row.minutes for row in chosen):.0f} 分钟。"


def _beside(wanted: Asked) -> Opened | None:
    """The article that is open; None also when there is none of this name any more."""
    try:
        return opened(wanted.opened) if wanted.opened else None
    except ArticleNotFound:
        return None


def _next(rows: Sequence[ReviewItem], detail: Opened | None) -> str:
    """The row after the one that is open, else the first other one."""
    ids = [row.id for row in rows]
    if detail is None or detail.article.id not in ids:
        return ""
    at = ids.index(detail.article.id)
    return next(iter((*ids[at + 1 :], *ids[:at][::-1])), "")


def _filters(page: QueuePage) -> list[tuple[str, str, object]]:
    """(parameter, label, choices with their numbers) of what the list can be narrowed down by."""
    owners = [facet for facet in page.owners if facet.key]
    found = [
        ("owner", "业务部门", owners),
        ("product", "产品类型", page.products),
        ("state", "状态", page.states),
        ("signal", "依据", page.signals),
    ]
    return [row for row in found if row[2]]
