"""The web front end: pages for agents, the JSON API for programs, both each request through a ``kb.desk.Desk``.

::

    pages.py         /  /a/<id>  /browse              server-rendered, complete without JavaScript
    conversation.py  /recommend                       a customer's messages, answered sentence by sentence
    gaps.py          /gaps                            "this should have been answered", without JavaScript
    api.py           /api/v1/…                        the contract's documents
    api_gaps.py      /api/v1/gaps                     what is missing, and what to do about it
    openapi.py       /openapi.json  /api              the API's documentation, from the declarations on its views
    health.py        /healthz                         for monitoring
    precomputed.py   documents that are encoded once for everybody
    parameters.py    what routes take, declared once for requests and documentation
    inputs.py        query parameters and JSON bodies, read strictly
    problems.py      every error → a page or problem+json
    security.py      headers, cross-site protection, the visitor's cookie
    presentation.py  labels and marks for the templates
    assets.py        static files: addresses, compression, how long browsers keep them
    frequent.py      the FAQ panel, rendered once for all who see the same
    helping.py       where to go on from a search that found nothing
    server.py        the process that listens
"""

from __future__ import annotations

from flask import Flask

from kb.service import Service
from webui import (
    api,
    api_gaps,  # noqa: F401  # adds its views to those of api
    assets,
    conversation,
    gaps,
    health,
    inputs,
    openapi,
    pages,
    presentation,
    problems,
    security,
)

#: bytes; more than any form or event needs
MAX_BODY = 64 * 1024


def create_app(service: Service) -> Flask:
    """The WSGI application that shows ``service``."""
    app = Flask(__name__, static_url_path=assets.base_address())
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["service"] = service
    for part in (problems, security, inputs, assets, presentation):
        part.register(app)
    for part_with_routes in (pages, conversation, gaps, api, health, openapi):
        app.register_blueprint(part_with_routes.blueprint)
    return app
