"""``/healthz`` for load balancers and monitoring."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb import shapes
from webui.api.parameters import Operation, describe
from webui.current import caller, service

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@describe(Operation("各部分是否正常；503：不能搜索", shapes.Health, errors=(400,), statuses=(200, 503)))
def healthz() -> ResponseReturnValue:
    """200 while something answers (``ok``, ``degraded``), 503 when search doesn't (``down``)."""
    document = service().health_for(caller())
    return jsonify(document), 503 if document["status"] == "down" else 200
