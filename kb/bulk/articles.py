"""A row from the file of an article, and the file of an article from a row or from a few changed cells."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from kb.bulk.columns import CATEGORY, FIELDS, OTHER, Columns
from kb.bulk.rows import category_cell
from kb.content.findings import Findings
from kb.content.front_matter import FrontMatter, Scalar, read_front_matter
from kb.content.writer import Value, edit_front_matter, render_document, replace_body
from kb.model import Article
from kb.text.section_edits import other_text, script_texts, section_text, with_other, with_script, with_section
from kb.text.spreadsheets import storable

_FIELD_NAMES = frozenset(column.name for column in FIELDS)


def tidied(cells: Mapping[str, str], columns: Columns) -> dict[str, str]:
    """The cells of known columns, each in its one form."""
    known = columns.by_name
    return {name: known[name].form.tidy(text) for name, text in cells.items() if name in known}


def cells_of(article: Article, source: str, columns: Columns) -> dict[str, str]:
    """Every column of an article, from its file: what it says itself, not what it inherits.

    Characters that no spreadsheet can store are left out.
    """
    front = read_front_matter(source, Findings(""))
    assert front is not None  # noqa: S101  # an article was read from it
    cells = {column.name: _field(front, column.name) or column.default for column in FIELDS}
    cells[CATEGORY] = category_cell((article.product.title, article.scenario.title))
    scripts = script_texts(front.body)
    cells |= {name: scripts.get(channel, "") for name, channel in columns.scripts.items()}
    cells |= {title: section_text(front.body, title) for title in columns.sections}
    cells[OTHER] = other_text(front.body)
    cells = tidied({name: storable(text) for name, text in cells.items()}, columns)
    return {column.name: cells[column.name] for column in columns.all}


def version_of(cells: Mapping[str, str]) -> str:
    """Names the texts of a row; what is empty doesn't count, so a column more or less makes no difference."""
    filled = sorted((name, text) for name, text in cells.items() if text)
    return "v" + hashlib.sha256(json.dumps(filled).encode()).hexdigest()[:12]


def new_source(cells: Mapping[str, str], columns: Columns) -> str:
    """The file of a new article."""
    fields = {name: _value(name, text, columns) for name, text in cells.items() if name in _FIELD_NAMES}
    return render_document(fields, _edited_body("", cells, columns))


def edited_source(source: str, changes: Mapping[str, str], columns: Columns) -> str:
    """The file with other cells; what they don't concern stays byte-identical. Raises ArticleError."""
    front = read_front_matter(source, Findings(""))
    assert front is not None  # noqa: S101  # an article was read from it
    body = _edited_body(front.body, changes, columns)
    if body != front.body:
        source = replace_body(source, body)
    fields = {name: _value(name, text, columns) for name, text in changes.items() if name in _FIELD_NAMES}
    return edit_front_matter(source, fields)


def _field(front: FrontMatter, name: str) -> str:
    """The text of a key as it would stand in a cell."""
    entry = front.entries.get(name)
    if entry is None:
        return ""
    scalars = (entry.value,) if isinstance(entry.value, Scalar) else entry.value
    return "\n".join(scalar.text or "" for scalar in scalars)


def _value(name: str, text: str, columns: Columns) -> Value | None:
    return columns.by_name[name].form.value(text) if text else None


def _edited_body(body: str, changes: Mapping[str, str], columns: Columns) -> str:
    for name, text in changes.items():
        if name in columns.scripts:
            body = with_script(body, columns.scripts[name], text)
        elif name in columns.sections:
            body = with_section(body, name, text)
        elif name == OTHER:
            body = with_other(body, text)
    return body
