"""What callers send, read strictly: a misspelt parameter or a number that is none is an error, never ignored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import date
from typing import Any
from urllib.parse import unquote_to_bytes

from flask import Flask, request
from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.routing import IntegerConverter, Map

from kb.errors import QueryError
from kb.model import Message, SearchRequest
from kb.rules.conversation import MAX_CONVERSATION
from kb.text.controls import without_controls
from kb.usecases.searching import MAX_OFFSET

Body = Mapping[str, Any]

#: who said a message
ROLES = ("customer", "agent")
MAX_MESSAGES = 200


#: the highest that the database can hold
_HIGHEST_NUMBER = 2**63 - 1


class _Number(IntegerConverter):
    """A number in a path; there is nothing where a higher one would lead."""

    def __init__(self, url_map: Map) -> None:
        super().__init__(url_map, max=_HIGHEST_NUMBER)


def register(app: Flask) -> None:
    """Refuse addresses that ``app`` could only guess at."""
    app.url_map.converters["int"] = _Number
    app.before_request(_refuse_other_encodings)


def _refuse_other_encodings() -> None:
    """Werkzeug leaves ``%FF`` of a byte that is not UTF-8, and we would search for that."""
    try:
        if any("%" in text for pair in request.args.items(multi=True) for text in pair):
            unquote_to_bytes(request.query_string).decode()
    except UnicodeDecodeError:
        raise QueryError("地址里的参数不是 UTF-8 编码，请改用 UTF-8 再做百分号编码。") from None


def arguments(*allowed: str) -> Mapping[str, str]:
    """The query parameters that have a value. Raises QueryError for any that is not in ``allowed``."""
    _refuse_unknown(request.args, allowed, "参数")
    return filled_in(request.args)


def filled_in(given: Mapping[str, str]) -> Mapping[str, str]:
    """What has a value; forms also send the fields that were left empty."""
    return {name: value for name, value in given.items() if value}


def search_request(given: Mapping[str, str], limit: int) -> SearchRequest:
    """The search that query parameters ask for. Raises QueryError."""
    return SearchRequest(
        text=given.get("q", ""),
        product=given.get("product"),
        scenario=given.get("scenario"),
        channel=given.get("channel"),
        kind=given.get("kind"),
        tag=given.get("tag"),
        limit=limit,
        offset=integer(given, "offset", 0, 0, MAX_OFFSET),
    )


def integer(given: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    """The whole number ``name``, ``default`` when absent. Raises QueryError outside of ``low`` to ``high``."""
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10 and low <= int(text) <= high):
        raise QueryError(f"{name} 须是 {low} 到 {high} 之间的整数，收到的是“{text[:20]}”。")
    return int(text)


def day(given: Mapping[str, str], name: str) -> date | None:
    """The day ``name``, written like 2026-11-30; None when absent. Raises QueryError."""
    text = given.get(name)
    if text is None:
        return None
    with suppress(ValueError):
        found = date.fromisoformat(text)
        if found.isoformat() == text:  # since 3.11 Python also takes 20261130 and 2026-W49-1
            return found
    raise QueryError(f"{name} 须是 2026-11-30 这样的日期，收到的是“{text[:20]}”。")


def json_object(*allowed: str) -> Body:
    """The request's body. Raises QueryError when it is no JSON object or has other keys than ``allowed``."""
    try:
        body = request.get_json()
    except (BadRequest, RecursionError):
        raise QueryError("请求正文不是合法的 JSON。") from None
    if not isinstance(body, dict):
        raise QueryError("请求正文须是一个 JSON 对象。")
    _refuse_unknown(body, allowed, "字段")
    return body


def multipart_form(*allowed: str) -> Body:
    """The request's form, a file in it as bytes.

    Raises QueryError when a field comes twice or is not in ``allowed``, UnsupportedMediaType for other bodies.
    """
    if request.mimetype != "multipart/form-data":
        raise UnsupportedMediaType
    files = [(name, file.read()) for name, file in request.files.items(multi=True)]
    fields: list[tuple[str, str | bytes]] = [*request.form.items(multi=True), *files]
    given = [(name or "（没有名字）", value) for name, value in fields]  # a part may come without a name
    body = dict(given)
    _refuse_unknown(body, allowed, "字段")
    if len(given) > len(body):
        raise QueryError("同一个字段只能出现一次，一次只传一个文件。")
    return body


def file(body: Body, name: str) -> bytes:
    """The bytes of the file ``name``. Raises QueryError when there is none."""
    value = body.get(name)
    if not isinstance(value, bytes):
        raise QueryError(f"缺少文件 {name}。")
    return value


