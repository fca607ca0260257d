"""Static files: their addresses carry a hash of their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

from flask import Flask, Response, request, url_for


def register(app: Flask) -> None:
    """Give templates ``asset(name)`` and static files their cache headers."""
    folder = Path(str(app.static_folder))
    versions = {path.name: _version(path) for path in folder.iterdir()}

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=versions[name])

    @app.after_request
    def keep(response: Response) -> Response:
        if request.endpoint == "static" and response.status_code < 400:
            name = (request.view_args or {})["filename"]
            if request.args.get("v") == versions.get(name):
                response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    app.jinja_env.globals["asset"] = asset


def _version(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
