"""``/healthz`` for load balancers and monitoring."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from webui.current import service

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """200 while something answers (``ok``, ``degraded``), 503 when search doesn't (``down``)."""
    document = service().health()
    return jsonify(document), 503 if document["status"] == "down" else 200
