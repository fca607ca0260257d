"""Images that agents don't see: the file is missing, or the address is none that the page shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from kb.content.checks.page import Page
from kb.content.findings import quoted
from kb.model import Problem
from kb.text import pictures

_IMAGE = re.compile(r"!\[[^\[\]\n]*\]\([ \t]*<?([^()<>\s]*)")


def shown_pictures(body: str) -> Iterator[tuple[int, str]]:
    """(offset, address) of every image that a body shows."""
    return ((found.start(), found[1]) for found in _IMAGE.finditer(body))


def missing_pictures(page: Page, root: Path) -> Iterator[Problem]:
    """Where the body shows an image that isn't beside the article in the articles folder ``root``."""
    folder = page.article.scenario_path
    for start, target in shown_pictures(page.article.body):
        if pictures.address(folder, target) is None:
            message = f"图片{quoted(target)}不会显示：只显示在编辑页面上传的图片；请上传后换成得到的地址，或去掉。"
            yield page.warning(page.line_at(start), message)
        elif not (root / folder / target).is_file():
            message = f"图片{quoted(target)}不在 {folder}/{pictures.FOLDER}/ 里，客服看不到；请重新上传，或去掉。"
            yield page.warning(page.line_at(start), message)
