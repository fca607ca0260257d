"""Two people changed one article: what can be joined is joined, field by field; what can't is left to choose."""

from __future__ import annotations

from dataclasses import dataclass

from kb.editing.form import ArticleForm, changed_fields, with_fields


@dataclass(frozen=True, slots=True)
class Joined:
    """``form`` has what either side changed, and mine where both did. ``mine`` and ``theirs`` name the fields that each
    side changed, ``choices`` those that both changed, to different ends.
    """

    form: ArticleForm
    mine: tuple[str, ...]
    theirs: tuple[str, ...]
    choices: tuple[str, ...]


def join(base: ArticleForm, theirs: ArticleForm, mine: ArticleForm) -> Joined:
    """What becomes of ``base``, which both started from."""
    by_me, by_them = changed_fields(mine, base), changed_fields(theirs, base)
    different = set(changed_fields(mine, theirs))
    choices = tuple(name for name in by_me if name in by_them and name in different)
    kept = with_fields(mine, theirs, [name for name in by_them if name not in by_me])
    return Joined(kept, tuple(by_me), tuple(by_them), choices)
