"""Static files: their addresses carry a hash of them all, so that browsers may keep them for ever.

The hash is a folder of the address, not a parameter: style sheets and modules that name their neighbours by relative
addresses get the right version of those too. Files are read when the first application is made, and compressed when
they are first asked for, once and well; pages are compressed for the one who asks, so quickly.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, Response, url_for
from flask_compress import Compress
from werkzeug.exceptions import NotFound

from webui.http.precomputed import Encoded, packed, respond

FOLDER = Path(__file__).parents[1] / "static"
_FOREVER = "public, max-age=31536000, immutable"
#: not what the machine thinks, as ``mimetypes`` would say: Windows has its registry
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


@cache
def _files() -> dict[str, bytes]:
    """name below ``static/`` → content"""
    return {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in sorted(FOLDER.rglob("*.*"))}


def base_address() -> str:
    """The address below which the files are served: another one after every change."""
    digest = hashlib.sha256()
    for name, content in _files().items():
        digest.update(name.encode() + b"\0" + content)
    return f"/static/{digest.hexdigest()[:12]}"


def register(app: Flask) -> None:
    """Serve the files below ``static/``, give templates ``asset(name)``, compress pages."""
    app.add_url_rule(f"{base_address()}/<path:filename>", "static", _file)
    app.jinja_env.globals["asset"] = lambda name: url_for("static", filename=name)
    # The quickest levels take a quarter of the time for a tenth more bytes (measured). JSON goes out as it is, or
    # compressed by its view: it is short, and asked for with every keystroke.
    app.config["COMPRESS_BR_LEVEL"] = app.config["COMPRESS_LEVEL"] = 1
    app.config["COMPRESS_REGISTER"] = False
    compress = Compress(app)

    @app.after_request
    def compress_pages(response: Response) -> Response:
        return compress.after_request(response) if response.mimetype == "text/html" else response


def _file(filename: str) -> Response:
    return respond(_packed(filename), _TYPES[Path(filename).suffix], _FOREVER)


@cache  # of files that there are: an error is not kept
def _packed(filename: str) -> Encoded:
    if filename not in _files():
        raise NotFound
    return packed(_files()[filename])
