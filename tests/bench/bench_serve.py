"""A running server: seconds to the first answer, seconds from a changed file to a changed answer, memory."""

from __future__ import annotations

import re
from pathlib import Path
from time import perf_counter

from kb.config import Settings
from tests.bench.corpus import questions
from tests.e2e.processes import Desk, Server, edit

_ROUNDS = 8


def main(settings: Settings) -> None:
    """Print a Markdown table."""
    desk = Desk(settings.articles, settings.data)
    desk.json("index")
    started = perf_counter()
    with desk.serve() as server:
        server.search("银联卡")
        ready = perf_counter() - started
        for text in questions(300):
            server.search(text)
            server.get("/api/v1/suggest", q=text[:3])
        memory = resident_megabytes(server.process.pid)
        visible = [_seconds_to_visible(desk, server, round_) for round_ in range(_ROUNDS)]
    print("\n| server on 6,413 articles | |\n|---|---|")
    print(f"| process start → first answer, index exists | {ready:.2f} s |")
    print(f"| file saved → new wording found, worst of {_ROUNDS} | {max(visible):.2f} s |")
    print(f"| resident memory after 300 searches and 300 suggestions | {memory:.0f} MB |")


def _seconds_to_visible(desk: Desk, server: Server, round_: int) -> float:
    path = sorted((desk.articles / "unionpay").glob("*/[!_]*.md"))[round_]
    article_id = re.search(r"^id: (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    assert article_id
    word = f"zebra{'abcdefgh'[round_]}"
    edit(path, "## 标准话术", f"## 标准话术\n{word}。")
    started = perf_counter()
    while server.search(word) != [article_id[1].strip("'\"")]:
        pass
    return perf_counter() - started


def resident_megabytes(pid: int | str) -> float:
    """What a process holds of the machine's memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    assert found
    return int(found[1]) / 1024
