"""Run files: a ranking kept for later, ``qid TAB id TAB rank`` a line, rank from 1."""

from __future__ import annotations

from collections.abc import Container
from pathlib import Path

from kb.errors import EvalError
from kb.evaluation.lines import tsv, whole_number
from kb.evaluation.measures import Run


def write_run(path: Path, run: Run) -> None:
    """Write ``run``, and the folder around it when that is missing. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f"{qid}\t{article_id}\t{rank}\n" for qid, ids in run.items() for rank, article_id in enumerate(ids, 1))
    path.write_text("".join(lines), encoding="utf-8")


def read_run(path: Path, known: Container[str]) -> Run:
    """Read a run of the queries ``known`` (qids), by this program or another. Raises EvalError with the line."""
    rows: dict[str, list[tuple[int, str]]] = {}
    for number, (qid, article_id, text) in tsv(path, 3):
        rank = whole_number(path, number, text, "名次")
        if rank < 1:
            raise EvalError(f"{path}:{number}: 名次从 1 数起，这里是 {rank}。")
        if qid not in known:
            raise EvalError(f"{path}:{number}: 评测集里没有查询“{qid}”；请核对这份排名是不是这个评测集的。")
        rows.setdefault(qid, []).append((rank, article_id))
    return {qid: list(dict.fromkeys(article_id for _, article_id in sorted(found))) for qid, found in rows.items()}
