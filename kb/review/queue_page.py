"""One page of the review queue: its rows, what they can be narrowed down by, and how many there are of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TypeVar

from kb.errors import QueryError
from kb.model import FacetCount, Signal, SignalKind, State
from kb.review.articles import Subjects
from kb.rules.query import MAX_QUERY
from kb.text.normalize import letters_of

_Kind = TypeVar("_Kind", State, SignalKind)


@dataclass(frozen=True, slots=True)
class ReviewItem:
    """One row of the queue. ``product`` and ``scenario`` are titles, ``place`` their slugs (``mall/refund``);
    ``exposure`` counts views and copies; ``minutes``: what its review may take; ``signals``: what speaks against it
    besides its dates, also told in ``reasons``.
    """

    id: str
    title: str
    product: str
    scenario: str
    place: str
    owner: str | None
    state: State
    reasons: tuple[str, ...]
    updated: date | None
    verified: date | None
    due: date | None
    days_overdue: int
    exposure: int
    minutes: float
    signals: tuple[Signal, ...] = ()

    @property
    def state_label(self) -> str:
        """As lists say it: dates that are in order are no all-clear where something else speaks against it."""
        return "有疑问" if self.state is State.FRESH else self.state.label

    @property
    def evidence(self) -> tuple[str, ...]:
        """What there is to see of all its signals."""
        return tuple(piece for signal in self.signals for piece in signal.evidence)

    @property
    def risk(self) -> int:
        """Exposure × days overdue: what reviewing it takes away."""
        return self.exposure * self.days_overdue


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which rows are wanted; None and ``""`` mean all. ``product``: slug or title; ``scenario``: slug, title or both
    slugs (``mall/refund``); ``signal``: a reason besides dates; ``text``: letters of the title or id.
    """

    owners: frozenset[str] | None = None
    product: str | None = None
    scenario: str | None = None
    state: State | None = None
    signal: SignalKind | None = None
    text: str = ""

    @classmethod
    def of(
        cls,
        owner: str | None = None,
        product: str | None = None,
        scenario: str | None = None,
        state: str | None = None,
        signal: str | None = None,
        text: str | None = None,
    ) -> QueueFilter:
        """The filter that was asked for in words.

        Raises QueryError for a state or signal that there is not, and too long a text.
        """
        if text and len(text) > MAX_QUERY:
            raise QueryError(f"text 有 {len(text)} 个字，超过 {MAX_QUERY} 字的上限。")
        return cls(
            owners=frozenset([owner]) if owner else None,
            product=product or None,
            scenario=scenario or None,
            state=_one_of(State, state, "状态") if state else None,
            signal=_one_of(SignalKind, signal, "信号") if signal else None,
            text=text or "",
        )


EVERYTHING = QueueFilter()

_Test = Callable[[ReviewItem], bool]


@dataclass(frozen=True, slots=True)
class QueuePage:
    """Some rows of the queue on the day ``as_of``, from the one after ``offset``; ``total``: what the filter leaves.

    The counts say what choosing another state, department … would give, so each leaves its own filter out. Keys are
    what filters take; a department's is ``""`` for articles without one. States and signals come in order of
    seriousness, departments and products by number.
    """

    as_of: date
    total: int
    offset: int
    items: tuple[ReviewItem, ...]
    states: tuple[FacetCount, ...]
    owners: tuple[FacetCount, ...]
    products: tuple[FacetCount, ...]
    signals: tuple[FacetCount, ...]


def page_of(
    items: Iterable[ReviewItem],
    as_of: date,
    wanted: QueueFilter,
    subjects: Subjects,
    limit: int | None = None,
    offset: int = 0,
) -> QueuePage:
    """At most ``limit`` of the rows that are wanted, after the first ``offset``. Raises QueryError."""
    tests = _tests(wanted, subjects)
    items = list(items)
    rows = _fitting(items, tests.values())
    counts = {
        facet: Counter(chain.from_iterable(map(keys, _without(facet, tests, items, rows))))
        for facet, keys in _FACETS.items()
    }
    products = subjects.library.products
    return QueuePage(
        as_of=as_of,
        total=len(rows),
        offset=offset,
        items=tuple(rows[offset:] if limit is None else rows[offset : offset + limit]),
        states=_by_rank(counts["state"], State),
        owners=_by_number(counts["owner"], lambda owner: owner or "未指定部门"),
        products=_by_number(counts["product"], lambda slug: products[slug].title),
        signals=_by_rank(counts["signal"], SignalKind),
    )


def _fitting(items: list[ReviewItem], tests: Collection[_Test]) -> list[ReviewItem]:
    return [item for item in items if all(fits(item) for fits in tests)] if tests else items


def _without(
    facet: str, tests: Mapping[str, _Test], items: list[ReviewItem], rows: list[ReviewItem]
) -> list[ReviewItem]:
    """What all tests but that of ``facet`` leave; ``rows`` is what all of them leave."""
    if facet not in tests:
        return rows
    return _fitting(items, [test for name, test in tests.items() if name != facet])


_FACETS: Mapping[str, Callable[[ReviewItem], Collection[str]]] = {
    "state": lambda item: (item.state.value,),
    "owner": lambda item: (item.owner or "",),
    "product": lambda item: (_product(item),),
    "signal": lambda item: {signal.kind.value for signal in item.signals},
}


def _tests(wanted: QueueFilter, subjects: Subjects) -> dict[str, _Test]:
    """What a row must fulfil, by facet. Raises QueryError for what no article has."""
    tests: dict[str, _Test] = {}
    slugs = subjects.library.product_slugs(wanted.product) if wanted.product else None
    if slugs is not None:
        tests["product"] = lambda item: _product(item) in slugs
    if wanted.scenario:
        paths = subjects.library.scenario_paths(wanted.scenario, slugs)
        tests["scenario"] = lambda item: item.place in paths
    if (owners := wanted.owners) is not None:
        _check_owners(owners, subjects.owners)
        tests["owner"] = lambda item: (item.owner or "") in owners
    if wanted.state is not None:
        tests["state"] = lambda item: item.state is wanted.state
    if wanted.signal is not None:
        tests["signal"] = lambda item: any(signal.kind is wanted.signal for signal in item.signals)
    if letters := letters_of(wanted.text):
        tests["text"] = lambda item: letters in letters_of(item.title) or letters in letters_of(item.id)
    return tests


def _check_owners(wanted: frozenset[str], known: frozenset[str]) -> None:
    for owner in sorted(wanted - known - {""}):
        names = "、".join(sorted(known)[:20])
        raise QueryError(f"没有名为“{owner}”的业务部门。现有：{names or '（空）'}。")


def _product(item: ReviewItem) -> str:
    return item.place.split("/")[0]


def _by_number(counts: Counter[str], label: Callable[[str], str]) -> tuple[FacetCount, ...]:
    named = (FacetCount(label(key), count, key) for key, count in counts.items())
    return tuple(sorted(named, key=lambda facet: (-facet.count, facet.value)))


def _by_rank(counts: Counter[str], kinds: Iterable[State | SignalKind]) -> tuple[FacetCount, ...]:
    return tuple(FacetCount(kind.label, counts[kind.value], kind.value) for kind in kinds if counts[kind.value])


def _one_of(kinds: type[_Kind], text: str, what: str) -> _Kind:
    """The state or signal of that name. Raises QueryError."""
    try:
        return kinds(text)
    except ValueError:
        choices = "、".join(f"{kind.value}（{kind.label}）" for kind in kinds)
        raise QueryError(f"没有“{text[:20]}”这种{what}。可选：{choices}。") from None
