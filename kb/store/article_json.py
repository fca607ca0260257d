"""Articles as compact JSON: only what differs from the defaults, so that a new field breaks no stored one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from functools import lru_cache
from sys import intern
from typing import Any

import orjson

from kb.model import Article, Folder, Interval, Script

_DEFAULTS = tuple((field.name, field.default) for field in fields(Article))


def dump_article(article: Article) -> str:
    """The article as one line of JSON."""
    values = {name: value for name, default in _DEFAULTS if (value := getattr(article, name)) != default}
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), default=_plain)


def load_article(text: str | bytes, body: bool = True) -> Article:
    """The article that ``dump_article`` wrote. Raises ValueError, TypeError or KeyError for any other text.

    ``body``: with its body, or with ``""`` in its place.
    """
    values: dict[str, Any] = orjson.loads(text)  # a server's start waits for all of them
    if not body:
        values["body"] = ""
    for name, value in values.items():
        if name in _READERS:
            values[name] = _READERS[name](value)
    return Article(**values)


def _plain(value: object) -> object:
    """What JSON writes for a value that it doesn't know."""
    if isinstance(value, Script | Folder):
        return [getattr(value, field.name) for field in fields(value)]
    return value.isoformat() if isinstance(value, date) else str(value)


@lru_cache(maxsize=4096)
def _folder(
    slug: str, title: str, owner: str | None, review_every: str | None, weight: int, description: str
) -> Folder:
    """Articles of one folder share one object."""
    return Folder(slug, title, owner, _interval(review_every), weight, description)


@lru_cache(maxsize=4096)
def _date(text: str) -> date:
    return date.fromisoformat(text)


@lru_cache(maxsize=4096)
def _shared(texts: tuple[str, ...]) -> tuple[str, ...]:
    return texts


@lru_cache(maxsize=256)
def _interval(text: str | None) -> Interval | None:
    return None if text is None else Interval.parse(text)


#: field -> what makes its value of what JSON has in its place
_READERS: Mapping[str, Callable[[Any], object]] = {
    **dict.fromkeys(("created", "updated", "verified", "valid_from", "valid_to"), _date),
    **dict.fromkeys(("questions", "related", "former_ids"), tuple),
    # the same in many articles, which share one object then
    **dict.fromkeys(("channels", "tags"), lambda texts: _shared(tuple(texts))),
    **dict.fromkeys(("product", "scenario"), lambda values: _folder(*values)),
    # one object each for all who hold articles: snapshots, the queue
    **dict.fromkeys(
        ("id", "title", "kind", "owner", "contact", "priority", "status", "audience", "verified_by"), intern
    ),
    "review_every": _interval,
    "scripts": lambda pairs: tuple(Script(*pair) for pair in pairs),
}
