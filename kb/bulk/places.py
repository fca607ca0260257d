"""Where articles go: the folders that exist and those that an import would make, found by title."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from rapidfuzz import fuzz, process

from kb.bulk.values import one_line
from kb.content.fields import text
from kb.model import Folder
from kb.text.slugs import slug_of

_NO_CATEGORY = "未分类"
_NEAR = 70  # per cent of alike characters: 网上商成 and 网上商城 have 75


class Places:
    """``folders``: path -> Folder, of the articles folder and those planned; ``planned``: path -> title."""

    def __init__(self, folders: Mapping[str, Folder], product: str | None) -> None:
        self.folders = dict(folders)
        self.planned: dict[str, str] = {}
        self._there = tuple(folders)
        self._product = product
        self._by_title: dict[tuple[str, str], str] = {}
        self._slugs: dict[str, set[str]] = {}
        for path, folder in self.folders.items():
            self._by_title.setdefault((parent_of(path), one_line(folder.title)), path)
            self._slugs.setdefault(parent_of(path), set()).add(folder.slug)

    def scenario(self, category: tuple[str, ...]) -> str | None:
        """The folder of a row with this category, planned when there is none; None when nothing tells.

        Raises ValueError when a title can't be one.
        """
        if not self._product and not category:
            return None
        product, inner = (self._product, category) if self._product else (category[0], category[1:])
        if "/" in product or product not in self.folders:
            product = self._folder("", product)
        return self._folder(product, inner[-1] if inner else _NO_CATEGORY)

    def announced(self, path: str) -> str:
        """What to say of an article in the scenario ``path``: which folders are made for it, ``""`` for none."""
        return "，".join(self._news(place) for place in (parent_of(path), path) if place in self.planned)

    def news(self, paths: Iterable[str]) -> tuple[str, ...]:
        """The same of several scenarios, each new folder once."""
        needed = {place for path in paths for place in (path, parent_of(path))}
        return tuple(self._news(place) for place in self.planned if place in needed)

    def _news(self, path: str) -> str:
        """A new folder, and the one that may have been meant: a slip in a category makes a product unasked."""
        parent, title = parent_of(path), self.planned[path]
        beside = [self.folders[place].title for place in self._there if parent_of(place) == parent]
        near = process.extractOne(title, beside, scorer=fuzz.ratio, score_cutoff=_NEAR)
        news = f"新建{'场景' if parent else '产品'}“{title}”"
        return f"{news}（是不是“{near[0]}”？）" if near else news

    def _folder(self, parent: str, title: str) -> str:
        path = self._by_title.get((parent, title))
        if path is None:
            check("分类", text(1, 60), title)
            slugs = self._slugs.setdefault(parent, set())
            name = slug_of(title, slugs)
            slugs.add(name)
            path = f"{parent}/{name}" if parent else name
            self.folders[path] = Folder(name, title)
            self._by_title[parent, title] = path
            self.planned[path] = title
        return path


def parent_of(path: str) -> str:
    """The folder of a path, ``""`` at the top."""
    return path.rpartition("/")[0]


def check(name: str, parse: Callable[[str], str], value: str) -> None:
    """Raise ValueError, naming the field, when ``parse`` does."""
    try:
        parse(value)
    except ValueError as error:
        raise ValueError(f"{name} {error}") from None
