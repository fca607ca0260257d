"""``python -m tests.bench``: import the real sets into a temporary folder and run every benchmark on them."""

from __future__ import annotations

import tempfile
from pathlib import Path

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
)
from tests.bench.corpus import SETS, eval_dir, import_sets

with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
    imported = import_sets(Path(folder))
    for benchmark in (bench_index, bench_engines, bench_search, bench_serve, bench_http, bench_browser, bench_semantic):
        benchmark.main(imported)
    bench_saving.main(imported.articles)
bench_suggest.main([eval_dir() / name for name in SETS])
bench_bulk.main()
bench_reports.main()
bench_review.main()
