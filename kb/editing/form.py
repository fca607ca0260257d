"""An article as the form of the editor shows it, and the file that a form stands for.

Everything in a form is text, as people typed it: what makes no sense is written as it is, and the article format says
what is wrong with it. A field is written only when its text differs from what the file has, so that an unchanged form
gives back every byte, and a changed field leaves comments, unknown keys, order, quoting and line ends alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any

from kb.content.findings import Findings
from kb.content.front_matter import FrontMatter, Scalar, read_front_matter
from kb.content.writer import Value, edit_front_matter, replace_body
from kb.errors import ArticleError
from kb.text.controls import without_controls
from kb.text.section_edits import (
    SECTIONS,
    other_text,
    script_texts,
    section_text,
    with_other,
    with_script,
    with_section,
)
from kb.text.sections import SCRIPT_HEADING

#: The file that the form of a new article starts from.
EMPTY = "---\n---\n"
#: The sections that have a field of their own, besides the scripts.
FORM_SECTIONS = tuple(title for title in SECTIONS if title != SCRIPT_HEADING)
#: How the fields of scripts and sections are called in what a browser sends: ``script:微信``, ``section:处理步骤``.
SCRIPT, SECTION = "script:", "section:"
#: more than any page shows; each of them is looked for in the whole body
_MOST_SCRIPTS = 100

_SEPARATORS = re.compile(r"[、，,;；\n]")
_YES = ("true", "yes", "on")


@dataclass(frozen=True, slots=True)
class ArticleForm:
    """The fields as texts. ``questions`` has one a line, ``tags`` and ``related`` are separated by ``、``.

    ``channels`` is empty for all that are configured. ``scripts`` is by channel, ``""`` being the general wording;
    ``sections`` by heading. ``product`` is a slug, ``scenario`` the slugs ``product/scenario``; where one is empty, a
    folder with the title beside it is to be made.
    ``minor``: the change is none of content; ``note``: why it was made, in one line.
    """

    id: str = ""
    title: str = ""
    questions: str = ""
    kind: str = "faq"
    channels: tuple[str, ...] = ()
    owner: str = ""
    contact: str = ""
    priority: str = "general"
    tags: str = ""
    audience: str = "internal"
    review_every: str = ""
    valid_from: str = ""
    valid_to: str = ""
    weight: str = ""
    pinned: bool = False
    related: str = ""
    scripts: Mapping[str, str] = field(default_factory=dict)
    sections: Mapping[str, str] = field(default_factory=dict)
    other: str = ""
    product: str = ""
    product_title: str = ""
    scenario: str = ""
    scenario_title: str = ""
    minor: bool = False
    note: str = ""


#: What belongs to the act of saving, not to the file.
_NOT_OF_THE_FILE = ("product", "product_title", "scenario", "scenario_title", "minor", "note")


def form_of(source: str, channels: Sequence[str], place: str = "") -> ArticleForm:
    """The form of a file; ``channels``: the configured ones, ``place``: its folder, ``product/scenario``.

    Raises ArticleError when the front matter can't be read: such a file can only be edited as a whole.
    """
    front = _front_matter(source)
    blank = ArticleForm()
    values: dict[str, Any] = {
        name: form.tidy(_text(front, name)) or getattr(blank, name) for name, form in _FORMS.items()
    }
    return ArticleForm(
        **values,
        channels=_chosen(_items(front, "channels"), channels),
        pinned=_text(front, "pinned").lower() in _YES,
        scripts=_scripts(front.body, channels),
        sections={title: _block(section_text(front.body, title)) for title in FORM_SECTIONS},
        other=_block(other_text(front.body)),
        product=place.partition("/")[0],
        scenario=place,
    )


def source_of(form: ArticleForm, source: str, channels: Sequence[str], today: date) -> str:
    """The file that a form stands for, where ``source`` is the one that it was filled from (EMPTY: a new article).

    ``updated`` becomes ``today`` unless nothing changed or the change is a minor one. Raises ArticleError.
    """
    before = form_of(source, channels)
    body = _body_of(form, before, body_of(source))
    edited = source if body == body_of(source) else replace_body(source, body)
    edited = edit_front_matter(edited, _changed_keys(form, before))
    if source == EMPTY:
        return edit_front_matter(edited, {"created": today, "updated": today})
    return edited if form.minor or edited == source else edit_front_matter(edited, {"updated": today})


def body_of(source: str) -> str:
    """The Markdown below the front matter. Raises ArticleError when that can't be read."""
    return _front_matter(source).body


