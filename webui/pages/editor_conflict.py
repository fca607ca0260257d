"""Two people write at once: the second is shown what each changed, joined as far as can be, and asked for the rest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from kb.desk.forms import Opened
from kb.editing.form import ArticleForm, values_of, with_fields
from kb.editing.form_merging import join
from kb.editing.seen import Seen, seen_in
from kb.editing.versions import merge_sources
from kb.errors import ArticleError
from webui.current import desk
from webui.pages.editor_labels import changes, said
from webui.pages.editor_page import Conflict, Screen

#: A field ``choose:title`` says whose title it shall be, ``mine`` or ``theirs``.
CHOOSE = "choose:"


def caught_up(screen: Screen, opened: Opened, for_all: bool) -> Screen:
    """``screen`` made to follow what others have saved since it was begun; with a conflict when that is more than
    dates and stamps, which no form shows. ``for_all``: what is written is to take the place of the file.
    """
    forms = desk().forms
    parted = forms.parted(opened, screen.seen, for_all)
    if parted is None:
        return screen
    base, theirs = parted
    screen = replace(screen, seen=_seen_now(opened, theirs))
    who = forms.who_changed(opened, theirs)
    try:
        if not screen.as_source and screen.form:
            both = forms.form(base, opened.folder), forms.form(theirs, opened.folder)
            return _joined_forms(screen, *both, theirs, who)
    except ArticleError:
        pass  # what stands there now can only be edited as a whole
    return _joined_files(screen, base, theirs, who)


def _seen_now(opened: Opened, theirs: str) -> Seen:
    """What is in front of somebody who is shown ``theirs``."""
    draft, file = opened.state.draft, opened.state.revision
    if draft is None:
        return Seen("", file)
    return seen_in(opened.state) if theirs == draft.source else Seen(draft.revision, file)


def chosen(form: ArticleForm, given: Mapping[str, str], theirs: ArticleForm) -> ArticleForm:
    """The form with the fields for which somebody chose what the others wrote."""
    names = [name[len(CHOOSE) :] for name, whose in given.items() if name.startswith(CHOOSE) and whose == "theirs"]
    return with_fields(form, theirs, [name for name in names if name in values_of(theirs)])


def _joined_forms(screen: Screen, base: ArticleForm, other: ArticleForm, theirs: str, who: str) -> Screen:
    mine = screen.form or base
    joined = join(base, other, mine)
    shown = replace(screen, form=joined.form, source=desk().forms.source(joined.form, theirs))
    if not joined.theirs:
        return shown
    choices = {name: said(values_of(other).get(name, "")) for name in joined.choices}
    return replace(
        shown, conflict=Conflict(who, changes(joined.mine, base, mine), changes(joined.theirs, base, other), choices)
    )


def _joined_files(screen: Screen, base: str, theirs: str, who: str) -> Screen:
    merged = merge_sources(base, screen.source, theirs)
    choices = {"source": theirs} if merged.conflicts else {}
    return replace(screen, source=merged.source, as_source=True, conflict=Conflict(who, (), (), choices))
