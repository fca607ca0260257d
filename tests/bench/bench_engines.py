"""Both engines on the same questions: do they answer alike, what does a call take, and what does bare tantivy take?

``python -m tests.bench.bench_engines`` imports the sets first; ``main`` works on articles that are there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import thread_time

import tantivy

from kb.config import Settings
from kb.ports.engine import SCORED_FIELDS, EngineQuery, EngineResult, IndexDocument
from kb.usecases.documents import index_document
from kb.usecases.searching import BOOSTS, FACETS, FLOOR
from kb.wiring.search import build_engine, build_vocabulary
from tests.bench.corpus import import_sets, questions

_ROUNDS = 5
_QUESTIONS = 2000
_LIMIT = 30


def main(settings: Settings) -> None:
    """Print agreement and milliseconds of processor time; the sides take turns, the median round counts."""
    documents = read_documents(settings)
    queries = list(map(query_maker(settings), questions(_QUESTIONS)))
    with tempfile.TemporaryDirectory() as folder:
        engines = [build_engine(replace(settings, engine=n, data=Path(folder, n))) for n in ("whoosh", "tantivy")]
        for engine in engines:
            engine.rebuild(documents, "bench")
        answers = [[engine.search(query) for query in queries] for engine in engines]
        _print_agreement(*answers)
        sides: dict[str, Callable[[EngineQuery], object]] = {engine.name: engine.search for engine in engines}
        _print_times({**sides, "bare tantivy, top ten": _bare(documents)}, queries[:: len(queries) // 300])
        for engine in engines:
            engine.close()


def read_documents(settings: Settings) -> list[IndexDocument]:
    """The articles of a folder as engines get them."""
    from kb.content.reader import ArticleFiles

    files = ArticleFiles(settings.articles, settings.channels)
    scan = files.scan()
    read = (files.read(file, scan.folders) for file in scan.files)
    return [index_document(one.article, "1") for one in read if one.article]


def query_maker(settings: Settings) -> Callable[[str], EngineQuery]:
    """What makes of a question what the search asks an engine."""
    vocabulary = build_vocabulary(settings)
    return lambda text: EngineQuery(
        terms=vocabulary.parse(text).terms, boosts=BOOSTS, facets=FACETS, limit=_LIMIT, floor=FLOOR
    )


def _print_agreement(ours: Sequence[EngineResult], theirs: Sequence[EngineResult]) -> None:
    pairs = list(zip(ours, theirs, strict=True))
    ranked = [([hit.id for hit in one.hits], [hit.id for hit in other.hits]) for one, other in pairs]
    shares = {
        "first hit": sum(one[:1] == other[:1] for one, other in ranked),
        "first ten": sum(one[:10] == other[:10] for one, other in ranked),
        "whole page": sum(one == other for one, other in ranked),
        "total": sum(one.total == other.total for one, other in pairs),
        "facets": sum(dict(one.facets) == dict(other.facets) for one, other in pairs),
    }
    print(f"\n{len(pairs)} questions, both engines the same:")
    for name, count in shares.items():
        print(f"- {name}: {count / len(pairs):.2%}")
    differing = [(one.total, other.total) for one, other in pairs if one.total != other.total]
    print(f"- totals that differ (Whoosh, tantivy), the first of {len(differing)}: {differing[:8]}")


def _print_times(sides: dict[str, Callable[[EngineQuery], object]], queries: Sequence[EngineQuery]) -> None:
    rounds: dict[str, list[list[float]]] = {name: [] for name in sides}
    for _ in range(_ROUNDS + 1):  # the first warms up
        for name, ask in sides.items():
            rounds[name].append(sorted(_seconds(ask, query) for query in queries))
    print(f"\nms of processor time, {len(queries)} questions, median of {_ROUNDS} rounds\n")
    print("| engine call | p50 | p95 |\n|---|---|---|")
    for name, (_, *measured) in rounds.items():
        p50, p95 = (median(row[int(len(row) * share)] * 1000 for row in measured) for share in (0.5, 0.95))
        print(f"| {name} | {p50:.2f} | {p95:.2f} |")


def _seconds(ask: Callable[[EngineQuery], object], query: EngineQuery) -> float:
    started = thread_time()
    ask(query)
    return thread_time() - started


def _bare(documents: Sequence[IndexDocument]) -> Callable[[EngineQuery], object]:
    """tantivy alone, in memory, on the same tokens and fields: its own ten best by its own BM25."""
    builder = tantivy.SchemaBuilder()
    for name in SCORED_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    index = tantivy.Index(builder.build())
    writer = index.writer(100_000_000, 1)
    for document in documents:
        texts, added = document.analyzed(), tantivy.Document()
        for name, parts in SCORED_FIELDS.items():
            added.add_text(name, " ".join(token for part in parts for token in texts[part].tokens))
        writer.add_document(added)
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher, schema = index.searcher(), index.schema

    def ask(query: EngineQuery) -> object:
        terms = [(name, term) for term in query.terms for name in SCORED_FIELDS]
        clauses = [
            (
                tantivy.Occur.Should,
                tantivy.Query.boost_query(
                    tantivy.Query.term_query(schema, name, term.text, "freq"), BOOSTS[name] * term.weight
                ),
            )
            for name, term in terms
        ]
        return searcher.search(tantivy.Query.boolean_query(clauses), 10, count=False).hits

    return ask


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as home:
        main(import_sets(Path(home)))
