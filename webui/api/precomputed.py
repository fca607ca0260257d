"""Documents that are the same for everybody: encoded once, and compressed where they are large."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, current_app, request


@dataclass(frozen=True, slots=True)
class Encoded:
    """A JSON document ready to send; ``etag`` names its content."""

    plain: bytes
    gzipped: bytes
    etag: str


def as_json(document: Mapping[str, object]) -> bytes:
    """The document as it is sent."""
    return current_app.json.dumps(document, separators=(",", ":")).encode()


def encode(document: Mapping[str, object]) -> Encoded:
    """Do once what need not be done for every request."""
    plain = as_json(document)
    return Encoded(plain, gzip.compress(plain, mtime=0), hashlib.sha256(plain).hexdigest()[:20])


def respond(encoded: Encoded) -> Response:
    """The document, compressed when the caller takes that; 304 when the caller has it already."""
    compressed = request.accept_encodings["gzip"] > 0
    response = Response(encoded.gzipped if compressed else encoded.plain, mimetype="application/json")
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "no-cache"
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(f"{encoded.etag}-gzip" if compressed else encoded.etag)  # strong: byte by byte
    response.make_conditional(request)
    return response
