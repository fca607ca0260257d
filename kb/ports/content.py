"""PORT ArticleFiles: the Markdown files that are the knowledge. ``kb.content`` implements it on a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

from kb.model import Folder, Problem
from kb.ports.catalog import FileVersion


class FileStat(NamedTuple):
    """A file and what tells, without reading it, that it changed. ``path``: POSIX, relative to the root.

    (There are as many as articles, and a tuple takes a third of the time of a data class to make.)
    """

    path: str
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class Scan:
    """What stands in the tree. ``files`` are the articles in order of path.

    ``folders``: ``product`` and ``product/scenario`` -> Folder. ``folder_files``: their ``_index.md`` files,
    each with its own problems; ``problems`` are those of the tree itself. ``unreadable``: folders and files that
    could not be looked at, ``""`` for the root.
    """

    files: tuple[FileStat, ...]
    folders: Mapping[str, Folder]
    folder_files: tuple[FileVersion, ...]
    problems: tuple[Problem, ...]
    unreadable: tuple[str, ...]

    def may_hide(self, path: str) -> bool:
        """Whether a file that is not in ``files`` may still be there: don't take it for deleted."""
        return any(not hidden or f"{path}/".startswith(f"{hidden}/") for hidden in self.unreadable)


class ArticleFiles(Protocol):
    """Lists and reads the files; bad content is reported, never raised."""

    root: Path

    @property
    def parser(self) -> str:
        """Names what an article depends on besides its file and folders; all files are read again when it changes."""

    def scan(self, last_good: Mapping[str, Folder] | None = None) -> Scan:
        """List the tree. A folder whose ``_index.md`` is broken keeps its place in ``last_good``."""

    def find(self, path: str) -> FileStat | None:
        """A file as a scan would find it; None where there is none, or something else than a file itself."""

    def scan_above(self, path: str) -> Scan:
        """What ``scan`` says of the folders of one article, which is all that reading it takes."""

    def is_current(self, version: FileVersion) -> bool:
        """Whether a file is still the one that was read."""

    def is_gone(self, path: str, stamp: tuple[int, int] | None) -> bool:
        """Whether there is no article file, or only the one with this size and mtime that a scan found elsewhere."""

    def read(self, file: FileStat, folders: Mapping[str, Folder]) -> FileVersion:
        """Read and judge one article file; ``folders`` as in the scan."""
