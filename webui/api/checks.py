"""``POST /api/v1/check`` and ``/api/v1/trial``: what an editor is told before saving; nothing is stored."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb.checking.checker import Unsaved
from kb.contracts.checks import Check, Trial, check_document, trial_document
from kb.rules.query import MAX_QUERY
from webui.api.parameters import Operation, describe, read, required_text, text
from webui.current import desk
from webui.http import limits
from webui.http.inputs import Body

#: characters; a byte at least each, so no article is longer
_LONGEST_SOURCE = 1024 * 1024
#: bytes; the longest article as JSON, with every line feed and quotation mark escaped
_LONGEST_BODY = 2 * 1024 * 1024
_LONGEST_NAME = 200
#: stands in for a folder that is not chosen yet
_NO_FOLDER = "new"

_EXAMPLE = "---\nid: refund-speed\ntitle: 退款加急\n---\n## 标准话术\n您好，3 天内到账。\n"
_UNSAVED = (
    required_text("source", "整个文件，还没有保存的", _EXAMPLE, _LONGEST_SOURCE),
    text("id", "正在修改的条目的编号；新条目不填", "refund-not-received", _LONGEST_NAME),
    text("product", "产品类型的文件夹名；还没有选就不填", "mall", _LONGEST_NAME),
    text("scenario", "问题场景的文件夹名", "refund", _LONGEST_NAME),
)
_TRIAL = (*_UNSAVED, required_text("query", "客户会说的话", "没收到货能退款吗", MAX_QUERY))
_ERRORS = (400, 401, 403, 413, 415, 503)

blueprint = Blueprint("api_checks", __name__, url_prefix="/api/v1")


@blueprint.post("/check")
@limits.accept_up_to(_LONGEST_BODY)
@describe(
    Operation(
        "保存前检查：问题、重复的问法、改了数字后还写着旧数字的地方，不保存",
        Check,
        body=_UNSAVED,
        errors=_ERRORS,
    )
)
def check(body: Body) -> ResponseReturnValue:
    """All that can be said against an unsaved article, by field."""
    return jsonify(check_document(desk().checks.check(_unsaved(read(body, _UNSAVED)))))


@blueprint.post("/trial")
@limits.accept_up_to(_LONGEST_BODY)
@describe(Operation("试查：客户这样问，能不能查到还没有保存的这一条", Trial, body=_TRIAL, errors=_ERRORS))
def trial(body: Body) -> ResponseReturnValue:
    """Where the unsaved article would stand."""
    given = read(body, _TRIAL)
    return jsonify(trial_document(desk().checks.trial(_unsaved(given), given["query"])))


def _unsaved(given: dict[str, Any]) -> Unsaved:
    folder = f"{given['product'] or _NO_FOLDER}/{given['scenario'] or _NO_FOLDER}"
    return Unsaved(given["source"], given["id"] or None, folder)
