"""Pictures beside articles: what they are called, where bodies mention them, at which address browsers find them.

An article in ``mall/refund/`` mentions a picture as ``![说明](images/0123456789abcdef.png)``. The name comes from the
picture's own bytes (``kb.content.images``), so a name never means another picture.
"""

from __future__ import annotations

import re
from pathlib import PurePath
from urllib.parse import quote

#: bytes of an upload
MAX_BYTES = 5 * 1024 * 1024
FOLDER = "images"
NAME = re.compile(r"[0-9a-f]{16}\.(?:png|jpg|webp|gif)")

_MENTIONED = re.compile(rf"(?<![\w/.]){FOLDER}/({NAME.pattern})(?!\w)", re.ASCII)


def mentioned(body: str) -> frozenset[str]:
    """The names of all pictures that a Markdown text mentions."""
    return frozenset(_MENTIONED.findall(body))


def is_picture(path: PurePath) -> bool:
    """Whether a file is one of our pictures, or one that is being written."""
    return path.parent.name == FOLDER and NAME.search(path.name) is not None


def address(folder: str, target: str) -> str | None:
    """Where browsers find the ``target`` of an image in an article of ``folder`` (product/scenario).

    None when that can't be one of our pictures.
    """
    place, _, name = target.partition("/")
    if place != FOLDER or not NAME.fullmatch(name):
        return None
    return f"/media/{quote(folder)}/{target}"
