"""Static files: their addresses carry a hash of them all, so that browsers may keep them for ever.

The hash is a folder of the address, not a parameter: style sheets and modules that name their neighbours by relative
addresses get the right version of those too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, request, url_for
from flask_compress import Compress

FOLDER = Path(__file__).parents[1] / "static"
_FOREVER = "public, max-age=31536000, immutable"


def base_address() -> str:
    """The address below which the files are served: another one after every change."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*.*")):
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return f"/static/{digest.hexdigest()[:12]}"


def register(app: Flask) -> None:
    """Give templates ``asset(name)``, static files their cache headers, and compress what is text."""
    # JSON goes out as it is: it is short, and asked for with every keystroke.
    app.config["COMPRESS_MIMETYPES"] = ["text/html", "text/css", "text/javascript", "image/svg+xml"]
    Compress(app)

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code < 400:
            response.headers["Cache-Control"] = _FOREVER
            response.direct_passthrough = False  # read at once: Flask-Compress leaves files that it streams open
            response.get_data()
        return response

    app.jinja_env.globals["asset"] = lambda name: url_for("static", filename=name)
