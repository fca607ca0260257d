"""Two people changed one article: what can be joined is joined, field by field; what can't is left to choose."""

from __future__ import annotations

from dataclasses import dataclass

from kb.editing.form import FORM_SECTIONS, SECTION, ArticleForm, changed_fields, values_of, with_fields, with_value
from kb.rules.document_parts import Document
from kb.rules.merging import merge, merge_bodies

#: The fields whose items, or lines, are joined when both changed them; of scripts every word counts, so one is chosen.
_LISTS = {"questions": "\n", "tags": "、", "related": "、"}
_TEXTS = frozenset({"other", *(f"{SECTION}{title}" for title in FORM_SECTIONS)})


@dataclass(frozen=True, slots=True)
class Joined:
    """``form`` has what either side changed, and mine where both did. ``mine`` and ``theirs`` name the fields that each
    side changed, ``choices`` those that both changed in ways that can't be joined.
    """

    form: ArticleForm
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    choices: tuple[str, ...]


def join(base: ArticleForm, theirs: ArticleForm, mine: ArticleForm) -> Joined:
    """What becomes of ``base``, which both started from."""
    by_me, by_them = changed_fields(mine, base), changed_fields(theirs, base)
    form = with_fields(mine, theirs, [name for name in by_them if name not in by_me])
    choices = []
    for name in changed_fields(mine, theirs):
        if name in by_me and name in by_them:
            text = _joined_text(name, *(str(values_of(side).get(name, "")) for side in (base, mine, theirs)))
            if text is None:
                choices.append(name)
            else:
                form = with_value(form, name, text)
    return Joined(form, tuple(by_me), tuple(by_them), tuple(choices))


def _joined_text(name: str, base: str, mine: str, theirs: str) -> str | None:
    """Both edits of a text in one; None where they contradict."""
    separator = _LISTS.get(name)
    if separator:
        versions = [Document({name: tuple(text.split(separator)) if text else ()}, "") for text in (base, mine, theirs)]
        return separator.join(merge(*versions).document.fields.get(name, ()))
    if name not in _TEXTS:
        return None
    text, conflicts = merge_bodies(base, mine, theirs)
    return None if conflicts else text.strip()
