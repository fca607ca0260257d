"""``/openapi.json``, written from the declarations on the views, and ``/api``, the same for people."""

from __future__ import annotations

import json
import re
import shlex
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints, is_typeddict

from flask import Blueprint, Flask, current_app, jsonify, render_template, request
from flask.typing import ResponseReturnValue

from kb import __version__, shapes
from webui.api import answers, checks, dictionaries, editing, gaps, health, images, preview, reports, reviews
from webui.api.parameters import Operation, Parameter
from webui.http.elsewhere import is_answered_here
from webui.http.problems import TITLES

Json = dict[str, Any]

_PATH_PARAMETER = re.compile(r"<(int:)?(\w+)>")
_JSON_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean"}

_ELSEWHERE = f"{TITLES[421]}：多台机器时查询节点这样回答，writer 是写节点的地址"
_TOKEN = {"type": "http", "scheme": "bearer", "description": "kb token add 签发；不带令牌就是不登录的访客"}

blueprint = Blueprint("openapi", __name__)


@blueprint.get("/openapi.json")
def document() -> ResponseReturnValue:
    """The document that programs read."""
    return jsonify(openapi(current_app))


@blueprint.get("/api")
def page() -> ResponseReturnValue:
    """The documentation that people read; it needs nothing from elsewhere."""
    return render_template("api.html", api=openapi(current_app), examples=dict(_examples(current_app)))


def openapi(app: Flask) -> Json:
    """The OpenAPI 3.1 document of all views of ``app`` that are described."""
    schemas: Json = {}
    problem = _schema(shapes.Problem, schemas)
    paths: Json = {}
    for address, method, operation, here in _operations(app):
        described = _operation(address, method, operation, problem, schemas)
        if not here:
            described["responses"]["421"] = {"description": _ELSEWHERE, "content": _content(problem)}
        paths.setdefault(address, {})[method] = described
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "直达知识库",
            "version": __version__,
            "description": "字段只增加，不改名；出错时见 Problem。",
        },
        "paths": paths,
        "security": [{}, {"token": []}],
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": {"token": _TOKEN}},
    }


def document_without_service() -> Json:
    """The same document while nothing is served."""
    app = Flask(__name__)
    for part in (answers, checks, dictionaries, editing, gaps, health, images, preview, reports, reviews):
        app.register_blueprint(part.blueprint)
    return openapi(app)


def _operations(app: Flask) -> Iterator[tuple[str, str, Operation, bool]]:
    """Address, method, declaration, and whether search nodes answer it."""
    for rule in app.url_map.iter_rules():
        operation = getattr(app.view_functions[rule.endpoint], "operation", None)
        if operation is not None:
            (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            yield _PATH_PARAMETER.sub(r"{\2}", rule.rule), method.lower(), operation, is_answered_here(rule.endpoint)


def _operation(address: str, method: str, operation: Operation, problem: Json, schemas: Json) -> Json:
    name = address if method in ("get", "post") else f"{method} {address}"
    described: Json = {"summary": operation.summary, "operationId": re.sub(r"\W+", "_", name).strip("_")}
    in_path = [_path_parameter(name) for name in re.findall(r"{(\w+)}", address)]
    in_query = [_query_parameter(parameter) for parameter in operation.query]
    in_header = [_header_parameter(parameter) for parameter in operation.headers]
    if in_path or in_query or in_header:
        described["parameters"] = [*in_path, *in_query, *in_header]
    if operation.body:
        kind = "multipart/form-data" if operation.multipart else "application/json"
        described["requestBody"] = {"required": True, "content": {kind: {"schema": _body(operation)}}}
    described["responses"] = dict(_responses(operation, problem, schemas))
    return described


def _responses(operation: Operation, problem: Json, schemas: Json) -> Iterator[tuple[str, Json]]:
    if operation.answer is None:
        yield "204", {"description": "已记下"}
    else:
        answer = {"application/json": {"schema": _schema(operation.answer, schemas)}}
        yield from ((str(status), {"description": "成功", "content": answer}) for status in operation.statuses)
    for status in operation.errors:
        content = {} if status == 304 else {"content": _content(problem)}
        yield str(status), {"description": TITLES[status], **content}
    yield "default", {"description": TITLES[500], "content": _content(problem)}


def _content(problem: Json) -> Json:
    return {"application/problem+json": {"schema": problem}}


def _path_parameter(name: str) -> Json:
    described: Json = {"name": name, "in": "path", "required": True}
    if name == "number":
        return {**described, "schema": {"type": "integer", "minimum": 0}, "description": "历史里的编号"}
    return {**described, "schema": {"type": "string"}, "description": "条目编号"}


def _header_parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "header",
        "description": parameter.description,
        "schema": dict(parameter.schema),
        "example": parameter.example,
    }


def _query_parameter(parameter: Parameter) -> Json:
    return {
        "name": parameter.name,
        "in": "query",
        "description": parameter.description,
        "schema": dict(parameter.schema),
        "allowEmptyValue": True,
        "example": parameter.example,
    }


def _body(operation: Operation) -> Json:
    body = {
        "type": "object",
        "properties": {f.name: {**f.schema, "description": f.description} for f in operation.body},
        "required": [field.name for field in operation.body if field.required],
        "additionalProperties": False,
    }
    return body if operation.multipart else body | {"examples": [{f.name: f.example for f in operation.body}]}


def _schema(kind: Any, schemas: Json) -> Json:
    """The JSON Schema of a type; shapes go into ``schemas`` and are referred to."""
    if is_typeddict(kind):
        if kind.__name__ not in schemas:
            schemas[kind.__name__] = {}  # holds the place while the fields are looked at
            fields = get_type_hints(kind, include_extras=True)
            schemas[kind.__name__] = {
                "type": "object",
                "properties": {name: _schema(field, schemas) for name, field in fields.items()},
                "required": list(fields),
            }
        return {"$ref": f"#/components/schemas/{kind.__name__}"}
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        keyword, value = arguments[1]
        return {**_schema(arguments[0], schemas), keyword: value}
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin is list:
        return {"type": "array", "items": _schema(arguments[0], schemas)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema(arguments[1], schemas)}
    if origin in (Union, types.UnionType):
        return {"anyOf": [_schema(argument, schemas) for argument in arguments]}
    return {"type": "null"} if kind is type(None) else {"type": _JSON_TYPES[kind]}


def _examples(app: Flask) -> Iterator[tuple[str, str]]:
    """(method and address, a command line that asks for it)"""
    for address, method, operation, _ in _operations(app):
        path = address.replace("{article_id}", "refund-not-received").replace("{number}", "1")
        url = request.host_url.rstrip("/") + path
        if operation.multipart:
            file, first, *_ = operation.body
            fields = (f"{file.name}=@截图.png", f"{first.name}={first.example}")
            yield f"{method} {address}", " ".join(["curl", *(f"-F {field}" for field in fields), url])
        elif operation.body:
            body = json.dumps({field.name: field.example for field in operation.body}, ensure_ascii=False)
            way = "" if method == "post" else f"-X {method.upper()} "
            headers = "".join(f"-H {shlex.quote(f'{h.name}: {h.example}')} " for h in operation.headers[:1])
            yield f"{method} {address}", f"curl {way}{headers}--json {shlex.quote(body)} {url}"
        elif method == "delete":
            yield f"{method} {address}", f"curl -X DELETE {url}"
        else:
            asked = [f"{p.name}={p.example}" for p in operation.query[:1]]
            yield (
                f"{method} {address}",
                " ".join(["curl -G", *(f"--data-urlencode {shlex.quote(a)}" for a in asked), url]),
            )
