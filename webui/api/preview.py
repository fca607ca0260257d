"""``POST /api/v1/preview``: what a form or a file would be like as an article; nothing is stored."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb import shapes
from kb.editing.form import read_form
from kb.editing.seen import Seen
from kb.errors import QueryError
from webui.api.parameters import Operation, describe, form_fields, read, text
from webui.current import desk
from webui.http import limits
from webui.http.inputs import Body

#: characters; a byte at least each, so no article is longer
_LONGEST_SOURCE = 1024 * 1024
#: bytes; the longest article as JSON, with every line feed and quotation mark escaped
_LONGEST_BODY = 2 * 1024 * 1024

_PREVIEW = (
    text("id", "条目编号；新条目不填", "refund-not-received", 200),
    text("draft", "表单是从哪一版草稿（revision）填的", "0f3a5c", 64),
    text("file", "表单是从哪一版文件（revision）填的", "0f3a5c", 64),
    text(
        "source", "整个文件；与 fields 二选一", "---\nid: a\ntitle: 标题\n---\n## 标准话术\n您好。\n", _LONGEST_SOURCE
    ),
    form_fields("fields", "编辑表单的各栏，名称与网页表单相同；与 source 二选一"),
)

blueprint = Blueprint("api_editor", __name__, url_prefix="/api/v1")


@blueprint.post("/preview")
@limits.accept_up_to(_LONGEST_BODY)
@describe(
    Operation(
        "预览：表单或源文件写成的条目是什么样子，不保存",
        shapes.Preview,
        body=_PREVIEW,
        errors=(400, 401, 403, 404, 413, 415, 503),
    )
)
def preview(body: Body) -> ResponseReturnValue:
    """The file, its form and its looks; ``trouble`` where the file can't be read."""
    given = read(body, _PREVIEW)
    forms = desk().forms
    opened = forms.opened(given["id"]) if given["id"] else None
    if (given["source"] is None) == (given["fields"] is None):
        raise QueryError("请给出 source 或 fields 其中一个。")
    folder = opened.folder if opened else ""
    source = given["source"]
    if given["fields"] is not None:
        form = read_form(given["fields"], desk().channels)
        form = form if opened else forms.with_id(form)
        folder = folder or form.scenario
        source = forms.source(form, forms.text_seen(opened, Seen(given["draft"] or "", given["file"] or "")))
    return jsonify(forms.preview(source, folder))
