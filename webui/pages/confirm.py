"""``/confirm/<token>``: the link of a reminder. Opening it does nothing, because mail scanners and messengers open
links by themselves; the button does, in the name of the link's reviewer, once.
"""

from __future__ import annotations

from flask import Blueprint, make_response, render_template
from flask.typing import ResponseReturnValue

from kb.desk.confirming import Confirmable
from kb.errors import EditConflict
from webui.current import desk
from webui.http.callers import for_everybody
from webui.http.security import welcome_visitor

blueprint = Blueprint("confirm", __name__)
blueprint.before_request(welcome_visitor)  # the form's token against forged requests is bound to that cookie


@blueprint.get("/confirm/<token>")
@for_everybody
def show(token: str) -> ResponseReturnValue:
    """What the link is about. Raises LinkRefused, AccessDenied."""
    return _page(token, desk().confirming.look(token))


@blueprint.post("/confirm/<token>")
@for_everybody
def confirm(token: str) -> ResponseReturnValue:
    """Confirm, unless the article says something else by now."""
    try:
        return _page(token, desk().confirming.confirm(token), done=True)
    except EditConflict:
        return _page(token, desk().confirming.look(token), conflict=True)


def _page(token: str, seen: Confirmable, done: bool = False, conflict: bool = False) -> ResponseReturnValue:
    outdated = seen.outdated or conflict
    page = render_template("confirm.html", token=token, seen=seen, done=done, outdated=outdated)
    response = make_response(page, 409 if outdated and not done else 200)
    response.headers["Cache-Control"] = "no-store"
    return response
