"""What routes take: every name with the schema that readers of the documentation see and the reader that requests meet.

``describe`` hangs the declaration on a view, so that ``webui.api.openapi`` finds it, and hands the view what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask.typing import ResponseReturnValue

from kb.rules.conversation import MAX_CONVERSATION
from webui.http import inputs

View = Callable[..., ResponseReturnValue]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One name in the query string or in the JSON body. ``read`` raises QueryError for a value that can't be."""

    name: str
    description: str
    schema: Mapping[str, object]
    read: Callable[[Mapping[str, Any]], Any]
    example: object = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """What the documentation says about a view; ``answer`` None: 204 without a body, else sent with ``statuses``.

    ``headers`` are read by the view itself: what they mean depends on which are there.
    """

    summary: str
    answer: type | None
    query: tuple[Parameter, ...] = ()
    body: tuple[Parameter, ...] = ()
    errors: tuple[int, ...] = ()
    statuses: tuple[int, ...] = (200,)
    headers: tuple[Parameter, ...] = ()
    multipart: bool = False  # the body is a form with a file in it, not JSON


def describe(operation: Operation) -> Callable[[View], View]:
    """Declare a view; it is called with the values of ``query``, or with the JSON object that has ``body``'s fields."""

    names = tuple(parameter.name for parameter in operation.query)

    def decorate(view: View) -> View:
        @wraps(view)
        def read_then_view(**path: Any) -> ResponseReturnValue:
            if operation.body:
                read_body = inputs.multipart_form if operation.multipart else inputs.json_object
                return view(read_body(*(field.name for field in operation.body)), **path)
            given = inputs.arguments(*names)
            return view(read(given, operation.query), **path) if operation.query else view(**path)

        read_then_view.operation = operation  # type: ignore[attr-defined]  # views are functions, which carry anything
        return read_then_view

    return decorate


def read(given: Mapping[str, Any], parameters: tuple[Parameter, ...]) -> dict[str, Any]:
    """The value of every parameter. Raises QueryError."""
    return {parameter.name: parameter.read(given) for parameter in parameters}


# --- in the query string


def words(name: str, description: str, example: str, **limits: object) -> Parameter:
    """A text, None when absent; whoever looks it up enforces the ``limits``."""
    return Parameter(name, description, {"type": "string", **limits}, lambda given: given.get(name), example)


def whole(name: str, description: str, default: int, low: int, high: int) -> Parameter:
    """A number of things."""
    schema = {"type": "integer", "minimum": low, "maximum": high, "default": default}
    return Parameter(name, description, schema, lambda given: inputs.integer(given, name, default, low, high), default)


def at_most(name: str, description: str, example: int, highest: int) -> Parameter:
    """How many, from 1; None, for all of them, when absent."""
    schema = {"type": "integer", "minimum": 1, "maximum": highest}

    def read(given: Mapping[str, Any]) -> int | None:
        return inputs.integer(given, name, 1, 1, highest) if name in given else None

    return Parameter(name, description, schema, read, example)


def day(name: str, description: str, example: str) -> Parameter:
    """A date; None when absent."""
    return Parameter(
        name, description, {"type": "string", "format": "date"}, lambda given: inputs.day(given, name), example
    )


def header(name: str, description: str, example: str) -> Parameter:
    """A header of the request."""
    return Parameter(name, description, {"type": "string"}, lambda given: given.get(name), example)


# --- in the body, where null means absent


def file(name: str, description: str) -> Parameter:
    """A file in a form: its bytes; what it is called, and said to be, is nobody's business."""
    return Parameter(
        name, description, {"type": "string", "format": "binary"}, lambda body: inputs.file(body, name), required=True
    )


def required_text(name: str, description: str, example: str, longest: int) -> Parameter:
    """A text with something in it."""
    schema = {"type": "string", "maxLength": longest, "pattern": r"\S"}
    return Parameter(name, description, schema, lambda body: inputs.required_text(body, name, longest), example, True)


def one_of(name: str, description: str, choices: tuple[str, ...]) -> Parameter:
    """One of a few words."""
    schema = {"type": "string", "enum": list(choices)}
    return Parameter(name, description, schema, lambda body: inputs.choice(body, name, choices), choices[0], True)


def text(name: str, description: str, example: str, longest: int) -> Parameter:
    """A text; None when absent."""
    schema = {"type": ["string", "null"], "maxLength": longest}
    return Parameter(name, description, schema, lambda body: inputs.text(body, name, longest), example)


def raw_text(name: str, description: str, example: str) -> Parameter:
    """A text that is taken as it is, to the byte."""
    return Parameter(name, description, {"type": "string"}, lambda body: inputs.raw_text(body, name), example, True)


def texts(name: str, description: str, example: list[str], longest: int, most: int) -> Parameter:
    """A list of texts, which may be empty."""
    schema = {"type": "array", "items": {"type": "string", "maxLength": longest}, "maxItems": most}
    return Parameter(name, description, schema, lambda body: inputs.texts(body, name, longest, most), example, True)


def yes(name: str, description: str) -> Parameter:
    """Whether; False when absent."""
    schema = {"type": ["boolean", "null"], "default": False}
    return Parameter(name, description, schema, lambda body: inputs.flag(body, name), example=False)


def whole_number(name: str, description: str, highest: int) -> Parameter:
    """A number from 1, which has to be there."""
    schema = {"type": "integer", "minimum": 1, "maximum": highest}
    return Parameter(name, description, schema, lambda body: inputs.required_ordinal(body, name, highest), 1, True)


def ordinal(name: str, description: str, highest: int) -> Parameter:
    """A place, counted from 1; None when absent."""
    schema = {"type": ["integer", "null"], "minimum": 1, "maximum": highest}
    return Parameter(name, description, schema, lambda body: inputs.ordinal(body, name, highest), 1)


def amount(name: str, description: str, highest: float, example: float) -> Parameter:
    """A number that is not negative; None when absent."""
    schema = {"type": ["number", "null"], "minimum": 0, "maximum": highest}
    return Parameter(name, description, schema, lambda body: inputs.amount(body, name, highest), example)


def some(name: str, description: str, default: int, highest: int) -> Parameter:
    """How many, from 1; ``default`` when absent."""
    schema = {"type": ["integer", "null"], "minimum": 1, "maximum": highest, "default": default}
    return Parameter(
        name, description, schema, lambda body: inputs.ordinal(body, name, highest) or default, example=default
    )


def form_fields(name: str, description: str) -> Parameter:
    """The fields of a form, each with its values; None when absent."""
    values = {"type": "array", "items": {"type": "string"}}
    schema = {"type": ["object", "null"], "additionalProperties": values}
    return Parameter(
        name, description, schema, lambda body: inputs.form_fields(body, name), {"title": ["未收到货退款"]}
    )


def chat(name: str, description: str) -> Parameter:
    """The messages of a conversation, oldest first; None when absent. All together are limited, too."""
    words = {"type": "string", "maxLength": MAX_CONVERSATION}
    said = {
        "type": "object",
        "properties": {"role": {"type": "string", "enum": list(inputs.ROLES)}, "text": words},
        "required": ["role", "text"],
        "additionalProperties": False,
    }
    schema = {
        "type": ["array", "null"],
        "maxItems": inputs.MAX_MESSAGES,
        "items": {"anyOf": [words, said]},
    }
    return Parameter(name, description, schema, lambda body: inputs.chat(body, name))
