"""``/api/v1/reports/weekly``: how the week was, for programs."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb.shapes.reports import WeeklyReport
from webui.api.answers import Given, never_store
from webui.api.parameters import Operation, describe, words
from webui.current import desk

_WEEK = (words("week", "ISO 周，像 2026-W47；默认是正在过的这一周", "2026-W47", pattern="^[0-9]{4}-W[0-9]{2}$"),)

blueprint = Blueprint("api_reports", __name__, url_prefix="/api/v1")
blueprint.after_request(never_store)


@blueprint.get("/reports/weekly")
@describe(
    Operation(
        "周报：时效、积压、审核、使用和改动，带最近一年的逐周趋势；姓名只给审核人",
        WeeklyReport,
        query=_WEEK,
        errors=(400, 401, 403, 503),
    )
)
def weekly(given: Given) -> ResponseReturnValue:
    """The report of a week."""
    return jsonify(desk().reports.weekly(given["week"]))
