"""Two people saved at once: the page for the second shows what each changed, joins it, and asks where it can't be."""

from __future__ import annotations

from dataclasses import replace

from kb.desk.forms import Opened
from kb.editing.form import ArticleForm, changed_fields, values_of, with_fields
from kb.editing.form_merging import join
from kb.errors import ArticleError
from webui.current import desk
from webui.editor_labels import changes, said
from webui.editor_page import Conflict, Screen

#: A field ``choose:title`` says whose title it shall be, ``mine`` or ``theirs``.
CHOOSE = "choose:"


def conflicting(screen: Screen, theirs: Opened) -> Screen:
    """What is shown instead of ``screen``, which started from something else than ``theirs``."""
    shown = replace(screen, base=theirs.revision, opened=theirs, source=theirs.source)
    forms = desk().forms
    try:
        other = forms.form(theirs.source, theirs.folder)
        base = forms.form(forms.text_at(theirs, screen.base), theirs.folder)
        mine = forms.form(screen.source, theirs.folder) if screen.as_source else screen.form
    except ArticleError:
        mine = None
    if mine is None or screen.as_source:
        return replace(shown, source=screen.source, as_source=True, conflict=None)
    joined = join(base, other, mine)
    choices = {name: said(values_of(other).get(name, "")) for name in joined.choices}
    both = Conflict("", changes(joined.mine, base, mine), changes(joined.theirs, base, other), choices)
    return replace(shown, form=joined.form, conflict=both)


def chosen(form: ArticleForm, given: dict[str, str], theirs: ArticleForm) -> ArticleForm:
    """The form with the fields for which somebody chose what the others wrote."""
    names = [name[len(CHOOSE) :] for name, whose in given.items() if name.startswith(CHOOSE) and whose == "theirs"]
    return with_fields(form, theirs, [name for name in names if name in changed_fields(theirs, form)])
