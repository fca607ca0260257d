"""Search by meaning: one embedding call, comparing with all vectors, memory beside search by words."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np

from kb.config import Settings
from kb.embedding.packaged import PackagedEmbedder
from kb.embedding.vector_file import VectorFile
from kb.garbage import keep_for_good
from kb.model import SearchRequest
from kb.rules.vector_index import ArticleTexts, VectorIndex, embedded_form
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.wiring.service import build_service
from tests.bench.bench_serve import resident_megabytes
from tests.bench.corpus import milliseconds, questions
from tests.callers import ANYBODY
from tests.e2e.processes import Desk, wait_until

_SEARCHERS = 8
#: hits; pages of so many are not answered from memory
_NOT_KEPT = 11


def main(settings: Settings) -> None:
    """Print a Markdown table. Embeds what has no vector yet: some minutes the first time."""
    service = build_service(settings)
    report = service.embed(_said)
    embedder = PackagedEmbedder()
    index = _index(settings, embedder.fingerprint)
    texts = [embedded_form(text) for text in questions(200)]
    embedder.embed_query(texts[0])
    alone = milliseconds(embedder.embed_query, texts)
    started = perf_counter()
    _index(settings, embedder.fingerprint)
    loaded = perf_counter() - started
    vector = embedder.embed_query(texts[0])
    compared = milliseconds(lambda _: index.neighbours(vector), texts)
    parallel = _in_parallel(embedder.embed_query, texts)
    print(f"\n| search by meaning, {report.articles:,} articles, {report.texts:,} texts | |\n|---|---|")
    if report.embedded:
        print(f"| embedding | {report.seconds / report.embedded * 1000:.0f} ms a text |")
    print(f"| reading the vectors, learning the metric, placing them | {loaded:.1f} s |")
    print(f"| one embedding call, p50 / p95 | {alone['p50']} / {alone['p95']} ms |")
    print(f"| comparing with all vectors, p50 / p95 | {compared['p50']} / {compared['p95']} ms |")
    print(f"| {_SEARCHERS} at once, p95 of a call / p50 of one alone | {parallel / alone['p50']:.1f} |")
    _print_searches(settings, embedder, questions(400)[200:])
    with_vectors, without = (_memory(settings, choice, texts) for choice in ("on", "off"))
    print(f"| resident memory of a server, with / without | {with_vectors:.0f} / {without:.0f} MB |")


def _print_searches(settings: Settings, embedder: PackagedEmbedder, texts: Sequence[str]) -> None:
    """Each text is searched by words, embedded, and searched by words and meaning, in turn; then several at once.

    As in a server: in threads, no longer than the deadline, and what is loaded is out of the collector's sight.
    """
    by_words, by_both = (build_service(replace(settings, semantic=choice)) for choice in ("off", "on"))
    semantic, stop = by_both.semantic, threading.Event()
    assert semantic is not None
    by_both.warm_up()
    threading.Thread(target=semantic.run, args=(stop,), daemon=True).start()
    wait_until(lambda: semantic.state().serves)
    keep_for_good()
    took: dict[str, list[float]] = {"words": [], "call": [], "both": []}
    for service in (by_words, by_both):
        service.desk(ANYBODY).search(SearchRequest("退款", limit=_NOT_KEPT))
    one_by_one, at_once = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    for text in one_by_one:
        for name, call in (
            ("words", partial(by_words.desk(ANYBODY).search, SearchRequest(text, limit=_NOT_KEPT))),
            ("call", partial(embedder.embed_query, embedded_form(text))),
            ("both", partial(by_both.desk(ANYBODY).search, SearchRequest(text, limit=_NOT_KEPT))),
        ):
            started = perf_counter()
            call()
            took[name].append((perf_counter() - started) * 1000)
    words, call_alone, both = (float(np.median(took[name])) for name in ("words", "call", "both"))
    print(f"| search by words / one call / search by both, p50 | {words:.1f} / {call_alone:.1f} / {both:.1f} ms |")
    print(f"| what meaning adds, in calls | {(both - words) / call_alone:.2f} |")
    parallel = _in_parallel(lambda text: by_both.desk(ANYBODY).search(SearchRequest(text, limit=_NOT_KEPT)), at_once)
    print(f"| {_SEARCHERS} searchers by both, p95 / p50 of one alone | {parallel / both:.1f} |")
    stop.set()


def _index(settings: Settings, fingerprint: str) -> VectorIndex:
    store = VectorFile(settings.vectors_dir, fingerprint)
    store.refresh()
    articles = [ArticleTexts.of(record.article) for record in Catalog(Database(settings.database)).records()]
    return VectorIndex(articles, store.matrix)


def _in_parallel(call: Callable[[str], object], texts: Sequence[str]) -> float:
    """p95 in milliseconds of a call while several threads call."""
    took: list[float] = []

    def ask(share: Sequence[str]) -> None:
        for text in share:
            started = perf_counter()
            call(text)
            took.append((perf_counter() - started) * 1000)

    threads = [threading.Thread(target=ask, args=(texts[n::_SEARCHERS],)) for n in range(_SEARCHERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return float(np.percentile(took, 95))


def _memory(settings: Settings, choice: str, texts: Sequence[str]) -> float:
    with Desk(settings.articles, settings.data).serve(KB_SEMANTIC=choice) as server:
        if choice == "on":
            wait_until(lambda: server.get("/healthz")["semantic"]["state"] == "ready")
        for text in texts:
            server.search(text)
        return resident_megabytes(server.process.pid)


def _said(things: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    print(f"{what} {total} ...", file=sys.stderr)
    return things
