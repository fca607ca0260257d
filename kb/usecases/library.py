"""What search needs to know about all articles at once: the tree, what is not valid yet, spelling.

Immutable; built off the request path whenever the articles change, then swapped in as a whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kb.errors import QueryError
from kb.model import Article, Folder
from kb.text.normalize import normalize
from kb.text.once import once
from kb.text.spelling import Spelling

#: so many other wordings are followed one by one
_FEW = 200


@dataclass(frozen=True, slots=True)
class Library:
    """Of published articles. ``scenarios`` is keyed by ``product/scenario`` slugs, ``upcoming`` by article id."""

    products: Mapping[str, Folder]
    scenarios: Mapping[str, Folder]
    upcoming: Mapping[str, date]
    spelling: Callable[[], Spelling]

    @classmethod
    def of(cls, articles: Iterable[Article], today: date, spelling: Path | None = None) -> Library:
        """Walk all published articles once; asked from ``today`` on. ``spelling`` is the file in which that is kept."""
        products: dict[str, Folder] = {}
        scenarios: dict[str, Folder] = {}
        upcoming: dict[str, date] = {}
        wordings: list[str] = []
        for article in articles:
            products[article.product.slug] = article.product
            scenarios[article.scenario_path] = article.scenario
            wordings += (article.title, *article.questions)
            if article.valid_from is not None and article.valid_from > today:
                upcoming[article.id] = article.valid_from
        return cls(products, scenarios, upcoming, SpellingOf(tuple(wordings), spelling))

    def hidden_ids(self, today: date) -> frozenset[str]:
        """Articles whose ``valid_from`` has not come yet."""
        return frozenset(article_id for article_id, start in self.upcoming.items() if start > today)

    def place_title(self, path: str) -> str:
        """``网上商城 › 退款与退货`` for the folder ``mall/refund``; slugs where there is no title, ``""`` for none."""
        product, _, scenario = path.partition("/")
        named = ((self.products.get(product), product), (self.scenarios.get(path), scenario))
        return " › ".join(folder.title if folder else slug for folder, slug in named if slug)

    def product_slugs(self, name: str) -> tuple[str, ...]:
        """The products meant by a slug or title; QueryError when there is none."""
        return _named(name, self.products, "产品类型")

    def scenario_paths(self, name: str, products: tuple[str, ...] | None) -> tuple[str, ...]:
        """The scenarios meant by a slug, title or ``product/scenario``, within ``products`` when given."""
        within = {
            path: folder
            for path, folder in self.scenarios.items()
            if products is None or path.split("/")[0] in products
        }
        return _named(name, within, "问题场景")

    def title_of(self, field_name: str, value: str) -> str:
        """The Chinese name of a facet value; values other than folders are their own name."""
        folders = self.products if field_name == "product" else self.scenarios
        folder = folders.get(value) if field_name in ("product", "scenario") else None
        return folder.title if folder else value


class SpellingOf:
    """The spelling by these titles and questions, made when it is called for the first time."""

    def __init__(self, wordings: tuple[str, ...], path: Path | None = None) -> None:
        self._wordings = wordings
        self._made = once(lambda: _spelling(wordings, path))

    def __call__(self) -> Spelling:
        return self._made()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SpellingOf) and self._wordings == other._wordings

    __hash__ = None  # type: ignore[assignment]  # nobody needs it, and all wordings would go into it


class _Spellings:
    """The latest two are kept: most edits leave titles and questions as they are, and there are two kinds of callers.
    One for a few other wordings is made of the more similar of them.
    """

    def __init__(self) -> None:
        self._made: tuple[tuple[tuple[str, ...], Spelling], ...] = ()

    def __call__(self, wordings: tuple[str, ...], path: Path | None) -> Spelling:
        for known, spelling in self._made:
            if known == wordings:
                return spelling
        written = Counter(wordings)
        changes = [(Counter(known) - written, written - Counter(known), former) for known, former in self._made]
        gone, come, former = min(
            changes, key=lambda it: it[0].total() + it[1].total(), default=(written, written, None)
        )
        if former is None or gone.total() + come.total() > _FEW:
            made = Spelling(wordings, path)
        else:
            made = former.changed(gone.elements(), come.elements(), wordings)
        self._made = ((wordings, made), *self._made)[:2]
        return made


_spelling = _Spellings()


def _named(name: str, folders: Mapping[str, Folder], what: str) -> tuple[str, ...]:
    wanted = normalize(name).strip()
    found = tuple(key for key, folder in folders.items() if wanted in (key, folder.slug, normalize(folder.title)))
    if not found:
        known = "、".join(sorted({folder.title for folder in folders.values()})[:20])
        raise QueryError(f"没有名为“{name}”的{what}。现有：{known or '（空）'}。")
    return found
