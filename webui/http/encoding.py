"""Documents → JSON by orjson, ten times as quick as the standard library, which still reads what callers send."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Flask
from flask.json.provider import DefaultJSONProvider


def register(app: Flask) -> None:
    """Have ``app`` encode its documents so: keys in their order, characters as themselves."""
    app.json = _Json(app)


def as_json(document: object) -> bytes:
    """The document as it is sent. Scores may be numpy's numbers."""
    return orjson.dumps(document, option=orjson.OPT_SERIALIZE_NUMPY)


class _Json(DefaultJSONProvider):
    def dumps(self, obj: Any, **kwargs: Any) -> str:
        return as_json(obj).decode()
