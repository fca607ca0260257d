"""The web front end: pages for agents, the JSON API for programs, both each request through a ``kb.desk.Desk``.

::

    pages.py         /  /a/<id>  /browse              server-rendered, complete without JavaScript
    conversation.py  /recommend                       a customer's messages, answered sentence by sentence
    login.py         /login  /logout  /account        in, out, one's own account
    oidc.py          /login/oidc                      to the single sign-on and back
    admin.py         /admin                           accounts, tokens, audit log
    gaps.py          /gaps                            "this should have been answered", without JavaScript
    editor.py        /edit  /edit/<id>                the form in which articles are written, and saving it
    editor_page.py   what that page shows; editor_conflict.py after somebody else has saved; editor_labels.py names
    api_editor.py    /api/v1/preview                  what is being written, as agents will see it
    history.py       /a/<id>/history                  every text of an article, two side by side, as of a day
    operations.py    /a/<id>/manage                   move, rename, archive, delete
    dictionaries.py  /dictionaries                    terms, synonyms, stop words, and what a change would do
    bulk.py          /bulk                            one change to many articles
    acting.py        what pages on which somebody acts have in common
    api.py           /api/v1/…                        the contract's documents
    api_gaps.py      /api/v1/gaps                     what is missing, and what to do about it
    api_dictionaries.py  /api/v1/dictionaries         terms, synonyms, stop words
    api_checks.py    /api/v1/check  /trial            what an editor is told before saving
    api_editing.py   /api/v1/articles/…               the same for those who write
    api_images.py    /api/v1/images                   pictures, uploaded for articles
    media.py         /media/…                         the same, shown
    openapi.py       /openapi.json  /api              the API's documentation, from the declarations on its views
    health.py        /healthz                         for monitoring
    precomputed.py   documents that are encoded once for everybody
    parameters.py    what routes take, declared once for requests and documentation
    inputs.py        query parameters and JSON bodies, read strictly
    problems.py      every error → a page or problem+json
    limits.py        how long a request's body may be, by view
    security.py      headers, cross-site protection, the visitor's cookie
    proxies.py       what a trusted reverse proxy says is believed, what others say is removed
    callers.py       who asks: token, login cookie, or nobody known
    csrf.py          writes from our own pages only
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
    acting,
    admin,
    api,
    api_checks,
    api_dictionaries,
    api_editing,
    api_editor,
    api_gaps,
    api_images,
    assets,
    bulk,
    callers,
    conversation,
    csrf,
    dictionaries,
    editor,
    gaps,
    health,
    history,
    inputs,
    limits,
    login,
    media,
    oidc,
    openapi,
    operations,
    pages,
    presentation,
    problems,
    security,
)
from webui.proxies import TrustedProxies


def create_app(service: Service) -> Flask:
    """The WSGI application that shows ``service``."""
    app = Flask(__name__, static_url_path=assets.base_address())
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.extensions["service"] = service
    for part in (problems, limits, security, callers, csrf, inputs, assets, presentation, acting):
        part.register(app)
    for_people = (pages, conversation, gaps, login, oidc, admin, editor, media)
    for_owners = (history, operations, bulk, dictionaries)
    for_programs = (api, api_checks, api_dictionaries, api_editing, api_editor, api_gaps, api_images, health, openapi)
    for part_with_routes in (*for_people, *for_owners, *for_programs):
        app.register_blueprint(part_with_routes.blueprint)
    trusted = service.access.proxies
    app.wsgi_app = TrustedProxies(app.wsgi_app, trusted.networks, trusted.user_header)  # type: ignore[method-assign]
    return app
