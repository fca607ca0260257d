"""What it saves that vectors are shared, and who compares them cheapest.

``python -m tests.bench.bench_vectors FOLDER DATA``: DATA is a data folder with the vectors of the articles in FOLDER,
which ``kb --articles FOLDER --data DATA embed`` makes (25 ms a text); articles without all of theirs are left out.
Starts a cluster of one node with the plugin for nearest neighbours; processor times are of this process, the node's
beside them.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.config import Settings, load_settings
from kb.embedding.packaged import PackagedEmbedder
from kb.embedding.vector_file import VectorFile, VectorTail
from kb.ports.embedder import Vectors, content_key
from kb.rules.fusion import ByMeaning
from kb.rules.paraphrases import BACKGROUND, ParaphraseMetric
from kb.rules.vector_index import ArticleTexts, Neighbours, VectorIndex, embedded_form, needed_texts
from kb.sharing.vectors import VectorPublisher
from kb.sharing.vectors_index import VectorsIndex
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.wiring.sharing import build_lease, build_shared
from tests.bench.corpus import questions
from tests.cluster.nodes import Node, Plugin, jars_of_plugin, patient, running

#: of its engines, Lucene's needs no native library
_PLUGIN = "org.opensearch.plugin:opensearch-knn:2.19.1.0"
_EMBEDDED, _QUESTIONS = 100, 200
#: the best articles by meaning, as many as a search looks at
_BEST = 20
_NEIGHBOURS = (50, 100, 200, 400)
_AT_ONCE = 500


def main(folder: Path, data: Path) -> None:
    """Print what each way costs."""
    embedder = PackagedEmbedder()
    settings = load_settings(environ={}, overrides={"articles": str(folder), "data": str(data), "role": "writer"})
    served = (record.article for record in Catalog(Database(settings.database)).records())
    articles = [ArticleTexts.of(article) for article in served if article.status == "published"]
    store = VectorFile(settings.vectors_dir, embedder.fingerprint)
    store.refresh()
    missing = set(store.missing(needed_texts(articles)))
    articles = [one for one in articles if missing.isdisjoint(map(content_key, one.all()))]
    texts = needed_texts(articles)
    print(f"\n{len(articles):,} articles, {len(texts):,} texts")
    asked = [embedder.embed_query(embedded_form(text)) for text in questions(_QUESTIONS)]
    plugin = Plugin("org.opensearch.knn.plugin.KNNPlugin", jars_of_plugin(_PLUGIN))
    with running(1, "1g", plugin=plugin) as (node,):
        _print_sharing(settings, node, embedder, texts)
        exact = _print_exact(articles, store, asked)
        _print_knn(articles, store, asked, exact, node)


def _print_sharing(settings: Settings, node: Node, embedder: PackagedEmbedder, texts: dict[bytes, str]) -> None:
    settings = replace(settings, opensearch_url=(node.url,), opensearch_index=f"b{secrets.token_hex(4)}")
    lease = build_lease(settings, build_shared(settings))
    lease.acquire()
    index = VectorsIndex(patient(node), settings.opensearch_index, embedder.fingerprint)
    tail = VectorTail(settings.vectors_dir, embedder.fingerprint)
    _say("the writer publishes", node, VectorPublisher(index, tail, lease, lambda: True).publish)
    patient(node).ask("POST", f"/{settings.opensearch_index}-vectors-*/_forcemerge", seconds=60.0)
    stored = patient(node).ask("GET", f"/{settings.opensearch_index}-vectors-*/_stats/store")
    size = stored["_all"]["primaries"]["store"]["size_in_bytes"]
    print(f"- in the cluster: {size / 2**20:.0f} MB, {size / len(texts):.0f} bytes a text, replicas apart")
    with tempfile.TemporaryDirectory() as copy:
        theirs, keys = VectorFile(Path(copy), embedder.fingerprint), list(texts)

        def take_over() -> None:
            for start in range(0, len(keys), _AT_ONCE):
                theirs.add(*index.get(keys[start : start + _AT_ONCE]))

        _say("a node takes over", node, take_over)
    some = list(texts.values())[-_EMBEDDED:]
    began = time.process_time()
    embedder.embed_texts(some)
    each = (time.process_time() - began) / len(some)
    print(f"- a node embeds by itself: {each * 1000:.1f} ms of a processor a text, {each * len(texts):.0f} s for all")


def _print_exact(articles: Sequence[ArticleTexts], store: VectorFile, asked: Sequence[Vectors]) -> list[Neighbours]:
    """Compare with all vectors in this process, and with ten times as many."""
    found: list[Neighbours] = []
    for times in (1, 10):
        index = VectorIndex([replace(one, id=f"{one.id} {n}") for n in range(times) for one in articles], store.matrix)
        index.neighbours(asked[0])
        began = time.process_time()
        answers = [index.neighbours(vector) for vector in asked]
        each = (time.process_time() - began) / len(asked) * 1000
        print(f"- compared with all here, {times * len(articles):,} articles: {each:.2f} ms of a processor a question")
        found = found or answers
    return found


def _print_knn(
    articles: Sequence[ArticleTexts],
    store: VectorFile,
    asked: Sequence[Vectors],
    exact: Sequence[Neighbours],
    node: Node,
) -> None:
    """Ask the cluster for the nearest texts; how many of the articles that are best here are among theirs."""
    owners: dict[str, set[int]] = defaultdict(set)
    for place, article in enumerate(articles):
        for text in article.all():
            owners[content_key(text).hex()].add(place)
    _say("the cluster makes a graph of the vectors", node, lambda: _fill(node, list(owners), store))
    metric = _metric(articles, store)
    best = [set(((-one.meaning - one.learned).argsort(kind="stable")[:_BEST]).tolist()) for one in exact]
    shown = [{one.places[i] for i in ByMeaning.of(one).found} for one in exact]
    cluster = patient(node)
    for count in _NEIGHBOURS:
        found, began, theirs = [], time.process_time(), node.cpu_seconds()
        for vector in asked:
            wanted = {"knn": {"vector": {"vector": _in_terms_of(metric, vector).tolist(), "k": count}}}
            body = {"size": count, "_source": False, "query": wanted}
            hits = cluster.ask("POST", "/graph/_search", body, filter_path="hits.hits._id")["hits"]["hits"]
            found.append(set(chain.from_iterable(owners[hit["_id"]] for hit in hits)))
        here = (time.process_time() - began) / len(asked) * 1000
        there = (node.cpu_seconds() - theirs) / len(asked) * 1000
        overlap = np.mean([len(got & of) / len(of) for got, of in zip(found, best, strict=True)])
        near = np.mean([len(got & of) / len(of) for got, of in zip(found, shown, strict=True) if of])
        print(
            f"- {count} nearest texts of the cluster: {overlap:.3f} of the {_BEST} best here, {near:.3f} of those that "
            f"are shown; {here:.1f} ms of a processor here, {there:.1f} ms there"
        )


def _fill(node: Node, names: list[str], store: VectorFile) -> None:
    method = {"name": "hnsw", "engine": "lucene", "space_type": "cosinesimil"}
    vectors = store.matrix([bytes.fromhex(name) for name in names])
    field = {"type": "knn_vector", "dimension": vectors.shape[1], "method": method}
    cluster = patient(node)
    cluster.tell(
        "PUT",
        "/graph",
        {
            "settings": {"index.knn": True, "number_of_replicas": 0, "refresh_interval": "-1"},
            "mappings": {"_source": {"enabled": False}, "properties": {"vector": field}},
        },
    )
    cluster.bulk(
        ({"create": {"_index": "graph", "_id": name}}, {"vector": vector.tolist()})
        for name, vector in zip(names, vectors, strict=True)
    )
    cluster.tell("POST", "/graph/_forcemerge", None, 300.0, max_num_segments=1)
    cluster.ask("POST", "/graph/_refresh", seconds=60.0)


def _metric(articles: Sequence[ArticleTexts], store: VectorFile) -> ParaphraseMetric:
    """As ``VectorIndex`` learns it."""
    counts = [len(article.wordings) for article in articles]
    wordings = store.matrix([content_key(text) for article in articles for text in article.wordings])
    background = store.matrix([content_key(embedded_form(text)) for text in BACKGROUND])
    return ParaphraseMetric.learn(wordings, np.array([0, *accumulate(counts[:-1])], np.intp), background)


def _in_terms_of(metric: ParaphraseMetric, vector: Vectors) -> NDArray[np.float32]:
    """The question by whose inner products with vectors as they are, these are ordered as the metric orders them, but
    for the lengths that it gives them: so a graph of vectors as they are serves whatever the metric becomes.
    """
    placed = metric.place(vector)
    return placed if metric.transform is None else placed @ metric.transform.T


def _say(what: str, node: Node, work: Callable[[], object]) -> None:
    began, here, theirs = time.perf_counter(), time.process_time(), node.cpu_seconds()
    work()
    spent = time.perf_counter() - began, time.process_time() - here, node.cpu_seconds() - theirs
    print(f"- {what}: {spent[0]:.1f} s, {spent[1]:.1f} s of a processor here, {spent[2]:.1f} s in the cluster")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
