"""Building the index, against one add_document loop with jieba's stock ChineseAnalyzer on the same articles."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from time import perf_counter

from jieba.analyse import ChineseAnalyzer
from whoosh import fields, index

from kb.config import Settings
from kb.model import Article
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.wiring.service import build_service

_ROUNDS = 3


def main(settings: Settings) -> None:
    """Print a Markdown table; the contenders take turns, medians count."""
    service = build_service(settings)
    service.index()
    articles = [record.article for record in Catalog(Database(settings.database)).records()]
    stock, rebuild, scratch, idle = [], [], [], []
    for _ in range(_ROUNDS):
        stock.append(_stock(articles))
        rebuild.append(service.index(rebuild=True).seconds)
        scratch.append(_from_scratch(settings))
        idle.append(service.index().seconds)
    print(f"\n{len(articles)} articles, median of {_ROUNDS} rounds\n")
    print("| | seconds | stock loop / this |\n|---|---|---|")
    for name, seconds in (
        ("add_document loop, stock ChineseAnalyzer, texts in memory", stock),
        ("`kb index --rebuild`: the same over a full catalog", rebuild),
        ("first `kb index`: read and check every file, fill the catalog, index, smoke test, swap", scratch),
        ("`kb index`, nothing changed", idle),
    ):
        print(f"| {name} | {median(seconds):.2f} | {median(stock) / median(seconds):.1f} |")
    print(f"\nnothing changed / first index: {median(idle) / median(scratch):.3f}")


def _stock(articles: Sequence[Article]) -> float:
    """Seconds of the loop that everybody writes first; the dictionary is loaded before the clock starts."""
    analyzer = ChineseAnalyzer()
    list(analyzer("加载词典"))
    text = fields.TEXT(stored=True, analyzer=analyzer)
    schema = fields.Schema(id=fields.ID(stored=True, unique=True), title=text, questions=text, body=text)
    folder = tempfile.mkdtemp()
    started = perf_counter()
    writer = index.create_in(folder, schema).writer()
    for article in articles:
        questions = "\n".join(article.questions)
        writer.add_document(id=article.id, title=article.title, questions=questions, body=article.body)
    writer.commit()
    seconds = perf_counter() - started
    shutil.rmtree(folder)
    return seconds


def _from_scratch(settings: Settings) -> float:
    with tempfile.TemporaryDirectory() as folder:
        fresh = replace(settings, data=settings.data / folder)
        return build_service(fresh).index().seconds
