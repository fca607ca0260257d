"""``/api/v1/articles/…`` for those who write: publish, drafts, history, place, id, status, many at once.

Whoever replaces something says what they have seen: ``If-Match: <revision>``, or ``If-None-Match: *`` for nothing.
Somebody else's save in between is answered by 409 with the revision that is there now.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import PreconditionRequired, RequestEntityTooLarge

from kb.content.files import MAX_BYTES
from kb.contracts import editing as contracts
from kb.editing.bulk_edits import LISTS, SINGLE, FieldChange
from kb.editing.writing import UNSORTED, Place
from kb.errors import QueryError
from kb.ports.catalog import FileVersion
from kb.shapes import editing as shapes
from webui.api.answers import never_store
from webui.api.parameters import (
    Operation,
    describe,
    header,
    one_of,
    raw_text,
    read,
    required_text,
    text,
    texts,
    whole_number,
    yes,
)
from webui.current import desk
from webui.http import limits
from webui.http.inputs import Body

Given = dict[str, Any]

_ERRORS = (400, 401, 403, 404, 409, 503)
_MOST_AT_ONCE = 1000
_LONGEST_NAME, _LONGEST_NOTE = 64, 500

IF_MATCH = header("If-Match", "看到的版本号（revision）；与现在的不同就不保存", '"9f86d08…"')
_IF_NONE_MATCH = header("If-None-Match", "写 * 表示新建：已经有了就不保存", "*")
_NOTE = text("note", "为什么改", "赔付规则调整", _LONGEST_NOTE)
_PLACE = (
    text("product", "产品类型的 slug；新知识不写产品和场景就放进“未分类”", "mall", _LONGEST_NAME),
    text("scenario", "问题场景的 slug；新知识不写就放进这个产品的“未分类”", "refund", _LONGEST_NAME),
    text("product_title", "产品要新建时的中文名称", "网上商城", _LONGEST_NAME),
    text("scenario_title", "场景要新建时的中文名称", "退款与退货", _LONGEST_NAME),
)
_PUT = (
    raw_text(
        "source", "整个文件，逐字保存", "---\nid: refund-not-received\ntitle: 未收到货退款\n---\n## 标准话术\n您好。\n"
    ),
    _NOTE,
    *_PLACE,
    yes("draft", "只存草稿：客服看到的不变；这时 If-Match 是草稿的版本号"),
    yes(
        "verify",
        "这次修改同时算作审核：有权审核的人，文件里写上今天和他的名字；其他人写了不算，改过的内容等审核人复核",
    ),
    text("base", "草稿是从文件的哪个版本改起的，默认现在的", "9f86d08…", _LONGEST_NAME),
)
_MOVE = (
    required_text("product", "移到哪个产品类型（slug）", "mall", _LONGEST_NAME),
    required_text("scenario", "移到哪个问题场景（slug）", "refund", _LONGEST_NAME),
    *_PLACE[2:],
    _NOTE,
)
_RENAME = (required_text("new_id", "新的编号；旧编号的链接继续有效", "parcel-lost", _LONGEST_NAME), _NOTE)
_NUMBER = (whole_number("number", "历史里的编号", 10**9), _NOTE)
_BULK = (
    texts("ids", "条目编号", ["refund-not-received"], 200, _MOST_AT_ONCE),
    one_of("field", "改哪个字段", (*SINGLE, *LISTS)),
    one_of("mode", "整个换成、增加、去掉", ("set", "add", "remove")),
    texts("values", "值；业务部门和复核周期只有一个，空表示继承分类的", ["售后业务部"], 60, 50),
    _NOTE,
)

blueprint = Blueprint("api_editing", __name__, url_prefix="/api/v1")
blueprint.after_request(never_store)


@blueprint.put("/articles/<article_id>")
@limits.accept_up_to(limits.LARGEST)  # JSON takes up to twice the bytes of a text, and more where it escapes
@describe(
    Operation(
        "保存一条知识，或它的草稿；新知识放进 product/scenario",
        shapes.Saved,
        body=_PUT,
        headers=(IF_MATCH, _IF_NONE_MATCH),
        errors=(*_ERRORS, 413, 415, 422, 428),
        statuses=(200, 201),
    )
)
def put(body: Body, article_id: str) -> ResponseReturnValue:
    """Publish, or keep as a draft; the bytes of the file are those of ``source``."""
    given = read(body, _PUT)
    if len(given["source"].encode("utf-8", "surrogatepass")) > MAX_BYTES:
        request.max_content_length = MAX_BYTES  # which the answer names
        raise RequestEntityTooLarge
    seen, note, place = _seen(), given["note"] or "", _place(given)
    if given["draft"] and given["verify"]:
        raise QueryError("草稿还没有发布，不能算作审核；请去掉 draft 或 verify。")
    if given["draft"]:
        kept = desk().editing.save_draft(article_id, given["source"], seen or "", given["base"], note, place)
        return _tagged(contracts.draft_document(kept), kept.revision, 200)
    if seen is None:
        return _saved(desk().editing.create(article_id, given["source"], place, note, given["verify"]), 201)
    return _saved(desk().editing.publish(article_id, given["source"], seen, note, given["verify"]))


@blueprint.delete("/articles/<article_id>")
@describe(
    Operation("删除一条知识；答复里的 number 可用来撤销", shapes.Revision, headers=(IF_MATCH,), errors=(*_ERRORS, 428))
)
def delete(article_id: str) -> ResponseReturnValue:
    """Remove the file; its text stays in the history."""
    return jsonify(contracts.revision_document(desk().editing.delete(article_id, _seen() or "")))


@blueprint.get("/articles/<article_id>/draft")
@describe(Operation("一条知识现在的文件和下一版草稿", shapes.Editable, errors=(400, 401, 403, 404, 503)))
def editable(article_id: str) -> ResponseReturnValue:
    """What an editor opens."""
    return jsonify(contracts.editable_document(desk().editing.open(article_id)))


@blueprint.delete("/articles/<article_id>/draft")
@describe(Operation("丢弃草稿", None, errors=(400, 401, 403, 404, 503)))
def discard(article_id: str) -> ResponseReturnValue:
    """Forget the next version."""
    desk().editing.discard_draft(article_id)
    return "", 204


@blueprint.get("/articles/<article_id>/revisions")
@describe(Operation("一条知识的全部历史版本，新的在前", shapes.Revisions, errors=(400, 401, 403, 404, 503)))
def revisions(article_id: str) -> ResponseReturnValue:
    """Who changed what, when and why."""
    return jsonify(contracts.revisions_document(article_id, desk().editing.revisions(article_id)))


@blueprint.get("/articles/<article_id>/revisions/<int:number>")
@describe(Operation("一个历史版本的原文", shapes.RevisionText, errors=(400, 401, 403, 404, 503)))
def revision(article_id: str, number: int) -> ResponseReturnValue:
    """The text of one revision."""
    return jsonify({"number": number, "source": desk().editing.revision_source(article_id, number)})


@blueprint.post("/articles/<article_id>/restore")
@describe(
    Operation("恢复到一个历史版本，作为未审核的新版本", shapes.Saved, body=_NUMBER, errors=(*_ERRORS, 413, 415, 422))
)
def restore(body: Body, article_id: str) -> ResponseReturnValue:
    """Publish an earlier text; also of an article that was deleted."""
    given = read(body, _NUMBER)
    return _saved(desk().editing.restore(article_id, given["number"], given["note"] or ""))


@blueprint.post("/articles/<article_id>/undo")
@describe(
    Operation("撤销最近一次修改、移动或删除，逐字还原", shapes.Undone, body=_NUMBER, errors=(*_ERRORS, 413, 415, 422))
)
def undo(body: Body, article_id: str) -> ResponseReturnValue:
    """Take back the latest change; ``saved`` is null when that was the article's creation."""
    given = read(body, _NUMBER)
    version = desk().editing.undo(article_id, given["number"], given["note"] or "")
    return jsonify({"saved": contracts.saved_document(version) if version else None})


