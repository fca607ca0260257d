"""The articles and questions that the benchmarks run on: real sets, imported as the product imports them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

from kb.bulk.importing import ImportOptions
from kb.config import Settings, load_settings
from kb.wiring.bulk import import_file

SETS = ("unionpay", "jiningbank", "samsung")


def eval_dir() -> Path:
    """Where the sets are; ends the program with a message when that is not said."""
    if "ZHIDA_EVAL_DIR" not in os.environ:
        sys.exit("Set ZHIDA_EVAL_DIR to the folder that holds " + ", ".join(SETS) + ".")
    return Path(os.environ["ZHIDA_EVAL_DIR"])


def import_sets(folder: Path) -> Settings:
    """Import the sets into ``folder/articles``; settings for them with an empty data folder."""
    settings = load_settings(overrides={"articles": str(folder / "articles"), "data": str(folder / "data")})
    settings.articles.mkdir(parents=True)
    for name in SETS:
        import_file(settings, eval_dir() / name / "corpus.jsonl", ImportOptions(product=name))
    return settings


def questions(count: int) -> list[str]:
    """``count`` questions, evenly from all sets."""
    texts = [
        line.split("\t")[1].strip()
        for name in SETS
        for line in (eval_dir() / name / "queries.tsv").read_text(encoding="utf-8").splitlines()
    ]
    return texts[:: max(1, len(texts) // count)][:count]


def milliseconds(call: Callable[[str], object], texts: Sequence[str]) -> dict[str, float]:
    """p50, p95 and p99 of one call per text, in milliseconds."""
    took = []
    for text in texts:
        started = perf_counter()
        call(text)
        took.append((perf_counter() - started) * 1000)
    return {f"p{p}": round(float(np.percentile(took, p)), 2) for p in (50, 95, 99)}
