"""ASCII names for folders with Chinese titles."""

from __future__ import annotations

import re
from collections.abc import Container

from kb.text.normalize import normalize
from kb.text.pinyin import syllables

_LONGEST = 40
_ASCII_RUN = re.compile(r"[a-z0-9]+")


def slug_of(title: str, taken: Container[str]) -> str:
    """A short name in pinyin that is not in ``taken``: 退款与退货 → tui-kuan-yu-tui-huo, then …-2, …-3."""
    folded = normalize(title)
    spelled = (
        f" {readings[0]} " if readings else char for char, readings in zip(folded, syllables(folded), strict=True)
    )
    slug = ""
    for run in _ASCII_RUN.findall("".join(spelled)):
        longer = f"{slug}-{run}" if slug else run[:_LONGEST]
        if len(longer) > _LONGEST:
            break
        slug = longer
    slug = slug or "folder"
    number, unique = 1, slug
    while unique in taken:
        number += 1
        unique = f"{slug}-{number}"
    return unique
