"""The tree under the articles folder: ``<product>/<scenario>/<solution>.md`` and the ``_index.md`` of each folder.

Whatever stands where it can't be served is reported with where it belongs; what can't be listed right now is
named in ``Scan.unreadable``, so that a permission slip or a network drive gone away never looks like deletion.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from pathlib import Path, PurePosixPath

from kb.content.documents import open_document, revision_of
from kb.content.fields import SLUG
from kb.content.files import is_inside, read_file, reason
from kb.content.findings import NOT_ONE_LINE, quoted
from kb.content.validation import read_folder
from kb.errors import ArticleError
from kb.model import Folder, Problem
from kb.ports.catalog import FileVersion
from kb.ports.content import FileStat, Scan

INDEX_NAME = "_index.md"
_KEPT_INDEXES = 2048
_ARTICLE_DEPTH = 2
_ARTICLE_NAME = re.compile(rf"{SLUG.pattern}\.md")
_OTHER_TEXTS = frozenset({".md", ".markdown", ".txt"})


def folders_of(path: str, folders: Mapping[str, Folder]) -> tuple[Folder, Folder]:
    """(product, scenario) of an article's path; a folder that is not known goes by its slug."""
    product, scenario = path.split("/")[:2]
    place = f"{product}/{scenario}"
    return folders.get(product) or Folder(product, product), folders.get(place) or Folder(scenario, scenario)


@lru_cache(_KEPT_INDEXES)
def _judge_index(path: str, data: bytes) -> tuple[Folder, FileVersion]:
    """What the ``_index.md`` at ``path`` says of its folder. Kept, because every scan asks for all of them."""
    source, front, findings = open_document(path, data)
    slug = path.split("/")[-2]
    folder = read_folder(front, slug, findings) if front else Folder(slug, slug)
    problems = tuple(sorted(findings.problems))
    return folder, FileVersion(path, len(data), 0, revision_of(data), source, problems=problems)