def with_newlines_of(before: str, text: str) -> str:
    """``text``, as a browser sends it, with the line ends of the file that it replaces."""
    text = text.replace("\r\n", "\n")
    return text.replace("\n", "\r\n") if before.partition("\n")[0].endswith("\r") else text


def read_form(given: Mapping[str, Sequence[str]], channels: Sequence[str]) -> ArticleForm:
    """The form from what a browser sends, the values by name: missing ones are empty, strange names are ignored."""
    texts = {name: "".join(values[:1]) for name, values in given.items()}
    scripts = [name for name in texts if name.startswith(SCRIPT)]
    named: dict[str, Any] = {name: form.tidy(texts.get(name, "")) for name, form in _FORMS.items()}
    named |= {name: _line(texts.get(name, "")) for name in _NOT_OF_THE_FILE if name != "minor"}
    return ArticleForm(
        **named,
        channels=_chosen(given.get("channels", ()), channels),
        pinned="pinned" in given,
        minor="minor" in given,
        scripts={_line(name[len(SCRIPT) :]): _block(texts[name]) for name in scripts[:_MOST_SCRIPTS]},
        sections={name[len(SECTION) :]: _block(text) for name, text in texts.items() if name.startswith(SECTION)},
        other=_block(texts.get("other", "")),
    )


def sent_fields(form: ArticleForm, channels: Sequence[str]) -> dict[str, list[str]]:
    """What a browser sends of a form, which ``read_form`` reads: lets a page fill in the form that it shows."""
    sent = {name: [value] for name, value in values_of(form).items() if isinstance(value, str)}
    ticked = {name: ["on"] for name in ("pinned", "minor") if getattr(form, name)}
    return sent | ticked | {"channels": list(form.channels or channels)}


def values_of(form: ArticleForm) -> dict[str, str | bool | tuple[str, ...]]:
    """Every field by the name that browsers send."""
    single = {spec.name: getattr(form, spec.name) for spec in fields(form) if spec.name not in ("scripts", "sections")}
    scripts = {f"{SCRIPT}{name}": text for name, text in form.scripts.items()}
    return single | scripts | {f"{SECTION}{name}": text for name, text in form.sections.items()}


def changed_fields(form: ArticleForm, before: ArticleForm) -> list[str]:
    """The names, as browsers send them, of the fields of the file that differ."""
    ours, theirs = values_of(form), values_of(before)
    return [
        name
        for name in dict.fromkeys((*ours, *theirs))
        if name not in _NOT_OF_THE_FILE and (ours.get(name) or "") != (theirs.get(name) or "")
    ]


def with_fields(form: ArticleForm, other: ArticleForm, names: Sequence[str]) -> ArticleForm:
    """The form with the fields ``names``, as browsers send them, taken from ``other``."""
    values = values_of(other)
    for name in names:
        form = with_value(form, name, values.get(name, ""))
    return form


def with_value(form: ArticleForm, name: str, value: Any) -> ArticleForm:
    """The form with another value in the field ``name``, as browsers send it."""
    if name.startswith(SCRIPT):
        return replace(form, scripts={**form.scripts, name[len(SCRIPT) :]: value})
    if name.startswith(SECTION):
        return replace(form, sections={**form.sections, name[len(SECTION) :]: value})
    values: dict[str, Any] = {name: value}
    return replace(form, **values)