@blueprint.post("/articles/<article_id>/move")
@describe(
    Operation(
        "移到另一个场景，已有的或新建的",
        shapes.Saved,
        body=_MOVE,
        headers=(IF_MATCH,),
        errors=(*_ERRORS, 413, 415, 422),
    )
)
def move(body: Body, article_id: str) -> ResponseReturnValue:
    """Into another scenario; nothing in the file changes."""
    given = read(body, _MOVE)
    place = Place(given["product"], given["scenario"], given["product_title"] or "", given["scenario_title"] or "")
    return _saved(desk().editing.move(article_id, place, if_match(), given["note"] or ""))


@blueprint.post("/articles/<article_id>/rename")
@describe(
    Operation(
        "换编号；旧编号的链接继续有效",
        shapes.Saved,
        body=_RENAME,
        headers=(IF_MATCH,),
        errors=(*_ERRORS, 413, 415, 422),
    )
)
def rename(body: Body, article_id: str) -> ResponseReturnValue:
    """Give it another id."""
    given = read(body, _RENAME)
    return _saved(desk().editing.rename(article_id, given["new_id"], if_match(), given["note"] or ""))


@blueprint.post("/articles/<article_id>/archive")
@describe(
    Operation("归档：客服不再看到", shapes.Saved, body=(_NOTE,), headers=(IF_MATCH,), errors=(*_ERRORS, 413, 415, 422))
)
def archive(body: Body, article_id: str) -> ResponseReturnValue:
    """Take it out of service."""
    return _saved(desk().editing.archive(article_id, if_match(), read(body, (_NOTE,))["note"] or ""))


