"""The tree product → scenario → articles, as one browses it: counted and judged beforehand, served from memory."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace

from kb.model import ArticleRecord, Folder, Freshness, State

Listed = tuple[ArticleRecord, Freshness]

_RELIABLE = (State.FRESH, State.DUE)


@dataclass(frozen=True, slots=True)
class ScenarioBranch:
    """A scenario with its articles, the weightiest first; ``stale``: how many nobody should rely on unchecked."""

    path: str
    folder: Folder
    articles: tuple[Listed, ...]
    stale: int

    @property
    def count(self) -> int:
        """How many articles there are."""
        return len(self.articles)


@dataclass(frozen=True, slots=True)
class ProductBranch:
    """A product with its scenarios, the weightiest first."""

    folder: Folder
    scenarios: tuple[ScenarioBranch, ...]

    @property
    def count(self) -> int:
        """How many articles there are."""
        return sum(scenario.count for scenario in self.scenarios)

    @property
    def stale(self) -> int:
        """How many of them nobody should rely on unchecked."""
        return sum(scenario.stale for scenario in self.scenarios)


Tree = tuple[ProductBranch, ...]


def grow_tree(records: Iterable[ArticleRecord], freshness: Callable[[ArticleRecord], Freshness]) -> Tree:
    """The tree of the published ``records`` that are valid by now; products, too, the weightiest first."""
    articles: defaultdict[str, list[Listed]] = defaultdict(list)
    for record in records:
        verdict = freshness(record)
        if verdict.servable:
            articles[record.article.scenario_path].append((record, verdict))
    scenarios: defaultdict[str, list[ScenarioBranch]] = defaultdict(list)
    products: dict[str, Folder] = {}
    for path, listed in articles.items():
        article = listed[0][0].article
        products[article.product.slug] = article.product
        scenarios[article.product.slug].append(_branch(path, article.scenario, listed))
    tree = (ProductBranch(folder, _heaviest_first(scenarios[slug])) for slug, folder in products.items())
    return tuple(sorted(tree, key=lambda branch: (-branch.folder.weight, branch.folder.title)))


def prune(tree: Tree, products: Collection[str] | None, scenarios: Collection[str] | None) -> Tree:
    """What of ``tree`` is in ``products`` (slugs) and ``scenarios`` (``product/scenario``); None: everything."""
    kept = (
        replace(product, scenarios=tuple(s for s in product.scenarios if scenarios is None or s.path in scenarios))
        for product in tree
        if products is None or product.folder.slug in products
    )
    return tuple(product for product in kept if product.scenarios)


def _branch(path: str, folder: Folder, listed: list[Listed]) -> ScenarioBranch:
    listed.sort(key=lambda row: (-row[0].article.weight, row[0].article.title))
    return ScenarioBranch(path, folder, tuple(listed), sum(fresh.state not in _RELIABLE for _, fresh in listed))


def _heaviest_first(branches: Iterable[ScenarioBranch]) -> tuple[ScenarioBranch, ...]:
    return tuple(sorted(branches, key=lambda branch: (-branch.folder.weight, branch.folder.title)))
