"""``/api/v1/reviews``: verdicts on articles, given and taken back; what was sent back; how far the week's reviews are.

Who judges says what they have seen: ``If-Match``, or ``revision`` in the body. If the file is another by now, the
answer is 409 with the difference (``diff``).
"""

from __future__ import annotations

from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue

from kb.contracts import reviews as contracts
from kb.errors import QueryError
from kb.model import Verdict
from kb.review.guard import MOST_AT_ONCE
from kb.review.verdicts import LONGEST_NOTE
from kb.shapes import reviews as shapes
from webui.api.answers import LONGEST_ID, Given, never_store
from webui.api.editing import IF_MATCH, if_match
from webui.api.parameters import Operation, day, describe, one_of, read, required_text, text, texts, whole, words, yes
from webui.current import desk
from webui.http.inputs import Body

_LONGEST_REVISION = 64
_READ = (400, 401, 403, 503)
_WRITE = (*_READ, 404, 409, 413, 415, 422)
_NOTE = text("note", "说明；退回修改时必填，写明哪里需要改", "金额已经调整，请改成 20 元", LONGEST_NOTE)
_VERDICT = (
    required_text("id", "条目编号", "refund-not-received", LONGEST_ID),
    one_of(
        "verdict",
        "confirm：确认有效，文件里写上今天和审核人；revise：退回业务部门修改；archive：归档",
        tuple(verdict.value for verdict in Verdict),
    ),
    _NOTE,
    text(
        "revision",
        "看到的版本号，也可写在 If-Match；与现在的不同就不记，两处都不写则以现在的为准",
        "9f86d08…",
        _LONGEST_REVISION,
    ),
)
_MANY = (
    texts("ids", "条目编号", ["refund-not-received"], LONGEST_ID, MOST_AT_ONCE),
    texts("revisions", "看到的版本号，与 ids 一一对应", ["9f86d08…"], _LONGEST_REVISION, MOST_AT_ONCE),
    _NOTE,
    yes("even_if_flagged", "已失效、已退回、有人说过时或说法不一的也一起确认；不写则这些留给人逐条看"),
)
_LIST = (
    words("id", "只看这一条知识的", "refund-not-received"),
    day("since", "只看这一天起的", "2026-11-16"),
    whole("limit", "最多给几个", 50, 1, 1000),
    whole("offset", "跳过前几个", 0, 0, 1_000_000),
)
_SENT_BACK = (words("mine", "1：只看我负责的部门的", "1", enum=["0", "1"]),)
_PROGRESS = (day("week", "这一天所在的一周，默认本周", "2026-11-16"),)

blueprint = Blueprint("api_reviews", __name__, url_prefix="/api/v1")
blueprint.after_request(never_store)


@blueprint.post("/reviews")
@describe(
    Operation(
        "给出审核结论：文件、审核记录和审计日志同时记下",
        shapes.GivenReview,
        body=_VERDICT,
        headers=(IF_MATCH,),
        errors=_WRITE,
        statuses=(201,),
    )
)
def give(body: Body) -> ResponseReturnValue:
    """One verdict; who sends the same again on the same day gets the same answer, and it counts once."""
    given = read(body, _VERDICT)
    seen = if_match() or given["revision"]
    outcome = desk().verdicts.give(given["id"], Verdict(given["verdict"]), given["note"] or "", seen)
    response: Response = jsonify(contracts.given_document(outcome))
    response.set_etag(outcome.revision)
    response.status_code = 201
    return response


@blueprint.post("/reviews/confirmations")
@describe(
    Operation(
        f"批量确认有效，一次最多 {MOST_AT_ONCE} 条，逐条答复",
        shapes.Confirmations,
        body=_MANY,
        errors=(*_READ, 413, 415),
    )
)
def confirm_many(body: Body) -> ResponseReturnValue:
    """Several at once, each on its own; what needs a closer look is left out and says so."""
    given = read(body, _MANY)
    if len(given["ids"]) != len(given["revisions"]):
        raise QueryError("ids 和 revisions 须一一对应，现在个数不同。")
    seen = dict(zip(given["ids"], given["revisions"], strict=True))
    outcomes = desk().verdicts.confirm_many(seen, given["note"] or "", given["even_if_flagged"])
    return jsonify(contracts.confirmations_document(outcomes))


@blueprint.get("/reviews")
@describe(Operation("审核结论，新的在前；撤回的不在内", shapes.Reviews, query=_LIST, errors=(*_READ, 404)))
def listed(given: Given) -> ResponseReturnValue:
    """Those that stand."""
    found = desk().verdicts.listed(given["id"], given["since"])
    return jsonify(contracts.reviews_document(found, given["limit"], given["offset"]))


@blueprint.delete("/reviews/<int:number>")
@describe(Operation("撤回一条知识的最后一个结论，文件逐字还原", shapes.Review, errors=(*_READ, 404, 409)))
def undo(number: int) -> ResponseReturnValue:
    """Take back a verdict; the answer is what was taken back."""
    return jsonify(contracts.review_document(desk().verdicts.undo(number)))


@blueprint.get("/reviews/sent-back")
@describe(Operation("退回修改、还没有新结论的知识", shapes.AllSentBack, query=_SENT_BACK, errors=_READ))
def sent_back(given: Given) -> ResponseReturnValue:
    """What waits for its owner or, edited, for the reviewer."""
    if given["mine"] not in (None, "0", "1"):
        raise QueryError(f"mine 须是 0 或 1，收到的是“{given['mine'][:20]}”。")
    return jsonify(contracts.sent_back_document(desk().verdicts.sent_back(given["mine"] == "1")))


@blueprint.get("/reviews/progress")
@describe(Operation("一周的审核进度", shapes.Progress, query=_PROGRESS, errors=_READ))
def progress(given: Given) -> ResponseReturnValue:
    """What was done in a week, by verdict and by reviewer, and how many are left."""
    return jsonify(contracts.progress_document(desk().verdicts.progress(given["week"])))
