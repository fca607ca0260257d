"""``/feeds/…``: what is due for calendars, what has newly come up for feed readers.

Neither can log in. Where visitors may not see the queue, they send a name and a password, as all of them can; the
password is an API token. In an address, a token would end up in logs and histories.
"""

from __future__ import annotations

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from kb.review.feed_files import to_atom, to_icalendar
from webui.current import desk
from webui.http import inputs
from webui.http.callers import for_subscribers

blueprint = Blueprint("feeds", __name__, url_prefix="/feeds")


@blueprint.get("/review.atom")
@for_subscribers
def review() -> ResponseReturnValue:
    """What newly needs a review, of one department (``owner``) or of all."""
    owner, feeds = _owner(), desk().feeds
    return _sent(to_atom(feeds.news(owner), owner, request.url_root, request.url, feeds.now()), "application/atom+xml")


@blueprint.get("/due.ics")
@for_subscribers
def due() -> ResponseReturnValue:
    """The days on which reviews are due, of one department (``owner``) or of all."""
    owner, feeds = _owner(), desk().feeds
    return _sent(to_icalendar(feeds.due_days(owner), owner, request.url_root, feeds.now()), "text/calendar")


def _owner() -> str | None:
    return inputs.arguments("owner").get("owner")


def _sent(data: bytes, mimetype: str) -> ResponseReturnValue:
    """The file, or 304: subscribers come again every few hours. What changes within a day has no date of its own, so
    there is an ETag and no Last-Modified.
    """
    response = Response(data, content_type=f"{mimetype}; charset=utf-8")
    response.add_etag()
    return response.make_conditional(request)
