"""Documents that are the same for several: encoded once, compressed where they are large, kept while there is room."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from typing import TypeVar

from flask import Response, request
from werkzeug.http import quote_etag

from kb.bounded_cache import BoundedCache
from webui.http.encoding import as_json

#: what depends on who asks is nobody else's, and asked for anew every time
_PRIVATE = "private, no-cache"


#: bytes that something kept takes beside its content: key and objects around it
OVERHEAD = 1000

T = TypeVar("T", bound=Sized)


def kept(limit: int, unit: int = 1) -> BoundedCache[T]:
    """Room for ``limit`` bytes of things; ``unit``: bytes that one of a thing's ``len`` takes."""
    return BoundedCache(limit, lambda thing: len(thing) * unit + OVERHEAD)


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document or file ready to send; ``etag`` names its content."""

    plain: bytes
    gzipped: bytes
    etag: str

    def __len__(self) -> int:
        return len(self.plain) + len(self.gzipped)


@dataclass(frozen=True, slots=True)
class Timed:
    """A JSON document around the figure that is another one each time, its ``took_ms``; ``etag`` names the rest.

    ``headers`` are those of every answer with it.
    """

    before: bytes
    after: bytes
    etag: str
    headers: tuple[tuple[str, str], ...]

    def __len__(self) -> int:
        return len(self.before) + len(self.after)


def encode(document: Mapping[str, object]) -> Encoded:
    """Do once what need not be done for every request."""
    return packed(as_json(document))


def packed(plain: bytes) -> Encoded:
    """Any content, ready to send."""
    return Encoded(plain, gzip.compress(plain, mtime=0), _digest(plain))


def respond(encoded: Encoded, mimetype: str = "application/json", caching: str = _PRIVATE) -> Response:
    """The document, compressed when the caller takes that; 304 when the caller has it already."""
    compressed = request.accept_encodings["gzip"] > 0
    response = Response(encoded.gzipped if compressed else encoded.plain, mimetype=mimetype)
    if compressed:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = caching
    response.headers["Vary"] = "Accept-Encoding"
    response.set_etag(f"{encoded.etag}-gzip" if compressed else encoded.etag)  # strong: byte by byte
    response.make_conditional(request)
    return response


def encode_timed(document: Mapping[str, object]) -> Timed:
    """As ``encode``, of a document that has a ``took_ms``. It goes out uncompressed: some 10 KB, at once."""
    plain = as_json({**document, "took_ms": 0})
    before, name, after = plain.partition(b'"took_ms":0')  # in a text its quotes would be escaped
    etag = _digest(plain)
    return Timed(before + name[:-1], after, etag, (("Cache-Control", _PRIVATE), ("ETag", quote_etag(etag, weak=True))))


def respond_timed(timed: Timed, took_ms: float) -> Response:
    """The document as it was answered this time; 304 when the caller has one that differs in ``took_ms`` only."""
    if request.if_none_match.contains_weak(timed.etag):
        return Response(status=304, headers=timed.headers)
    content = b"%b%b%b" % (timed.before, as_json(took_ms), timed.after)
    return Response(content, headers=timed.headers, mimetype="application/json")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:20]
