"""``/api/v1/dictionaries``: terms, synonyms and stop words, for programs: read, preview, save."""

from __future__ import annotations

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from kb.content.dictionary_files import NAMES
from kb.contracts import editing as contracts
from kb.shapes import editing as shapes
from webui.api.answers import never_store
from webui.api.parameters import Operation, describe, raw_text, read, text
from webui.current import desk
from webui.http import limits
from webui.http.inputs import Body

#: bytes; all three files as JSON
LONGEST = 2 * 1024 * 1024
_ERRORS = (400, 401, 403, 413, 415, 503)
_TEXTS = (
    raw_text("terms", "terms.txt 的全文", "花呗\n"),
    raw_text("synonyms", "synonyms.txt 的全文", "退款 退钱\n"),
    raw_text("stopwords", "stopwords.txt 的全文", "请问\n"),
)
_SAVE = (
    *_TEXTS,
    *(
        text(f"{name.removesuffix('.txt')}_revision", f"看到的 {name} 的版本号；没有这个文件时不填", "9f86d08…", 64)
        for name in NAMES
    ),
    text("note", "为什么改", "客户的说法", 500),
)

blueprint = Blueprint("api_dictionaries", __name__, url_prefix="/api/v1")
blueprint.after_request(never_store)


@blueprint.get("/dictionaries")
@describe(Operation("词典：专有词、同义词、停用词的全文和版本号", shapes.Dictionaries, errors=(400, 401, 403, 503)))
def dictionaries() -> ResponseReturnValue:
    """The files as they are."""
    return jsonify(contracts.dictionaries_document(desk().dictionaries.files()))


@blueprint.post("/dictionaries/preview")
@limits.accept_up_to(LONGEST)
@describe(Operation("词典改成这样，哪些查询会变；不保存", shapes.DictionaryPreview, body=_TEXTS, errors=_ERRORS))
def preview(body: Body) -> ResponseReturnValue:
    """Which of the queries asked lately, and of the titles, would be read otherwise."""
    return jsonify(contracts.preview_document(desk().dictionaries.preview(_texts(body))))


@blueprint.post("/dictionaries")
@limits.accept_up_to(LONGEST)
@describe(Operation("保存词典；有一个文件在此期间变过就都不保存", None, body=_SAVE, errors=(*_ERRORS, 409, 422)))
def save(body: Body) -> ResponseReturnValue:
    """Let the files say what was sent."""
    given = read(body, _SAVE)
    seen = {name: given[f"{name.removesuffix('.txt')}_revision"] or "" for name in NAMES}
    desk().dictionaries.save(_texts(body), seen, given["note"] or "")
    return "", 204


def _texts(body: Body) -> dict[str, str]:
    given = read(body, _TEXTS)
    return {name: given[name.removesuffix(".txt")] for name in NAMES}
