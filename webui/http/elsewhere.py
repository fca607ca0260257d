"""A search node of several machines: what it answers itself, where all else is done, and whether it may be behind."""

from __future__ import annotations

from flask import Flask, request

from kb.errors import DoneElsewhere
from webui.current import service
from webui.http.security import SAFE_METHODS

#: what reads, and what agents say of what they read
_HERE = frozenset(
    (
        "pages.search",
        "pages.article",
        "pages.feedback",
        "pages.browse",
        "conversation.form",
        "conversation.recommend",
        "gaps.report",
        "api.search",
        "api.suggest",
        "api.faq",
        "api.browse",
        "api.article",
        "api.me",
        "api.recommend",
        "api.classify",
        "api.events",
        "api.feedback",
        "api.gaps",
        "health.healthz",
        "openapi.document",
        "openapi.page",
        "static",
    )
)
#: of these, what looks into the past or at what is not published
_NOT_HERE = {"pages.article": "as_of", "pages.browse": "status"}


def register(app: Flask) -> None:
    """Refuse on search nodes what only the writer can do; tell every page what keeps this node from following."""
    app.before_request(_refuse)
    app.context_processor(lambda: {"behind": bool(service().trouble("cluster"))})


def is_answered_here(endpoint: str) -> bool:
    """Whether search nodes answer it, at least as what is now; what they don't is 421."""
    return endpoint in _HERE


def _refuse() -> None:
    writer, endpoint = service().writer, request.endpoint
    if writer is None or request.routing_exception is not None or endpoint is None:
        return
    if is_answered_here(endpoint) and not request.args.get(_NOT_HERE.get(endpoint, "")):
        return
    # a form is lost on the way, so only what can be looked at is linked
    address = f"{writer}{request.full_path.rstrip('?')}" if writer and request.method in SAFE_METHODS else writer
    raise DoneElsewhere(address)
