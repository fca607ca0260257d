"""What somebody had in front of them when they began to write, and whether that is still so."""

from __future__ import annotations

from dataclasses import dataclass

from kb.editing.editor import EditState


@dataclass(frozen=True, slots=True)
class Seen:
    """Revisions: of the next draft, ``""`` for none, and of the file that it, or what was written, is made from."""

    draft: str = ""
    file: str = ""


#: What is seen of an article that is still to be.
NOTHING = Seen()


def seen_in(state: EditState) -> Seen:
    """What whoever opens an article now has in front of them."""
    return Seen(state.draft.revision, state.draft.base) if state.draft else Seen("", state.revision)


def text_seen(state: EditState, seen: Seen, file_seen: str | None) -> str:
    """The text that was begun with; ``file_seen`` is the file of that time, None when nobody knows it any more."""
    draft = state.draft
    if draft is not None and seen_in(state) == seen:
        return draft.source
    return state.source if file_seen is None or seen.file == state.revision else file_seen


def others_text(state: EditState, seen: Seen, for_all: bool) -> str | None:
    """What somebody else has saved since; None when nobody has, or what they did is in no one's way.

    A draft doesn't mind that the file goes on; ``for_all``: what is written is to take the file's place.
    """
    draft = state.draft
    if draft is not None and draft.revision != seen.draft:
        return draft.source
    if state.revision != seen.file and (for_all or draft is None):
        return state.source
    return None
