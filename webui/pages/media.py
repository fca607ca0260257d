"""``/media/…``: the pictures beside articles, sent as what their names say and nothing else."""

from __future__ import annotations

from pathlib import PurePosixPath

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from webui.current import desk

_TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif"}
#: a name stands for its bytes; but who may see them is decided here, not by a cache on the way
_FOREVER = "private, max-age=31536000, immutable"

blueprint = Blueprint("media", __name__)


@blueprint.get("/media/<product>/<scenario>/images/<name>")
def image(product: str, scenario: str, name: str) -> ResponseReturnValue:
    """One picture; 404 also where the caller must not know of it."""
    data = desk().images.read(f"{product}/{scenario}", name)
    if data is None:
        raise NotFound
    path = PurePosixPath(name)
    response = Response(data, mimetype=_TYPES[path.suffix])
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = _FOREVER
    response.set_etag(path.stem)
    return response.make_conditional(request)
