"""``kb eval``: how well search finds the right article on a folder of real questions with known answers (qrels)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kb.errors import EvalError
from kb.model import Article, Folder, Script
from kb.usecases.progress import Progress, silent

DEPTH = 10


@dataclass(frozen=True, slots=True)
class QrelsSet:
    """``queries``: (qid, text) in file order; ``relevant``: qid -> ids of right articles."""

    articles: tuple[Article, ...]
    queries: tuple[tuple[str, str], ...]
    relevant: Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Shares of the judged queries; ``latencies_ms`` of every query, ``run``: qid -> ranked ids."""

    recall: Mapping[int, float]
    mrr: float
    zero_result: int
    latencies_ms: Sequence[float]
    run: Mapping[str, Sequence[str]]


def load_qrels_set(folder: Path) -> QrelsSet:
    """Read ``corpus.jsonl``, ``queries.tsv`` and ``qrels.tsv``; EvalError says which file and line is bad."""
    articles = tuple(_article(row) for row in _json_lines(folder / "corpus.jsonl"))
    queries = tuple((row[0], row[1]) for row in _tsv(folder / "queries.tsv", 2))
    relevant: dict[str, set[str]] = {}
    for qid, article_id, grade in _tsv(folder / "qrels.tsv", 3):
        if grade.strip() not in ("", "0"):
            relevant.setdefault(qid, set()).add(article_id)
    if not relevant:
        raise EvalError(f"{folder / 'qrels.tsv'} 里没有一条相关标注。")
    return QrelsSet(articles, queries, {qid: frozenset(ids) for qid, ids in relevant.items()})


def evaluate(
    data: QrelsSet,
    search: Callable[[str], Sequence[str]],
    progress: Progress = silent,
) -> Evaluation:
    """Run every judged query through ``search`` (text -> ranked ids) and score the first DEPTH ids.

    Recall@k is the share of judged queries with a right article in the first k, MRR@10 the mean of 1/rank.
    """
    texts = {qid: text for qid, text in data.queries if qid in data.relevant}
    latencies, run = [], {}
    for qid, text in progress(texts.items(), len(texts), "查询"):
        started = time.perf_counter()
        run[qid] = list(search(text))[:DEPTH]
        latencies.append((time.perf_counter() - started) * 1000)
    ranks = [_first_rank(run.get(qid, ()), right) for qid, right in data.relevant.items()]
    judged = len(ranks)
    return Evaluation(
        recall={k: sum(0 < rank <= k for rank in ranks) / judged for k in (1, 3, 10)},
        mrr=sum(1 / rank for rank in ranks if rank) / judged,
        zero_result=sum(not run.get(qid) for qid in data.relevant),
        latencies_ms=latencies,
        run=run,
    )


def as_json(result: Evaluation, engine: str, semantic: str) -> dict[str, object]:
    """The contract's ``eval`` document."""
    p50, p95, p99 = np.percentile(result.latencies_ms or [0.0], [50, 95, 99])
    return {
        "queries": len(result.latencies_ms),
        **{f"recall@{k}": round(value, 4) for k, value in result.recall.items()},
        "mrr@10": round(result.mrr, 4),
        "zero_result": result.zero_result,
        "engine": engine,
        "semantic": semantic,
        "ms": {"p50": round(float(p50), 2), "p95": round(float(p95), 2), "p99": round(float(p99), 2)},
    }


def run_file(result: Evaluation) -> str:
    """The run as ``qid TAB id TAB rank`` lines."""
    return "".join(
        f"{qid}\t{article_id}\t{rank}\n" for qid, ids in result.run.items() for rank, article_id in enumerate(ids, 1)
    )


def _first_rank(ids: Sequence[str], right: frozenset[str]) -> int:
    """Rank of the first right id, 0 when there is none."""
    return next((rank for rank, article_id in enumerate(ids, 1) if article_id in right), 0)


def _article(row: Mapping[str, object]) -> Article:
    category = [str(part) for part in row.get("category") or ()]  # type: ignore[attr-defined]  # JSON
    questions = row.get("questions") or row.get("aliases") or ()
    body = str(row.get("body") or "")
    return Article(
        id=str(row["id"]),
        title=str(row["title"]),
        questions=tuple(str(question) for question in questions),  # type: ignore[attr-defined]  # JSON
        product=_folder(category[0] if category else "未分类"),
        scenario=_folder(category[-1] if category else "未分类"),
        body=body,
        scripts=(Script(None, body),) if body else (),
    )


def _folder(title: str) -> Folder:
    return Folder(slug=title, title=title)


def _json_lines(path: Path) -> Iterable[Mapping[str, object]]:
    for number, line in _lines(path):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise EvalError(f"{path}:{number}: 不是 JSON：{error}") from None
        if not isinstance(row, dict) or not row.get("id") or not row.get("title"):
            raise EvalError(f"{path}:{number}: 每行须是带 id 和 title 的对象。")
        yield row


def _tsv(path: Path, columns: int) -> Iterable[list[str]]:
    for number, line in _lines(path):
        row = line.split("\t")
        if len(row) < columns:
            raise EvalError(f"{path}:{number}: 应有 {columns} 列，用制表符分开。")
        yield row[:columns]


def _lines(path: Path) -> Iterable[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise EvalError(f"读不了 {path}：{error}") from None
