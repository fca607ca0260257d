"""``python -m tests.bench``: the scale curve; ``python -m tests.bench NAME …``: other benchmarks, each by its name."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from kb.config import Settings
from tests.bench import (
    bench_browser,
    bench_bulk,
    bench_engines,
    bench_http,
    bench_index,
    bench_reports,
    bench_review,
    bench_saving,
    bench_search,
    bench_semantic,
    bench_serve,
    bench_suggest,
    scale,
)
from tests.bench.corpus import SETS, eval_dir, import_sets

#: on the real sets below ZHIDA_EVAL_DIR, imported into a temporary folder
_ON_THE_SETS: dict[str, Callable[[Settings], None]] = {
    "index": bench_index.main,
    "engines": bench_engines.main,
    "search": bench_search.main,
    "serve": bench_serve.main,
    "http": bench_http.main,
    "browser": bench_browser.main,
    "semantic": bench_semantic.main,
    "saving": lambda settings: bench_saving.main(settings.articles),
}
_ALONE: dict[str, Callable[[], None]] = {
    "suggest": lambda: bench_suggest.main([eval_dir() / name for name in SETS]),
    "bulk": bench_bulk.main,
    "reports": bench_reports.main,
    "review": bench_review.main,
}


def main(names: list[str]) -> None:
    """Run the benchmarks in the order given; those on the sets share one import."""
    unknown = set(names) - _ON_THE_SETS.keys() - _ALONE.keys()
    if unknown:
        sys.exit(f"No such benchmark: {', '.join(sorted(unknown))}. There are: {', '.join([*_ON_THE_SETS, *_ALONE])}.")
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        imported = import_sets(Path(folder)) if any(name in _ON_THE_SETS for name in names) else None
        for name in names:
            if imported and name in _ON_THE_SETS:
                _ON_THE_SETS[name](imported)
            else:
                _ALONE[name]()


if __name__ == "__main__":
    given = sys.argv[1:]
    if given and not given[0].startswith("-"):
        main(given)
    else:
        scale.main(given)
