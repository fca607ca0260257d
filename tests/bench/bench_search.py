"""Whole search (text in, ranked hits with snippets out) against one raw SQLite FTS5 OR query over the same tokens."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path

from kb.config import Settings
from kb.model import ArticleRecord, SearchRequest
from kb.rules.query import parse_query
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.usecases.documents import index_document
from kb.wiring.search import build_vocabulary
from kb.wiring.service import build_service
from tests.bench.corpus import milliseconds, questions
from tests.callers import ANYBODY

_QUERIES = 400
_ROUNDS = 5
#: one more than what is kept of answers, so that each is really searched for
_LIMIT = 11


def main(settings: Settings) -> None:
    """Print a Markdown table; rounds of both sides take turns, the median round counts."""
    service = build_service(settings)
    service.warm_up()
    raw = _fts5(settings, Catalog(Database(settings.database)).records(), settings.data / "fts5.db")
    texts = questions(_QUERIES)
    for text in texts:  # neither side is measured cold
        service.desk(ANYBODY).search(SearchRequest(text, limit=_LIMIT))
        raw(text)
    ours, theirs = [], []
    for _ in range(_ROUNDS):
        ours.append(milliseconds(lambda text: service.desk(ANYBODY).search(SearchRequest(text, limit=_LIMIT)), texts))
        theirs.append(milliseconds(raw, texts))
    ours.sort(key=lambda row: row["p50"])
    theirs.sort(key=lambda row: row["p50"])
    mine, fts5 = ours[_ROUNDS // 2], theirs[_ROUNDS // 2]
    print(f"\n{len(texts)} real questions over 6,413 articles, median of {_ROUNDS} rounds\n")
    print("| ms | p50 | p95 | p99 |\n|---|---|---|---|")
    print(f"| whole search, Whoosh | {mine['p50']} | {mine['p95']} | {mine['p99']} |")
    print(f"| one raw FTS5 OR query | {fts5['p50']} | {fts5['p95']} | {fts5['p99']} |")
    ratios = " | ".join(f"{mine[p] / fts5[p]:.2f}" for p in ("p50", "p95", "p99"))
    print(f"| ratio | {ratios} |")
    print(f"\nour p99 / their p50: {mine['p99'] / fts5['p50']:.2f}")


def _fts5(settings: Settings, records: Iterable[ArticleRecord], path: Path) -> Callable[[str], list[object]]:
    """An FTS5 table with the tokens of our fields, and a function that asks it for the top ten."""
    vocabulary = build_vocabulary(settings)
    path.unlink(missing_ok=True)
    db = sqlite3.connect(path)
    db.execute("CREATE VIRTUAL TABLE fts USING fts5(id UNINDEXED, head, place, body)")
    for record in records:
        texts = index_document(record.article, "").analyzed()
        head = texts["title"].tokens + texts["title"].tokens + texts["questions"].tokens
        row = (record.article.id, head, texts["place"].tokens, texts["body"].tokens)
        db.execute("INSERT INTO fts VALUES (?, ?, ?, ?)", (row[0], *(" ".join(tokens) for tokens in row[1:])))
    db.commit()

    def ask(text: str) -> list[object]:
        terms = parse_query(text, vocabulary.tokenizer, vocabulary.stop_words).terms
        query = " OR ".join(f'"{term.text}"' for term in terms)
        return db.execute(
            "SELECT id FROM fts WHERE fts MATCH ? ORDER BY bm25(fts, 0, 1.0, 0.2, 0.3) LIMIT 10", (query,)
        ).fetchall()

    return ask