def text(body: Body, name: str, longest: int) -> str | None:
    """The string ``name`` of at most ``longest`` characters; None when absent or null. Raises QueryError."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) > longest or not _is_unicode(value):
        raise QueryError(f"{name} 须是不超过 {longest} 字的文字。")
    return without_controls(value)


def required_text(body: Body, name: str, longest: int) -> str:
    """Like ``text``, but absence is an error too."""
    value = text(body, name, longest)
    if not value or not value.strip():
        raise QueryError(f"缺少 {name}。")
    return value


def choice(body: Body, name: str, choices: Iterable[str]) -> str:
    """The word ``name``. Raises QueryError unless it is one of ``choices``."""
    value = required_text(body, name, 40)
    if value not in choices:
        raise QueryError(f"{name} 只能是 {'、'.join(choices)}，收到的是“{value}”。")
    return value


def ordinal(body: Body, name: str, highest: int) -> int | None:
    """The whole number ``name`` from 1 to ``highest``; None when absent or null. Raises QueryError."""
    value = body.get(name)
    if value is not None and not (type(value) is int and 1 <= value <= highest):
        raise QueryError(f"{name} 须是 1 到 {highest} 之间的整数。")
    return value


def required_ordinal(body: Body, name: str, highest: int) -> int:
    """Like ``ordinal``, but absence is an error too."""
    value = ordinal(body, name, highest)
    if value is None:
        raise QueryError(f"缺少 {name}。")
    return value


def raw_text(body: Body, name: str) -> str:
    """The string ``name`` as it was sent. Raises QueryError."""
    value = body.get(name)
    if not isinstance(value, str):
        raise QueryError(f"缺少 {name}，须是文字。")
    return value


def texts(body: Body, name: str, longest: int, most: int) -> list[str]:
    """The strings of the list ``name``. Raises QueryError."""
    value = body.get(name)
    if not isinstance(value, list) or len(value) > most:
        raise QueryError(f"{name} 须是不超过 {most} 项的列表。")
    return [text({name: item}, name, longest) or "" for item in value]


def flag(body: Body, name: str) -> bool:
    """Whether ``name`` is true; False when absent or null. Raises QueryError."""
    value = body.get(name)
    if value not in (None, True, False) or isinstance(value, int | float) != isinstance(value, bool):
        raise QueryError(f"{name} 须是 true 或 false。")
    return bool(value)


def amount(body: Body, name: str, highest: float) -> float | None:
    """The number ``name`` from 0 to ``highest``; None when absent or null. Raises QueryError."""
    value = body.get(name)
    if value is not None and not (type(value) in (int, float) and 0 <= value <= highest):
        raise QueryError(f"{name} 须是 0 到 {highest:.0f} 之间的数。")
    return value


def form_fields(body: Body, name: str) -> dict[str, list[str]] | None:
    """The object ``name`` of lists of texts; None when absent or null. Raises QueryError."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, dict) or not all(_is_texts(values) for values in value.values()):
        raise QueryError(f"{name} 须是一个对象，每一栏的值是文字的数组。")
    return value


def _is_texts(values: object) -> bool:
    return isinstance(values, list) and all(isinstance(text, str) and _is_unicode(text) for text in values)


def chat(body: Body, name: str) -> list[Message] | None:
    """The messages ``name``: texts of the customer, or objects with role and text; None when absent or null.

    Raises QueryError.
    """
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, list) or len(value) > MAX_MESSAGES:
        raise QueryError(f"{name} 须是不超过 {MAX_MESSAGES} 条消息的数组，请只发最后几条。")
    return [_message(given, f"{name} 的第 {number} 条") for number, given in enumerate(value, 1)]


def _message(given: object, name: str) -> Message:
    said = {"role": ROLES[0], "text": given} if isinstance(given, str) else given
    if not isinstance(said, dict):
        raise QueryError(f"{name}须是文字，或带 role 和 text 的对象。")
    _refuse_unknown(said, ("role", "text"), "字段")
    words = text(said, "text", MAX_CONVERSATION)
    if words is None:
        raise QueryError(f"{name}缺少 text。")
    return Message(words, choice(said, "role", ROLES) == ROLES[0])


def _refuse_unknown(given: Iterable[str], allowed: tuple[str, ...], what: str) -> None:
    unknown = [name[:40] for name in given if name not in allowed]
    if unknown:
        raise QueryError(f"不认识的{what}：{'、'.join(unknown[:5])}。可用的有：{'、'.join(allowed) or '（无）'}。")


def _is_unicode(value: str) -> bool:
    """Whether ``value`` can be stored: JSON may escape halves of characters."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
