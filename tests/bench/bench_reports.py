"""The weekly report of a large house: 6,413 articles, a year of edits, a million events.

``python -m tests.bench.bench_reports`` makes the house in a temporary folder and prints a Markdown table.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from kb.config import Settings, load_settings
from kb.content.documents import revision_of
from kb.content.reader import ArticleFiles
from kb.model import Folder
from kb.ports.history import Content, Edit
from kb.store.catalog import Catalog
from kb.store.database import Database, epoch_ms
from kb.store.reviews import Reviews
from kb.store.revisions import Revisions
from kb.wiring.basics import house_now
from kb.wiring.reports import build_reports

ARTICLES, DAYS, EVENTS = 6_413, 364, 1_000_000
#: every day so many articles are confirmed or edited
_A_DAY = 150
_OWNERS = ("售后业务部", "物流业务部", "支付业务部", "会员业务部", "账号安全部")


def main() -> None:
    """Print how long each reader waits."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder:
        overrides = {"articles": f"{folder}/articles", "data": f"{folder}/data"}
        settings = load_settings(environ={}, overrides=overrides)
        Path(folder, "articles").mkdir()
        _furnish(settings)
        reports = build_reports(settings, Database(settings.database), Reviews(Database(settings.database)))
        last = reports.current_week().previous()
        print(f"\n| weekly report, {ARTICLES:,} articles, {EVENTS:,} events, a year of edits | seconds |\n|---|---|")
        _timed("the running week, computed", reports.report)
        _timed("the last week, computed from history", lambda: reports.computed(last))
        _timed("all 52 weeks, computed and stored", reports.store_ended)
        _timed("a stored week with the trend of a year", lambda: reports.report(last))


def _timed(what: str, work: Callable[[], object]) -> None:
    started = perf_counter()
    work()
    print(f"| {what} | {perf_counter() - started:.3f} |")


def _furnish(settings: Settings) -> None:
    dice, database, now = random.Random(7), Database(settings.database), house_now(settings)
    history, texts = Revisions(database), {}
    for day in range(DAYS):
        at = now - timedelta(days=DAYS - day)
        chosen = range(ARTICLES) if day == 0 else dice.sample(range(ARTICLES), _A_DAY)
        contents = []
        for number in chosen:
            source = _source(number, at, day if number % 3 == 0 else 0)
            texts[number] = source
            contents.append(Content(f"a-{number}", _path(number), revision_of(source.encode()), source))
        history.written(history.intend(Edit(at, f"作者{day % 9}", "web", "publish"), contents))
    files, catalog = ArticleFiles(settings.articles, settings.channels), Catalog(database)
    folders = {f"p{number}": Folder(f"p{number}", f"产品{number}", owner) for number, owner in enumerate(_OWNERS)}
    catalog.apply(
        (files.judge(_path(number), source.encode(), folders) for number, source in texts.items()), (), files.parser
    )
    _use(database, now, dice)


def _path(number: int) -> str:
    return f"p{number % len(_OWNERS)}/s{number % 40}/a-{number}.md"


def _source(number: int, at: datetime, version: int) -> str:
    front = f"id: a-{number}\ntitle: 第 {number} 个问题怎么办\nquestions: [第 {number} 种问法]\nverified: {at.date()}"
    return f"---\n{front}\n---\n## 标准话术\n您好，这是第 {version} 版答复。\n## 处理步骤\n1. 查订单。\n2. 回复客户。\n"


def _use(database: Database, now: datetime, dice: random.Random) -> None:
    """Half a year of it, the few first articles used most."""
    newest, half_a_year = epoch_ms(now), 180 * 86_400_000
    rows = (
        (
            newest - dice.randrange(half_a_year),
            dice.choice(("view", "view", "view", "copy", "copy", "pick")),
            f"a-{int(dice.expovariate(1 / 600)) % ARTICLES}",
            dice.random() < 0.02,
        )
        for _ in range(EVENTS)
    )
    with database.write() as db:
        db.conn.executemany("INSERT INTO events (at, kind, article_id, agent, stale) VALUES (?, ?, ?, '', ?)", rows)


if __name__ == "__main__":
    main()