class Walk:
    """One pass over the tree, or the way up from one article; gives what it found."""

    def __init__(self, root: Path, last_good: Mapping[str, Folder]) -> None:
        self._root, self._top = root, os.fspath(root)
        self._last_good = last_good
        self._files: list[FileStat] = []
        self._folders: dict[str, Folder] = {}
        self._folder_files: list[FileVersion] = []
        self._problems: list[Problem] = []
        self._unreadable: list[str] = []

    def result(self) -> Scan:
        """Walk the whole tree."""
        self._visit("", 0)
        self._check_titles()
        return self._found()

    def above(self, path: str) -> Scan:
        """Read nothing but the ``_index.md`` files that an article file inherits from."""
        product, scenario = path.split("/")[:2]
        for folder in (product, f"{product}/{scenario}"):
            self._read_index(folder, (self._root / folder / INDEX_NAME).exists())
        return self._found()

    def _found(self) -> Scan:
        return Scan(
            tuple(sorted(self._files, key=attrgetter("path"))),  # strings alone are compared much faster
            self._folders,
            tuple(self._folder_files),
            tuple(sorted(self._problems)),
            tuple(self._unreadable),
        )

    def _visit(self, folder: str, depth: int) -> None:
        """List ``folder``, which lies ``depth`` folders below the root."""
        try:
            with os.scandir(self._place(folder)) as listing:
                others = self._without_articles(folder, listing) if depth == _ARTICLE_DEPTH else listing
                entries = sorted(others, key=lambda entry: entry.name)
        except OSError as error:
            self._cannot_read(folder, error)
            return
        if 0 < depth <= _ARTICLE_DEPTH:
            self._read_index(folder, any(entry.name == INDEX_NAME for entry in entries))
        for entry in entries:
            if NOT_ONE_LINE.search(entry.name):
                name = NOT_ONE_LINE.sub("�", entry.name)
                self._report(folder or ".", f"文件名{quoted(name)}含有控制字符或无法识别的字节，没有读取；请改名。")
            elif not entry.name.startswith((".", "_")):
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    self._visit_entry(entry, path, depth)
                except OSError as error:
                    self._cannot_read(path, error)

    def _without_articles(self, folder: str, listing: Iterable[os.DirEntry[str]]) -> Iterator[os.DirEntry[str]]:
        """Note the articles of a scenario that nothing is to be said of, nearly all of them; give the other entries."""
        is_article, note = _ARTICLE_NAME.fullmatch, self._files.append  # every look-up counts, with 100,000 files
        for entry in listing:
            name = entry.name
            if not (is_article(name) and entry.is_file(follow_symlinks=False)):
                yield entry
                continue
            path = f"{folder}/{name}"
            try:
                status = entry.stat()
            except OSError as error:
                self._cannot_read(path, error)
            else:
                note(FileStat(path, status.st_size, status.st_mtime_ns))

    def _visit_entry(self, entry: os.DirEntry[str], path: str, depth: int) -> None:
        is_ours = path.endswith(".md") or entry.is_dir()
        if is_ours and entry.is_symlink() and not is_inside(self._root, Path(entry.path)):
            self._report(path, "链接指向知识目录以外，没有读取；请把文件本身放进来。")
            return
        # Below the articles only strays are looked for; following links there could go round in circles.
        if entry.is_dir(follow_symlinks=depth < _ARTICLE_DEPTH):
            if depth >= _ARTICLE_DEPTH and path.endswith(".md"):
                self._report(path, "这是文件夹而不是文件，里面的内容不会被收录；请改名或移走。")
            else:
                self._visit(path, depth + 1)
        elif path.endswith(".md"):
            self._visit_file(entry, path, depth)
        elif PurePosixPath(path).suffix.lower() in _OTHER_TEXTS:
            self._report(path, "扩展名不是 .md，不会被收录；是知识条目请改扩展名，不是请在文件名前加 _。", "warning")

    def _visit_file(self, entry: os.DirEntry[str], path: str, depth: int) -> None:
        status = entry.stat()
        if not stat.S_ISREG(status.st_mode):
            self._report(path, "不是普通文件，没有读取；请换成 Markdown 文件。")
        elif depth == _ARTICLE_DEPTH:
            stem = entry.name.removesuffix(".md")
            if not SLUG.fullmatch(stem):
                self._report(path, f"文件名{quoted(stem)}应只用小写字母、数字和连字符，中文写在 title 里。", "warning")
            self._files.append(FileStat(path, status.st_size, status.st_mtime_ns))
        else:
            *folders, name = path.split("/")
            place = "/".join([*folders, *("<产品>", "<场景>")[len(folders) :]][:_ARTICLE_DEPTH])
            self._report(
                path, f"放错了层级，不会被收录；应放在 {place}/{name}，不是知识条目请在文件名前加 _。", "warning"
            )

    def _read_index(self, folder: str, exists: bool) -> None:
        slug = PurePosixPath(folder).name
        if not SLUG.fullmatch(slug):
            self._report(
                folder, f"文件夹名{quoted(slug)}应只用小写字母、数字和连字符，中文名写在 {INDEX_NAME} 里。", "warning"
            )
        path = f"{folder}/{INDEX_NAME}"
        self._folders[folder] = Folder(slug, slug)
        if not exists:
            self._report(path, f"缺少 {INDEX_NAME}，暂以文件夹名作名称；请新建，写上 title: 中文名称。", "warning")
            return
        try:
            status = os.stat(self._place(path))
            data = read_file(self._root, path)
        except (OSError, ArticleError) as error:
            self._folders[folder] = self._last_good.get(folder, self._folders[folder])
            self._cannot_read(path, error)
            return
        found, version = _judge_index(path, data)
        is_broken = any(problem.severity == "error" for problem in version.problems)
        self._folders[folder] = self._last_good.get(folder, found) if is_broken else found
        self._folder_files.append(replace(version, mtime_ns=status.st_mtime_ns))

    def _check_titles(self) -> None:
        """Two folders side by side with one title can't be told apart by those who see only titles."""
        first: dict[tuple[str, str], str] = {}
        for path, folder in sorted(self._folders.items()):
            parent = path.rpartition("/")[0]
            other = first.setdefault((parent, folder.title), path)
            if other != path:
                self._report(
                    f"{path}/{INDEX_NAME}",
                    f"名称{quoted(folder.title)}与 {other}/{INDEX_NAME} 相同，请改成不同的名称。",
                )

    def _place(self, path: str) -> str:
        """Where a file or folder lies; as text, which is joined ten times as fast as paths."""
        return f"{self._top}/{path}"

    def _cannot_read(self, path: str, error: OSError | ArticleError) -> None:
        self._unreadable.append(path)
        self._report(path or ".", reason(error) if isinstance(error, OSError) else str(error))

    def _report(self, path: str, message: str, severity: str = "error") -> None:
        self._problems.append(Problem(path, 1, message, severity))
