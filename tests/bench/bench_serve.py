"""A running server: seconds to the first answer, seconds from a changed file to a changed answer, memory.

``python -m tests.bench.bench_serve FOLDER`` measures with a copy of any other folder of articles.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from kb.config import Settings, load_settings
from tests.bench.corpus import questions
from tests.e2e.processes import Desk, Server, edit

_ROUNDS, _STARTS = 8, 5


def main(settings: Settings) -> None:
    """Print a Markdown table. Edits articles."""
    desk = Desk(settings.articles, settings.data)
    articles = desk.json("index")["articles"]
    with desk.serve() as server:  # what is kept for the next process is written
        server.get("/api/v1/suggest", q="tk")
    ready = median(_seconds_to_answer(desk) for _ in range(_STARTS))
    with desk.serve() as server:
        for text in questions(300):
            server.search(text)
            server.get("/api/v1/suggest", q=text[:3])
        memory = resident_megabytes(server.process.pid)
        visible = [_seconds_to_visible(desk, server, round_) for round_ in range(_ROUNDS)]
    print(f"\n| server on {articles:,} articles | |\n|---|---|")
    print(f"| process start → first answer, index exists, median of {_STARTS} | {ready:.2f} s |")
    print(f"| file saved → new wording found, worst of {_ROUNDS} | {max(visible):.2f} s |")
    print(f"| resident memory after 300 searches and 300 suggestions | {memory:.0f} MB |")


def _seconds_to_answer(desk: Desk) -> float:
    started = perf_counter()
    with desk.serve() as server:
        server.search("银联卡")
        return perf_counter() - started


def _seconds_to_visible(desk: Desk, server: Server, round_: int) -> float:
    path = sorted(desk.articles.glob("*/*/[!_]*.md"))[round_]
    article_id = re.search(r"^id: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert article_id
    word = f"zebra{'abcdefgh'[round_]}"
    edit(path, "## 标准话术", f"## 标准话术\n{word}。")
    started = perf_counter()
    while server.search(word) != [article_id[1].strip("'\"")]:
        pass
    return perf_counter() - started


def resident_megabytes(pid: int) -> float:
    """What a process holds of the machine's memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024


if __name__ == "__main__":
    with TemporaryDirectory(prefix="kb-bench-") as folder:
        copy = shutil.copytree(sys.argv[1], Path(folder) / "articles")
        main(load_settings(overrides={"articles": str(copy), "data": str(Path(folder) / "data")}))
