"""``kb lint``: everything that can be said against the article files, in one list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from kb.content.dictionaries import read_dictionaries
from kb.content.findings import quoted
from kb.content.reader import ArticleFiles, find_duplicate_ids, line_of
from kb.content.strict import Strictness
from kb.errors import ArticleError
from kb.model import Problem
from kb.ports.catalog import FileVersion


def lint(
    files: ArticleFiles, only: Sequence[Path] = (), today: date | None = None, strict: Strictness | None = None
) -> list[Problem]:
    """All problems of the tree, of every file and between files, in order of path and line.

    ``only``: files and folders to report on, relative to the working directory or the root; empty means all.
    ``today`` is the current day unless given; ``strict`` adds the checks that protect quality. Raises ArticleError for
    a path that is not in the articles folder.
    """
    places = places_of(files.root, only)
    today = today or date.today()
    scan = files.scan()
    versions = [files.read(file, scan.folders) for file in scan.files]
    problems = [
        *scan.problems,
        *(problem for version in (*scan.folder_files, *versions) for problem in version.problems),
        *find_duplicate_ids(versions),
        *_claimed_ids(versions),
        *_dead_links(versions),
        *(problem for version in versions for problem in future_dates(version, today)),
        *read_dictionaries(files.root)[1],
        *(strict.problems(files.root, scan, versions, today) if strict else ()),
    ]
    return sorted(problem for problem in problems if is_below(problem.path, places))


def places_of(root: Path, only: Sequence[Path]) -> list[str]:
    """Paths as problems name them. Raises ArticleError for one that is not in the articles folder."""
    return [_place(root, path) for path in only]


def is_below(path: str, places: Sequence[str]) -> bool:
    """Whether a problem's path lies in one of ``places``; no places mean everywhere."""
    return not places or any(place == "." or path == place or path.startswith(f"{place}/") for place in places)


def _place(root: Path, path: Path) -> str:
    """A path as problems name it: relative to the root, ``.`` for the root."""
    full = next((candidate for candidate in (path, root / path) if candidate.exists()), None)
    if full is None:
        raise ArticleError(f"没有 {path} 这个文件或文件夹，没有检查；请核对路径。")
    try:
        return full.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        raise ArticleError(f"{path} 不在知识目录 {root} 里，没有检查；请换成其中的文件或文件夹。") from None


def _claimed_ids(versions: list[FileVersion]) -> list[Problem]:
    """An error for every former id that leads to two articles."""
    owners = {version.article.id: version.path for version in versions if version.article}
    problems = []
    for version in versions:
        for former_id in version.article.former_ids if version.article else ():
            owner = owners.setdefault(former_id, version.path)
            if owner != version.path or former_id == getattr(version.article, "id", None):
                message = f"former_ids 里的{quoted(former_id)}是 {owner} 的编号，旧链接不知道该指向谁；请去掉。"
                problems.append(Problem(version.path, line_of(version, "former_ids"), message))
    return problems


def _dead_links(versions: list[FileVersion]) -> list[Problem]:
    known = {i for version in versions if version.article for i in (version.article.id, *version.article.former_ids)}
    return [
        Problem(
            version.path,
            line_of(version, "related"),
            f"related 里的{quoted(target)}没有对应的知识条目，可能已删除或改号；请改正或去掉。",
            "warning",
        )
        for version in versions
        if version.article
        for target in version.article.related
        if target not in known
    ]


#: what ``kb.rules.freshness`` makes of them
_MEANINGS_OF_FUTURE_DATES = {
    "updated": "审核后也一直算“改后未审”",
    "verified": "不会当作审核过",
}


def future_dates(version: FileVersion, today: date) -> Iterator[Problem]:
    """A day that has not come yet: mostly a slip in the year."""
    for name, meaning in _MEANINGS_OF_FUTURE_DATES.items():
        day = getattr(version.article, name, None)
        if day is not None and day > today:
            message = f"{name} {day} 还没有到，{meaning}；请核对年份。"
            yield Problem(version.path, line_of(version, name), message, "warning")
