"""What a change of several files is about to do, or has done: written down in one step, so that it can be completed,
restored or undone by whoever comes next (``kb.content.transaction``).
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from kb.replacing import replacing

JOURNAL_NAME = "journal.json"


@dataclass(frozen=True, slots=True)
class Change:
    """One file: the revision it had and the one it gets, ``""`` for no file. ``path``: POSIX, relative to the root."""

    path: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Journal:
    """A change that is decided. ``made``: the folders it makes; ``drop``: those it removes if they are empty then.

    ``undoable``: whether it is kept as the last change, otherwise the last one is forgotten. ``at``: local time.
    ``back``: whether it failed and its files are to be restored.
    """

    at: str
    changes: tuple[Change, ...]
    made: tuple[str, ...]
    drop: tuple[str, ...]
    undoable: bool
    back: bool = False

    @classmethod
    def load(cls, folder: Path) -> Journal | None:
        """The journal in ``folder``; None when there is none."""
        try:
            values = json.loads((folder / JOURNAL_NAME).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        return cls(**{**values, "changes": tuple(Change(**change) for change in values["changes"])})

    def save(self, folder: Path) -> None:
        """Write the journal in one step, durably."""
        with replacing(folder / JOURNAL_NAME) as temporary, temporary.open("w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False)
