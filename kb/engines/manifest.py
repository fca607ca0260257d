"""The checksums of an index folder whose files have none that we could ask for, written after each commit.

While a commit is under way the folder holds a mark. Killed meanwhile, the mark stays: then what the manifest
doesn't know yet is taken as it is, and the next commit writes it down.
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from kb.engines.generations import write_durably
from kb.engines.sealing import checksum, damaged

_NAME = "MANIFEST"
_MARK = "UNFINISHED"
#: replaced as a whole by each commit; all other files are written once
_REPLACED = ("meta.json", ".managed.json")
_WRITTEN_ONCE = re.compile(r"[0-9a-f]{32}\.")


def begin(folder: Path) -> None:
    """A commit begins."""
    (folder / _MARK).touch()


def finish(folder: Path, next_number: int) -> None:
    """It has ended: write down what there is now. ``next_number``: of the next document."""
    known = _read(folder).files if (folder / _NAME).exists() else {}
    files = {path.name: path for path in folder.iterdir() if path.name not in (_NAME, _MARK) and path.stat().st_size}
    sums = {
        name: checksum(path) if name in _REPLACED or name not in known else known[name] for name, path in files.items()
    }
    content = json.dumps({"files": sums, "next": next_number})
    write_durably(folder / _NAME, f"{zlib.crc32(content.encode()):08x}\n{content}")
    (folder / _MARK).unlink(missing_ok=True)


def is_unfinished(folder: Path) -> bool:
    """Whether the last commit was killed, or is under way."""
    return (folder / _MARK).exists()


def next_number(folder: Path) -> int:
    """What the last commit that ended said."""
    return _read(folder).next_number


@dataclass(slots=True)
class Verified:
    """What of a folder has been found as it was written, so that nothing is read twice for that."""

    folder: Path
    _files: set[str] = field(default_factory=set)

    def look(self) -> None:
        """Read what is new. Raises IndexCorrupt, naming the file."""
        while not self._is_consistent():
            pass

    def _is_consistent(self) -> bool:
        """False: a commit came between, look again."""
        marked = is_unfinished(self.folder)
        manifest = _read(self.folder)
        for name, expected in manifest.files.items():
            if name in self._files or (marked and name in _REPLACED):
                continue
            try:
                sound = checksum(self.folder / name) == expected
            except FileNotFoundError:
                continue  # merged away meanwhile, or missed when it is opened
            if not sound and (manifest != _read(self.folder) or is_unfinished(self.folder) != marked):
                return False
            if not sound:
                raise damaged(self.folder / name)
            if name not in _REPLACED:
                self._files.add(name)
        return True


_Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class OpenFiles:
    """The files that are written once, with size and time of each when it was opened."""

    _stamps: Sequence[tuple[str, _Stamp | None]]

    @classmethod
    def of(cls, folder: Path) -> OpenFiles:
        """Those of a folder, as they are now."""
        with os.scandir(folder) as entries:
            written_once = [entry.path for entry in entries if _WRITTEN_ONCE.match(entry.name)]
        return cls([(path, _stamp(path)) for path in written_once])

    def are_intact(self) -> bool:
        """Whether nobody has changed one; it may have been deleted, for what is open stays."""
        return all(_stamp(path) in (stamp, None) for path, stamp in self._stamps)


def _stamp(path: str) -> _Stamp | None:
    try:
        stat = os.stat(path)
    except FileNotFoundError:
        return None
    return stat.st_size, stat.st_mtime_ns


@dataclass(frozen=True, slots=True)
class _Manifest:
    files: dict[str, int]
    next_number: int


def _read(folder: Path) -> _Manifest:
    path = folder / _NAME
    expected, _, content = path.read_bytes().partition(b"\n")
    if expected != f"{zlib.crc32(content):08x}".encode():
        raise damaged(path)
    read = json.loads(content)
    return _Manifest(read["files"], read["next"])
