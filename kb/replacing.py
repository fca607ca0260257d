"""Files replaced in one step: whoever reads sees the old content or the new, also after a kill or a power cut."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path


@contextmanager
def replacing(path: Path, durably: bool = True) -> Iterator[Path]:
    """A file to write, which takes the place of ``path`` in one step when the block ends well.

    On any error (OSError: disk full, no permission) the old file is as it was and nothing else is left behind. Not
    ``durably``: it is no loss if a power cut leaves the old content, or none that can be read.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if durably:
            with temporary.open("rb+") as written:
                os.fsync(written.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if durably:
        sync_folder(path.parent)


def sweep(path: Path) -> None:
    """Remove what killed writers have left beside ``path``; a writer that is at it can't replace it any more."""
    for left in path.parent.glob(f".{escape(path.name)}.*.tmp"):
        left.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make the new names in it durable; Windows can't open folders and needs no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
