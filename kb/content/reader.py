"""Reading the article files: what is there, and what each one says or why it can't be used."""

from __future__ import annotations

import stat
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from kb.content.documents import open_document, revision_of
from kb.content.files import is_inside, read_file
from kb.content.findings import Findings, quoted
from kb.content.front_matter import read_front_matter
from kb.content.scanning import Walk, folders_of
from kb.content.validation import FORMAT_VERSION, ArticleFormat
from kb.errors import ArticleError
from kb.model import Folder, Problem
from kb.ports.catalog import FileVersion
from kb.ports.content import FileStat, Scan


class ArticleFiles:
    """Implements ``kb.ports.content.ArticleFiles`` on the folder ``root``; ``channels``: the configured ones."""

    def __init__(self, root: Path, channels: Sequence[str]) -> None:
        self.root = root
        self.channels = tuple(channels)
        self._format = ArticleFormat.with_channels(channels)

    @property
    def parser(self) -> str:
        """Names what an article depends on besides its file and its folders."""
        return f"format {FORMAT_VERSION}, channels {','.join(self._format.channels)}"

    def scan(self, last_good: Mapping[str, Folder] | None = None) -> Scan:
        """List the tree and read its ``_index.md`` files; ``Scan`` says what went wrong. Raises nothing.

        A folder whose ``_index.md`` is broken keeps its place in ``last_good``, the ``folders`` of an earlier scan.
        """
        return Walk(self.root, last_good or {}).result()

    def is_current(self, version: FileVersion) -> bool:
        """Whether a file is still the one that was read."""
        return self._stamp(version.path) == (version.size, version.mtime_ns)

    def find(self, path: str) -> FileStat | None:
        """A file as a scan would find it; None where there is none, or something else than a file itself."""
        try:
            now = (self.root / path).lstat()
        except OSError:
            return None
        return FileStat(path, now.st_size, now.st_mtime_ns) if stat.S_ISREG(now.st_mode) else None

    def is_gone(self, path: str, stamp: tuple[int, int] | None) -> bool:
        """Whether there is no article file, or only the one with this size and mtime that a scan found elsewhere.

        (Where case doesn't matter, ``A.md`` is still found after it was renamed to ``a.md``.)
        """
        return self._stamp(path) in (None, stamp) or not is_inside(self.root, self.root / path)

    def _stamp(self, path: str) -> tuple[int, int] | None:
        try:
            now = (self.root / path).stat()
        except OSError:
            return None
        return now.st_size, now.st_mtime_ns

    def folders_at(self, path: str, last_good: Mapping[str, Folder] | None = None) -> Mapping[str, Folder]:
        """The folders of one article, without a walk over the tree; ``last_good`` as in ``scan``. Raises nothing."""
        return self.scan_above(path, last_good).folders

    def scan_above(self, path: str, last_good: Mapping[str, Folder] | None = None) -> Scan:
        """What ``scan`` says of the two folders of one article, which is all that judging it takes."""
        return Walk(self.root, last_good or {}).above(path)

    def read(self, file: FileStat, folders: Mapping[str, Folder]) -> FileVersion:
        """Read and judge one article file; ``folders`` as in the scan. Raises nothing."""
        try:
            data = read_file(self.root, file.path)
        except ArticleError as error:
            problem = Problem(file.path, 1, str(error))
            return FileVersion(file.path, file.size, file.mtime_ns, "", "", problems=(problem,))
        return self.judge(file.path, data, folders, file.mtime_ns)

    def judge(self, path: str, data: bytes, folders: Mapping[str, Folder], mtime_ns: int = 0) -> FileVersion:
        """Judge ``data`` as the file ``path`` (``product/scenario/name.md``), saved or not. Raises nothing."""
        source, front, findings = open_document(path, data)
        article = None
        if front is not None:
            article = self._format.read(front, *folders_of(path, folders), findings)
        problems = tuple(sorted(findings.problems))
        return FileVersion(path, len(data), mtime_ns, revision_of(data), source, article, problems)


def line_of(version: FileVersion, name: str) -> int:
    """The line of a front matter key, 1 when it isn't there."""
    front = read_front_matter(version.source, Findings(version.path))
    entry = front.entries.get(name) if front else None
    return entry.line if entry else 1


def find_duplicate_ids(versions: Iterable[FileVersion]) -> list[Problem]:
    """An error for every file whose id an earlier one (by path) has already."""
    first: dict[str, FileVersion] = {}
    problems = []
    for version in sorted(versions, key=lambda version: version.path):
        if version.article is None:
            continue
        other = first.setdefault(version.article.id, version)
        if other is not version:
            message = (
                f"id {quoted(version.article.id)}与 {other.path}:{line_of(other, 'id')} 重复，"
                "本文件没有提供查询；请换一个没有用过的 id。"
            )
            problems.append(Problem(version.path, line_of(version, "id"), message))
    return problems
