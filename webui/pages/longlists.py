"""Pages that list all articles of a house: beyond a number they list one place at a time, and of that a part."""

from __future__ import annotations

from flask import request

from webui.http import inputs

#: articles on one page; more take a server seconds, and nobody looks through them
MOST = 10_000
_OF_ONE_PLACE = 1_000


def window() -> slice:
    """Which articles of the place that is open are shown: those from ``offset`` on."""
    start = inputs.integer(inputs.filled_in(request.args), "offset", 0, 0, 10_000_000)
    return slice(start, start + _OF_ONE_PLACE)
