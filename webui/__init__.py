"""The web front end: pages for people, the JSON API for programs, each request through a ``kb.desk.Desk``.

::

    pages/       what people see: server-rendered, complete without JavaScript
    api/         the contract's documents, and their own documentation
    http/        what every request goes through: who asks, what they may send, how errors are told
    templates/   static/   see docs/ui.md
    report_file.py  the weekly report, for its page and as one file
    current.py   the service, the caller and the caller's desk, for views
    server.py    the process that listens
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask

from kb.service import Service
from webui import api, http, pages
from webui.http.proxies import TrustedProxies


class _App(Flask):
    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """``func`` itself: nothing here is a coroutine, for which Flask would look at every hook of every request."""
        return func


def create_app(service: Service) -> Flask:
    """The WSGI application that shows ``service``."""
    app = _App(__name__, static_folder=None)  # webui.http.assets serves it
    app.extensions["service"] = service
    for part in (*http.PARTS, *pages.PARTS):
        part.register(app)
    for with_routes in (*pages.WITH_ROUTES, *api.WITH_ROUTES):
        app.register_blueprint(with_routes.blueprint)
    trusted = service.access.proxies
    app.wsgi_app = TrustedProxies(app.wsgi_app, trusted.networks, trusted.user_header)  # type: ignore[method-assign]  # as Flask documents it
    return app