@dataclass(frozen=True, slots=True)
class _Form:
    """``tidy`` takes any text and is idempotent; ``value`` makes of a tidy text, not empty, what stands in the file."""

    tidy: Callable[[str], str]
    value: Callable[[str], Value] = str


def _line(text: str) -> str:
    return " ".join(without_controls(text).split())


def _lines(text: str) -> str:
    return "\n".join(line for part in text.splitlines() if (line := _line(part)))


def _block(text: str) -> str:
    return without_controls(text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def _words(text: str) -> list[str]:
    return list(dict.fromkeys(word for part in _SEPARATORS.split(text) if (word := _line(part))))


def _day(text: str) -> Value:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def _number(text: str) -> Value:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


_LINE = _Form(_line)
_DAY = _Form(_line, _day)
_WORDS = _Form(_line, _words)
#: The front matter keys that the form shows as a text.
_FORMS = {
    "id": _LINE,
    "title": _LINE,
    "questions": _Form(_lines, lambda text: list(dict.fromkeys(text.split("\n")))),
    "kind": _LINE,
    "owner": _LINE,
    "contact": _LINE,
    "priority": _LINE,
    "tags": _WORDS,
    "audience": _LINE,
    "review_every": _LINE,
    "valid_from": _DAY,
    "valid_to": _DAY,
    "weight": _Form(_line, _number),
    "related": _WORDS,
}


def _front_matter(source: str) -> FrontMatter:
    findings = Findings("")
    front = read_front_matter(source, findings)
    if front is None:
        problem = findings.problems[0]
        raise ArticleError(f"文件头有误，只能在“源文件”里修改：第 {problem.line} 行，{problem.message}")
    return front


def _items(front: FrontMatter, name: str) -> list[str]:
    """The texts of a key, one of a single value, none where it is absent or empty."""
    entry = front.entries.get(name)
    if entry is None:
        return []
    scalars = (entry.value,) if isinstance(entry.value, Scalar) else entry.value
    return [scalar.text for scalar in scalars if scalar.text]


def _text(front: FrontMatter, name: str) -> str:
    items = _items(front, name)
    return "\n".join(_line(item) for item in items) if name == "questions" else "、".join(items)


def _chosen(names: Sequence[str], configured: Sequence[str]) -> tuple[str, ...]:
    """Channels in the configured order, then those that nobody configured; none when all are meant."""
    if list(names) == ["all"] or set(names) == set(configured):
        return ()
    return (*(name for name in configured if name in names), *(name for name in names if name not in configured))


def _scripts(body: str, channels: Sequence[str]) -> dict[str, str]:
    """The wordings that the form shows: the general one, one a channel, and what else stands among the scripts."""
    found = {channel or "": text for channel, text in script_texts(body).items()} if SCRIPT_HEADING in body else {}
    return {name: _block(found.get(name, "")) for name in dict.fromkeys(("", *channels, *found))}


def _changed_keys(form: ArticleForm, before: ArticleForm) -> dict[str, Value | None]:
    texts = {name: getattr(form, name) for name in _FORMS}
    changes: dict[str, Value | None] = {
        name: (_FORMS[name].value(text) if text else None)
        for name, text in texts.items()
        if text != getattr(before, name)
    }
    if form.channels != before.channels:
        changes["channels"] = form.channels or "all"
    if form.pinned != before.pinned:
        changes["pinned"] = form.pinned
    return changes


def _body_of(form: ArticleForm, before: ArticleForm, body: str) -> str:
    for name, text in form.scripts.items():
        if text != before.scripts.get(name, ""):
            body = with_script(body, name or None, text)
    for title, text in form.sections.items():
        if title in FORM_SECTIONS and text != before.sections.get(title, ""):
            body = with_section(body, title, text)
    return body if form.other == before.other else with_other(body, form.other)
