"""The engine on a cluster beside the embedded ones: do they answer alike, and what does each tier spend?

``python -m tests.bench.bench_cluster FOLDER …`` works on folders of articles, on a cluster of one node that it starts;
node and client share the machine, so processor times tell more than the clock.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from kb.config import Settings, load_settings
from kb.engines.opensearch_engine import OpenSearchEngine
from kb.ports.engine import EngineQuery, EngineResult, IndexDocument, SearchEngine
from kb.wiring.search import build_engine
from tests.bench.bench_engines import query_maker, read_documents
from tests.bench.corpus import questions
from tests.cluster.nodes import Node, patient, running

_QUESTIONS = 400
#: hits whose texts a page needs
_SHOWN = 10
#: changes of one article each, followed by a question
_EDITS = 20


@dataclass
class Spent:
    """Seconds: by the clock, of this process, of the node."""

    wall: float = 0.0
    client: float = 0.0
    node: float = 0.0

    def __str__(self) -> str:
        return f"{self.wall:.1f} s, {self.client:.1f} s here, {self.node:.1f} s in the node"


def main(folders: Sequence[Path]) -> None:
    """Print one section for each folder of articles."""
    for folder in folders:
        with tempfile.TemporaryDirectory() as data, running(1, "1g") as (node,):
            settings = load_settings(environ={}, overrides={"articles": str(folder), "data": data, "semantic": "off"})
            _measure(settings, node)


def _measure(settings: Settings, node: Node) -> None:
    documents, make = read_documents(settings), query_maker(settings)
    queries = [make(text) for text in questions(_QUESTIONS)]
    print(f"\n{len(documents)} articles, {len(queries)} questions\n")
    embedded = [build_engine(replace(settings, engine=n, data=settings.data / n)) for n in ("whoosh", "tantivy")]
    cluster = OpenSearchEngine(patient(node), "bench")
    engines = (*embedded, cluster)
    for engine in engines:
        with spending(node) as spent:
            engine.rebuild(documents, "bench")
        print(f"- {engine.name} builds: {spent}; {len(documents) / spent.wall:.0f} articles a second")
    with spending(node) as spent:
        cluster.doc_count()
    print(f"- opened: {spent}")
    answers = [_asked(engine, queries, node) for engine in engines]
    _print_agreement(*answers[1:])
    for engine in engines:
        _asked(engine, queries, node, "again")
    fresh = OpenSearchEngine(patient(node), "bench")
    _asked(fresh, queries, node, "by a search node that has just started")
    _print_edits(cluster, documents[:_EDITS], queries, node)
    for engine in (*engines, fresh):
        engine.close()


def _asked(engine: SearchEngine, queries: Sequence[EngineQuery], node: Node, when: str = "first") -> list[EngineResult]:
    """Ask everything and look at what a page shows."""
    found, walls = [], []
    with spending(node) as spent:
        for query in queries:
            started = time.perf_counter()
            found.append(engine.search(query))
            for hit in found[-1].hits[:_SHOWN]:
                hit.evidence()
            walls.append((time.perf_counter() - started) * 1000)
    walls.sort()
    each = [seconds / len(queries) * 1000 for seconds in (spent.client, spent.node)]
    print(
        f"- {engine.name}, asked {when}: p50 {median(walls):.1f} ms, p95 {walls[int(len(walls) * 0.95)]:.1f} ms, at "
        f"worst {walls[-1]:.0f} ms by the clock; {each[0]:.2f} ms here and {each[1]:.2f} ms in the node each"
    )
    return found


def _print_agreement(ours: Sequence[EngineResult], theirs: Sequence[EngineResult]) -> None:
    def page(result: EngineResult) -> object:
        return [(hit.id, hit.score) for hit in result.hits], result.total, result.facets

    same = sum(page(one) == page(other) for one, other in zip(ours, theirs, strict=True))
    print(f"- {same} of {len(ours)} answers are those of tantivy: hits, scores, totals, facets")


def _print_edits(
    engine: OpenSearchEngine, documents: Sequence[IndexDocument], queries: Sequence[EngineQuery], node: Node
) -> None:
    saving, following = Spent(), Spent()
    for number, document in enumerate(documents):
        with spending(node, saving), engine.batch() as batch:
            batch.put(replace(document, revision=f"edit {number}"))
        with spending(node, following):
            engine.search(queries[number])
    for name, spent in (("one article changed", saving), ("the first question after it", following)):
        each = [seconds / len(documents) * 1000 for seconds in (spent.wall, spent.client, spent.node)]
        print(f"- {name}: {each[0]:.0f} ms by the clock, {each[1]:.0f} ms here, {each[2]:.0f} ms in the node")


@contextmanager
def spending(node: Node, spent: Spent | None = None) -> Iterator[Spent]:
    """Adds what is spent within to ``spent``."""
    spent = spent or Spent()
    clocks: list[Callable[[], float]] = [time.perf_counter, time.process_time, node.cpu_seconds]
    before = [clock() for clock in clocks]
    yield spent
    after = [clock() for clock in clocks]
    wall, client, inside = (now - then for now, then in zip(after, before, strict=True))
    spent.wall, spent.client, spent.node = spent.wall + wall, spent.client + client, spent.node + inside


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
