"""``python -m tests.bench.load``: a customer service department on a served copy of the articles, and what has to hold.

Agents type, pick, read, copy and vote, editors save, a reviewer confirms and sends back, all from one process beside
the server's. With ZHIDA_EVAL_DIR on its real sets, else on this project's articles. Prints Markdown, draws a picture;
exit code 1 when something doesn't hold.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from kb.garbage import keep_for_good
from kb.store.database import Database
from kb.store.events import EventLog
from tests.bench.corpus import import_sets, questions
from tests.bench.load_agents import Agent, Pace
from tests.bench.load_browser import Browser
from tests.bench.load_plot import plot
from tests.bench.load_records import Records
from tests.bench.load_report import report, summary
from tests.bench.load_staff import Editor, Person, Reviewer
from tests.bench.load_verdicts import Kept, verdicts
from tests.bench.load_watch import watch, watch_clock
from tests.e2e.processes import Desk, Server
from tests.unit.article_tree import REPOSITORY

_EDITORS, _REVIEWER = ("editora", "editorb", "editorc"), "reviewer"
_EDITED = 12  # articles that the editors share
_QUESTIONS = 2000
_PASSWORD = "load test password"  # noqa: S105  # of a server that lives for minutes
_BEFORE_ALL = datetime(2000, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class Run:
    """What is asked of a run."""

    agents: int
    seconds: float
    pace: Pace


def main(arguments: Sequence[str] | None = None) -> int:
    """Run, print, draw; the exit code."""
    parser = ArgumentParser(prog="python -m tests.bench.load", description="A department at work on a served copy.")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--agents", type=int, default=200)
    parser.add_argument("--plot", type=Path, default=REPOSITORY / "docs" / "load.svg", help="where the picture goes")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="kb-load-") as folder:
        desk, texts = prepare(Path(folder))
        records, kept = load(desk, texts, Run(given.agents, given.minutes * 60, Pace()))
    found = verdicts(records, kept, given.minutes * 60)
    print(
        f"{given.agents} agents, {len(_EDITORS)} editors, 1 reviewer, {given.minutes:g} minutes: {summary(records)}\n"
    )
    print(report(records, found, given.minutes * 60))
    given.plot.write_text(plot(records, max(1, round(given.minutes))), encoding="utf-8")
    return int(any(verdict.holds is False for verdict in found))


def prepare(folder: Path) -> tuple[Desk, list[str]]:
    """Indexed articles with people who may write, and what customers ask."""
    desk, texts = Desk(folder / "articles", folder / "data"), []
    if "ZHIDA_EVAL_DIR" in os.environ:
        import_sets(folder)
        texts = questions(_QUESTIONS)
    else:
        shutil.copytree(REPOSITORY / "articles", desk.articles)
    desk.json("index")
    texts = texts or [item["title"] for item in desk.json("faq")["items"]]
    for name in (*_EDITORS, _REVIEWER):
        role = "reviewer" if name == _REVIEWER else "editor"
        done = desk.run("user", "add", name, "--role", role, "--password-stdin", input=f"{_PASSWORD}\n")
        if done.returncode != 0:
            sys.exit(done.stderr)
    return desk, texts


def load(desk: Desk, texts: Sequence[str], run: Run) -> tuple[Records, Kept]:
    """Serve, let everybody work, and look at what is kept once the server has ended."""
    with desk.serve(KB_SEMANTIC=os.environ.get("KB_SEMANTIC", "off")) as server:
        records = Records()
        after = asyncio.run(_work(server, desk.data, texts, run, records))
    log = EventLog(Database(desk.data / "zhida.db"))
    events = {(article_id, kind): n for article_id, by in log.totals(_BEFORE_ALL).items() for kind, n in by.items()}
    return records, Kept(events=events, **after)


async def _work(server: Server, data: Path, texts: Sequence[str], run: Run, records: Records) -> dict[str, Any]:
    """All people until the end; then what the server shows of their saves and verdicts."""
    rng = Random(8)  # the same people every time
    people: list[Person | Agent] = [
        *_staff(server, run.pace, rng, records),
        *_agents(server.url, texts, run, rng, records),
    ]
    keep_for_good()
    watching = [watch(records, server.process.pid, data), watch_clock(records)]
    watchers = [asyncio.create_task(each) for each in watching]
    await asyncio.gather(*(person.work(run.seconds) for person in people))
    for watcher in watchers:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher
    for person in people:
        person.browser.close()
    return await _look(server.url, {save.article_id for save in records.saves})


def _agents(url: str, texts: Sequence[str], run: Run, rng: Random, records: Records) -> list[Agent]:
    return [Agent(Browser(url, records), records, texts, run.pace, Random(rng.random())) for _ in range(run.agents)]


def _staff(server: Server, pace: Pace, rng: Random, records: Records) -> Iterator[Person]:
    """The editors, who share what is asked most, and the reviewer."""
    edited = [item["id"] for item in server.get("/api/v1/faq", limit=str(_EDITED))["items"]]
    for name in _EDITORS:
        yield Editor(edited, name, _PASSWORD, Browser(server.url, records), records, pace, Random(rng.random()))
    yield Reviewer(_REVIEWER, _PASSWORD, Browser(server.url, records), records, pace, Random(rng.random()))


async def _look(url: str, articles: set[str]) -> dict[str, Any]:
    """Texts and histories of the edited articles, the verdicts, and what the server says that it lost."""
    browser = Browser(url, Records())
    await browser.log_in(_REVIEWER, _PASSWORD)
    sources, histories = {}, {}
    for article_id in articles:
        address = f"/api/v1/articles/{quote(article_id)}"
        sources[article_id] = (await browser.get("article", address)).json["source"]
        rows = (await browser.get("history", f"{address}/revisions")).json["items"]
        histories[article_id] = [row["revision"] for row in rows]
    given = (await browser.get("reviews", "/api/v1/reviews", limit=1000)).json["items"]
    lost = (await browser.get("health", "/healthz")).json["lost_log_entries"]
    browser.close()
    reviews = frozenset(review["number"] for review in given)
    return {"sources": sources, "histories": histories, "reviews": reviews, "lost": lost}


if __name__ == "__main__":
    sys.exit(main())