@blueprint.post("/articles/<article_id>/unarchive")
@describe(Operation("取消归档", shapes.Saved, body=(_NOTE,), headers=(IF_MATCH,), errors=(*_ERRORS, 413, 415, 422)))
def unarchive(body: Body, article_id: str) -> ResponseReturnValue:
    """Take it back into service."""
    return _saved(desk().editing.unarchive(article_id, if_match(), read(body, (_NOTE,))["note"] or ""))


@blueprint.post("/bulk-edits")
@describe(
    Operation(
        "批量修改业务部门、渠道、标签或复核周期", shapes.BulkEdit, body=_BULK, errors=(400, 401, 403, 413, 415, 503)
    )
)
def bulk_edits(body: Body) -> ResponseReturnValue:
    """One field of many articles; each says what became of it."""
    given = read(body, _BULK)
    change = FieldChange(given["field"], given["mode"], tuple(given["values"]))
    return jsonify(contracts.bulk_document(desk().editing.change_many(given["ids"], change, given["note"] or "")))


def _seen() -> str | None:
    """The revision that the sender has seen; None for nothing. Raises PreconditionRequired (428) when not said."""
    if request.headers.get("If-None-Match", "").strip() == "*":
        return None
    revision = if_match()
    if revision is None:
        raise PreconditionRequired
    return revision


def if_match() -> str | None:
    """The revision that has been seen; ``*`` names none."""
    revision = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    return None if revision == "*" else revision or None


def _place(given: Given) -> Place | None:
    """Where a new article is to go; None when that was not said."""
    if not given["product"]:
        if given["scenario"]:
            raise QueryError("缺少 product：场景属于哪个产品类型，请一起给出。")
        return None
    product_title = given["product_title"] or ""
    if not given["scenario"]:
        return Place(given["product"], UNSORTED.scenario, product_title, UNSORTED.scenario_title)
    return Place(given["product"], given["scenario"], product_title, given["scenario_title"] or "")


def _saved(version: FileVersion, status: int = 200) -> ResponseReturnValue:
    return _tagged(contracts.saved_document(version), version.revision, status)


def _tagged(document: shapes.Saved, revision: str, status: int) -> Response:
    response = jsonify(document)
    response.set_etag(revision)
    response.status_code = status
    return response
