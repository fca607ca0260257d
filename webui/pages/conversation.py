"""``/recommend``: the page on which an agent pastes what the customer said and reads the answers by sentence."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from kb.errors import QueryError
from kb.model import Message, Recommended, Sentence
from kb.rules.conversation import MAX_CONVERSATION
from kb.usecases.recommending import MAX_RECOMMENDED
from webui.current import desk
from webui.http.security import visitor, welcome_visitor

_SHOWN = 9  # as many as Alt+1…9 can copy
_EACH = 3  # for one sentence; the other sentences want to be seen, too

blueprint = Blueprint("conversation", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/recommend")
def form() -> ResponseReturnValue:
    """The empty form."""
    return _page("")


@blueprint.post("/recommend")
def recommend() -> ResponseReturnValue:
    """The answers. What the customer said comes in the body, so that no address and no access log holds it."""
    said = request.form.get("messages", "").replace("\r\n", "\n")
    channel, product = request.args.get("channel") or None, request.args.get("product") or None
    try:
        answers = desk().recommend([Message(said)], channel, product, MAX_RECOMMENDED, visitor())
        topic = desk().classify([Message(said)])
    except QueryError as error:
        return _page(said, trouble=str(error)), 400
    groups = _by_sentence(answers.items)
    return _page(
        said,
        note=answers.note,
        semantic_trouble=answers.semantic_trouble,
        topic=topic,
        groups=groups,
        shown=sum(len(found) for _, found in groups),
    )


def _by_sentence(items: Sequence[Recommended]) -> list[tuple[Sentence, list[Recommended]]]:
    """The answers below the sentence that each answers best, the sentence with the best answer first."""
    groups: dict[Sentence, list[Recommended]] = {}
    shown = 0
    for item in items:
        group = groups.setdefault(item.sentence, [])
        if len(group) < _EACH and shown < _SHOWN:
            group.append(item)
            shown += 1
    return [(sentence, group) for sentence, group in groups.items() if group]


def _page(said: str, **found: object) -> str:
    return render_template("recommend.html", said=said, MAX_CONVERSATION=MAX_CONVERSATION, **found)
