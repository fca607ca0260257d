"""The pages of agents: search with the FAQ panel, one article, the tree. Complete without JavaScript."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.errors import EngineError, StoreError
from kb.model import FaqItem, SearchRequest
from kb.usecases.searching import MAX_OFFSET
from webui import inputs, problems
from webui.api import vote
from webui.current import service
from webui.presentation import FILTERS, KINDS, VOTES
from webui.security import visitor, welcome_visitor

PAGE_SIZE = 10

blueprint = Blueprint("pages", __name__)
blueprint.before_request(welcome_visitor)


class Chip(NamedTuple):
    """A filter in force, and where to go to drop it."""

    label: str
    value: str
    without: str


@blueprint.get("/")
def search() -> ResponseReturnValue:
    """The search box; below it the hits, or the FAQ panel while nothing is asked."""
    asked = inputs.search_request(inputs.filled_in(request.args), limit=PAGE_SIZE)
    if not asked.text.strip():
        return render_template("search.html", asked=asked, **_panel(asked.channel))
    agent = visitor() if asked.offset == 0 else None  # turning the page is not another search
    try:
        page = service().search(asked, agent, settled=True)
    except (EngineError, StoreError) as error:
        outage = problems.explain(error)
        shown = render_template("search.html", asked=asked, outage=outage, **_panel(asked.channel))
        return shown, outage.status, outage.headers
    following = asked.offset + PAGE_SIZE
    return render_template(
        "search.html",
        asked=asked,
        page=page,
        chips=list(_chips(asked)),
        link=partial(_link, asked),
        following=following if following < page.total and following <= MAX_OFFSET else None,
    )


@blueprint.get("/a/<article_id>")
def article(article_id: str) -> ResponseReturnValue:
    """One article: is it current, what to say on which channel, what to do."""
    record, freshness = service().article(article_id)
    voted = VOTES.get(request.args.get("voted", ""))
    if request.method == "GET" and voted is None:  # else the agent has just come back from voting
        service().record_event("view", article_id, agent=visitor() or "")
    channel = request.args.get("channel")
    return render_template(
        "article.html",
        record=record,
        article=record.article,
        freshness=freshness,
        scripts=sorted(record.article.scripts, key=lambda script: script.channel != channel),
        related=service().related(record),
        voted=voted,
    )


@blueprint.post("/a/<article_id>/feedback")
def feedback(article_id: str) -> ResponseReturnValue:
    """What an agent thinks of an article, then back to it."""
    vote({"id": article_id, "vote": request.form.get("vote"), "note": request.form.get("note")})
    channel = request.args.get("channel")
    return redirect(url_for(".article", article_id=article_id, channel=channel, voted=request.form["vote"]), 303)


@blueprint.get("/browse")
def browse() -> ResponseReturnValue:
    """The tree product → scenario → articles; ``product`` and ``scenario`` (slugs) say what is open at first."""
    return render_template("browse.html", tree=service().browse(), opened=request.args)


def _panel(channel: str | None) -> dict[str, Any]:
    """The FAQ panel by product, products in the order of their first entry."""
    panel = service().faq(channel)
    by_product: defaultdict[str, list[FaqItem]] = defaultdict(list)
    for item in panel.items:
        by_product[item.record.article.product.title].append(item)
    return {"panel": panel, "groups": by_product}


def _link(asked: SearchRequest, **changes: object) -> str:
    """The address of the search ``asked`` with ``changes``, on its first page unless ``offset`` is one of them."""
    values = {"q": asked.text, "channel": asked.channel} | {name: getattr(asked, name) for name in FILTERS} | changes
    return url_for("pages.search", **{name: value for name, value in values.items() if value})


def _chips(asked: SearchRequest) -> Iterator[Chip]:
    for name, label in FILTERS.items():
        value = getattr(asked, name)
        if value:
            title = KINDS.get(value, value) if name == "kind" else service().library().title_of(name, value)
            yield Chip(label, title, _link(asked, **{name: None}))
