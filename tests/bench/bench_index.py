"""Building the index, against the loop that everybody writes first, jieba alone, and a look at each file.

``python -m tests.bench.bench_index [FOLDER]`` measures on a folder of articles, by default this project's.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter

import jieba
from jieba.analyse import ChineseAnalyzer
from whoosh import fields, index

from kb.config import Settings, load_settings
from kb.model import Article
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.wiring.service import build_service
from tests.unit.article_tree import REPOSITORY

_ROUNDS = 5


def main(settings: Settings) -> None:
    """Print a Markdown table; the contenders take turns, medians count."""
    service = build_service(settings)
    service.index()
    articles = [record.article for record in Catalog(Database(settings.database)).records()]
    cut, looked, stock, rebuild, scratch, idle = [], [], [], [], [], []
    for _ in range(_ROUNDS):
        cut.append(_cut(articles))
        stock.append(_stock(articles))
        rebuild.append(service.index(rebuild=True).seconds)
        scratch.append(_from_scratch(settings))
        looked.append(_look(settings.articles))
        idle.append(service.index().seconds)
    print(f"\n{len(articles)} articles, median of {_ROUNDS} rounds\n")
    print("| | seconds | stock loop / this |\n|---|---|---|")
    for name, seconds in (
        ("jieba.cut_for_search alone, dictionary loaded, texts in memory", cut),
        ("os.scandir and stat of every file", looked),
        ("add_document loop, stock ChineseAnalyzer, texts in memory", stock),
        ("`kb index --rebuild`: the same over a full catalog", rebuild),
        ("first `kb index`: read and check every file, fill the catalog, index, smoke test, swap", scratch),
        ("`kb index`, nothing changed", idle),
    ):
        print(f"| {name} | {median(seconds):.3f} | {median(stock) / median(seconds):.1f} |")
    print(f"\nfirst index / jieba alone: {median(scratch) / median(cut):.2f}")
    print(f"nothing changed / scandir and stat: {median(idle) / median(looked):.2f}")


def _cut(articles: Sequence[Article]) -> float:
    jieba.initialize()
    texts = ["\n".join((article.title, *article.questions, article.body)) for article in articles]
    started = perf_counter()
    for text in texts:
        for _ in jieba.cut_for_search(text):
            pass
    return perf_counter() - started


def _look(root: Path) -> float:
    started = perf_counter()
    folders = [str(root)]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    folders.append(entry.path)
                else:
                    entry.stat()
    return perf_counter() - started


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


if __name__ == "__main__":
    folder = sys.argv[1] if len(sys.argv) > 1 else str(REPOSITORY / "articles")
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as data:
        main(load_settings(overrides={"articles": folder, "data": data}))
