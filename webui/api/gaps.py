"""``/api/v1/gaps``: the list of missing answers, for programs, and what somebody decides about one."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb.contracts import editing as contracts
from kb.errors import QueryError
from kb.rules.query import MAX_QUERY
from kb.shapes import editing as shapes
from webui.api.answers import LONGEST_ID, Given, never_store
from webui.api.parameters import Operation, describe, one_of, read, required_text, text, whole, words
from webui.current import desk
from webui.http.inputs import Body

_LIST = (
    words("status", "open（默认）：等待处理的；all：也包括处理过的和只搜过一次的", "open", enum=["open", "all"]),
    whole("limit", "最多给几个", 200, 1, 1000),
)
_DECISIONS = ("answered", "ignored", "open")
_VERDICT = (
    required_text("query", "缺口的一种问法", "能刷花呗吗", MAX_QUERY),
    one_of(
        "decision",
        "answered：id 这一条已能回答，把这种问法加进它的相似问法；ignored：不需要回答；open：撤销之前的决定",
        _DECISIONS,
    ),
    text("id", "回答它的条目编号，answered 时必填", "refund-not-received", LONGEST_ID),
)

blueprint = Blueprint("api_gaps", __name__, url_prefix="/api/v1")
blueprint.after_request(never_store)


@blueprint.get("/gaps")
@describe(
    Operation(
        "知识缺口：客服报告过或多次搜索无结果的问题，相近的问法合在一起，最需要补的在前",
        shapes.Gaps,
        query=_LIST,
        errors=(400, 401, 403, 503),
    )
)
def list_gaps(given: Given) -> ResponseReturnValue:
    """What is missing, the weightiest first."""
    if given["status"] not in (None, "open", "all"):
        raise QueryError(f"status 须是 open 或 all，收到的是“{given['status'][:20]}”。")
    found = [gap for gap in desk().gaps.list() if gap.is_open or given["status"] == "all"]
    return jsonify(contracts.gaps_document(found[: given["limit"]]))


@blueprint.post("/gaps/verdicts")
@describe(Operation("处理一个知识缺口", None, body=_VERDICT, errors=(400, 401, 403, 404, 409, 413, 415, 422, 503)))
def judge_gap(body: Body) -> ResponseReturnValue:
    """Say what answers a gap, that nothing should, or take that back."""
    judge(**read(body, _VERDICT))
    return "", 204


def judge(query: str, decision: str, id: str | None) -> None:
    """Do what was decided, by a program or on the page. Raises QueryError, and what ``GapsDesk`` raises."""
    desk().gaps.require_to_judge()
    if decision == "answered":
        if id is None:
            raise QueryError("缺少 id：请给出回答它的条目编号。")
        desk().gaps.answer(query, id)
    elif decision == "ignored":
        desk().gaps.ignore(query)
    elif decision == "open":
        desk().gaps.undo(query)
    else:
        raise QueryError("没有这种处理办法，请刷新页面再试。")
