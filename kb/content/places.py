"""Where an article file may be: below the articles folder, whatever its name says, under a name every system takes."""

from __future__ import annotations

import re
from pathlib import Path

from kb.content.fields import SLUG
from kb.content.files import is_inside
from kb.content.findings import quoted
from kb.errors import EditError

_DEPTH = 3  # product/scenario/name.md
#: devices under Windows, whatever extension follows
_RESERVED = re.compile(r"con|prn|aux|nul|com[0-9]|lpt[0-9]")


def path_of(product: str, scenario: str, article_id: str) -> str:
    """The path of a new article's file. Raises EditError for a name that can't be one."""
    for what, name in (("产品", product), ("场景", scenario), ("编号", article_id)):
        if not SLUG.fullmatch(name):
            raise EditError(
                f"{what}{quoted(name)}不能用：只能用小写字母、数字和连字符，以字母或数字开头，最多 64 个字符。"
            )
        if _RESERVED.fullmatch(name):
            raise EditError(f"{what}{quoted(name)}在 Windows 上不能作文件名，请换一个。")
    return f"{product}/{scenario}/{article_id}.md"


def check_path(root: Path, path: str) -> None:
    """Raises EditError unless ``root/path``, links followed, is where an article file may be."""
    parts = path.split("/")
    hidden = any(not part or part.startswith((".", "_")) or "\\" in part or "\0" in part for part in parts)
    try:
        inside = not hidden and is_inside(root, root / path)
    except (OSError, RuntimeError):  # a link that leads to itself
        inside = False
    if len(parts) != _DEPTH or not path.endswith(".md") or not inside:
        raise EditError(f"{quoted(path)}不在知识目录里，没有改动；知识文件应放在 产品/场景/名称.md。")
