"""``/api/v1``: the contract's documents for programs and for our own pages. Errors are ``application/problem+json``."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from kb import contracts
from kb.errors import QueryError
from kb.rules.query import MAX_QUERY
from kb.service import Service
from kb.usecases.searching import MAX_LIMIT
from webui import inputs
from webui.current import service
from webui.precomputed import Encoded, encode, respond
from webui.presentation import VOTES
from webui.security import visitor

_LONGEST_NOTE = 500
_LONGEST_ID = 200
_DAY_MS = 24 * 3600 * 1000.0

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.after_request
def _never_store(response: Response) -> Response:
    """Unless it is said otherwise: answers change with the day, also where the ETag names a file's revision."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """Ranked hits; a search by one of our visitors is logged."""
    given = inputs.arguments("q", "product", "scenario", "channel", "kind", "tag", "limit", "offset")
    asked = inputs.search_request(given, limit=inputs.integer(given, "limit", 10, 1, MAX_LIMIT))
    return jsonify(contracts.search_document(service().search(asked, agent=visitor(), settled=True)))


@blueprint.get("/suggest")
def suggest() -> ResponseReturnValue:
    """What may be meant by the first keystrokes."""
    given = inputs.arguments("q", "limit")
    text = given.get("q", "")
    suggestions = service().suggest(text, inputs.integer(given, "limit", 10, 1, 50))
    return jsonify(contracts.suggest_document(text, suggestions))


@blueprint.get("/faq")
def faq() -> ResponseReturnValue:
    """The panel of frequent questions; browsers keep it and ask whether it has changed."""
    given = inputs.arguments("limit", "channel")
    limit = inputs.integer(given, "limit", 200, 1, 200)
    return respond(_encoded_panel(service(), service().faq_number(), given.get("channel"), limit))


@lru_cache(maxsize=32)
def _encoded_panel(asked: Service, number: int, channel: str | None, limit: int) -> Encoded:
    """The panel with that ``number``, for as long as it is the latest."""
    return encode(contracts.faq_document(asked.faq(channel, limit)))


@blueprint.get("/browse")
def browse() -> ResponseReturnValue:
    """The tree with its counts, and the articles of a scenario when one is named."""
    given = inputs.arguments("product", "scenario")
    tree = service().browse(given.get("product"), given.get("scenario"))
    return jsonify(contracts.browse_document(tree, with_articles="scenario" in given))


@blueprint.get("/articles/<article_id>")
def article(article_id: str) -> ResponseReturnValue:
    """One article with its source; 304 while the caller's revision is the current one."""
    inputs.arguments()
    document = service().article_document(article_id)
    response = jsonify(document)
    response.set_etag(document["revision"])
    return response.make_conditional(request)


@blueprint.get("/stale")
def stale() -> ResponseReturnValue:
    """The review queue, riskiest first."""
    given = inputs.arguments("as_of", "owner")
    return jsonify(contracts.stale_document(*service().stale(inputs.day(given, "as_of"), given.get("owner"))))


@blueprint.post("/events")
def events() -> ResponseReturnValue:
    """Write down a view, copy, pick or open."""
    body = inputs.json_object("kind", "id", "query", "position", "ms")
    service().record_event(
        inputs.required_text(body, "kind", 20),
        inputs.required_text(body, "id", _LONGEST_ID),
        agent=visitor() or "",
        query=inputs.text(body, "query", MAX_QUERY),
        position=inputs.ordinal(body, "position", 10_000),
        ms=inputs.amount(body, "ms", _DAY_MS),
    )
    return "", 204


@blueprint.post("/feedback")
def feedback() -> ResponseReturnValue:
    """Write down a vote, with a note that says what is wrong."""
    vote(inputs.json_object("id", "vote", "note"))
    return "", 204


@blueprint.post("/gaps")
def gaps() -> ResponseReturnValue:
    """Write down that a query should have been answered."""
    report_gap(inputs.json_object("query", "note", "channel", "product"))
    return "", 204


def report_gap(body: inputs.Body) -> None:
    """Record the knowledge gap in ``body``, sent as JSON or by a form."""
    service().report_gap(
        inputs.required_text(body, "query", MAX_QUERY),
        inputs.text(body, "note", _LONGEST_NOTE),
        visitor() or "",
        inputs.text(body, "channel", _LONGEST_ID),
        inputs.text(body, "product", _LONGEST_ID),
    )


def vote(body: inputs.Body) -> None:
    """Record the vote in ``body``, sent as JSON or by a form."""
    kind = inputs.required_text(body, "vote", 20)
    if kind not in VOTES:
        raise QueryError(f"没有名为“{kind}”的评价。可选：{'、'.join(VOTES)}。")
    note = inputs.text(body, "note", _LONGEST_NOTE)
    article_id = inputs.required_text(body, "id", _LONGEST_ID)
    service().record_event(kind, article_id, agent=visitor() or "", note=note or None)
