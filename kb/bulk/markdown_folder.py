"""A folder of plain Markdown without front matter: folders are the category, the heading is the title."""

from __future__ import annotations

import re
from pathlib import Path

from kb.bulk.columns import OTHER
from kb.bulk.rows import BadRow, Row, Source, category_cell
from kb.content.files import decode, read_file
from kb.content.findings import Findings
from kb.errors import ArticleError

_SUFFIXES = frozenset({".md", ".markdown"})
_TITLE = re.compile(r"\s*#(?!#)[ \t]*(?P<title>.+?)[ \t#]*$", re.MULTILINE)


def read_markdown_folder(root: Path) -> Source:
    """One row a file, in order of path; ``Row.line`` counts the files. Hidden ones and links are left out."""
    paths = sorted(
        path
        for path in root.rglob("*")
        if path.suffix.lower() in _SUFFIXES
        and path.is_file()
        and not path.is_symlink()
        and not any(part.startswith((".", "_")) for part in path.relative_to(root).parts)
    )
    return Source((_row(number, root, path) for number, path in enumerate(paths, 1)), len(paths))


def _row(number: int, root: Path, path: Path) -> Row | BadRow:
    name = path.relative_to(root).as_posix()
    findings = Findings(name)
    try:
        text = decode(read_file(root, name), findings)
    except ArticleError as error:
        return BadRow(number, f"{name}：{error}")
    if text is None:
        return BadRow(number, f"{name}：{findings.problems[0].message}")
    text = text.removeprefix("\ufeff")
    if text.startswith("---"):
        return BadRow(
            number, f"{name}：已有文件头，不是纯 Markdown；本系统的词条请直接放进知识目录，否则请删掉文件头。"
        )
    heading = _TITLE.match(text)
    return Row(
        number,
        {
            "title": heading["title"] if heading else path.stem,
            "category": category_cell(path.relative_to(root).parts[:-1]),
            OTHER: text[heading.end() :] if heading else text,
        },
    )
