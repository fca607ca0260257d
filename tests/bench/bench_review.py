"""The review queue over 10,000 articles and 1,000,000 events against the bare query, ``kb stale`` against the files.

    python -m tests.bench.bench_review

Articles and events are generated into a temporary folder. The bare query counts what the queue is ordered by: views and
copies of 28 days by article. Seconds are of one core: what others do on the machine changes them little.
"""

from __future__ import annotations

import random
import resource
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median
from time import process_time

import yaml

from kb.config import Settings, load_settings
from kb.model import Caller
from kb.review.queue import QueueFilter
from kb.service import Service
from kb.store.database import epoch_ms
from kb.wiring.basics import local_now
from kb.wiring.service import build_service
from tests.e2e.processes import Desk
from webui import create_app

ARTICLES, EVENTS, PRODUCTS, SCENARIOS = 10_000, 1_000_000, 10, 10
_OWNERS = ("售后业务部", "物流业务部", "交易业务部", "会员业务部")
_BARE = "SELECT article_id, count(*) FROM events WHERE at >= ? AND kind IN ('view', 'copy') GROUP BY article_id"
_ROUNDS = 7
_ANYBODY = Caller.local()


def main() -> None:
    """Print two Markdown tables."""
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as name:
        folder = Path(name)
        desk = Desk(folder / "articles", folder / "data")
        settings = load_settings(overrides={"articles": str(desk.articles), "data": str(desk.data)})
        _write_articles(desk.articles)
        desk.json("index")
        _write_events(settings)
        _print_pages(settings)
        _print_command(desk)


def _print_pages(settings: Settings) -> None:
    service = build_service(settings)
    review, client = service.desk(_ANYBODY).review, create_app(service).test_client()
    service.rank_faq()
    bare, (first,) = _median(lambda: _bare(settings)), review.page(limit=1).items
    print(f"\n| {ARTICLES:,} articles, {EVENTS:,} events | ms | × bare query |\n|---|---|---|")
    for name, seconds in (
        ("bare query", bare),
        ("first page of a process; a server does this before anybody asks", _seconds(lambda: _page(service))),
        ("a page again", _median(lambda: _page(service))),
        ("of one department", _median(lambda: _page(service, "售后业务部"))),
        ("`GET /api/v1/stale?limit=20`", _median(lambda: client.get("/api/v1/stale?limit=20"))),
        ("`GET /review`, 50 rows", _median(lambda: client.get("/review"))),
        ("`GET /review?owner=…`", _median(lambda: client.get("/review?owner=售后业务部"))),
        ("`GET /review/<id>`, what is opened beside the list", _median(lambda: client.get(f"/review/{first.id}"))),
        ("after use was counted anew", _median(lambda: _page(service), service.system.queue.forget)),
        ("after an article was confirmed", _median(lambda: _page(service), lambda: _confirm(service))),
        ("worklist for 30 minutes", _median(lambda: review.worklist(30))),
        ("worklist for 8 hours", _median(lambda: review.worklist(480))),
    ):
        print(f"| {name} | {seconds * 1000:.0f} | {seconds / bare:.2f} |")


def _print_command(desk: Desk) -> None:
    files = _median(lambda: _front_matter(desk.articles))
    print(f"\n| {ARTICLES:,} articles | s | × reading |\n|---|---|---|")
    for name, seconds in (
        ("reading their front matter once (PyYAML with libyaml)", files),
        ("`kb stale --format csv`, the whole process", median(_process(desk, "stale", "--format", "csv"))),
        ("`kb --version`, a process that does nothing", median(_process(desk, "--version"))),
    ):
        print(f"| {name} | {seconds:.2f} | {seconds / files:.2f} |")


def _seconds(call: Callable[[], object]) -> float:
    started = process_time()
    call()
    return process_time() - started


def _median(call: Callable[[], object], before: Callable[[], object] = lambda: None) -> float:
    """Of some rounds; what happens ``before`` each is not timed."""
    took = []
    for _ in range(_ROUNDS):
        before()
        took.append(_seconds(call))
    return median(took)


def _process(desk: Desk, *arguments: str) -> Iterator[float]:
    """What each run of a command takes."""
    for _ in range(_ROUNDS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(desk.arguments(*arguments), check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        yield after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _page(service: Service, owner: str | None = None) -> object:
    return service.desk(_ANYBODY).review.page(QueueFilter.of(owner=owner), limit=20)


def _confirm(service: Service) -> None:
    """The riskiest article's file gets today's date and is taken over."""
    (item,) = service.desk(_ANYBODY).review.page(limit=1).items
    path = next(service.system.articles.rglob(f"{item.id}.md"))
    source = path.read_text(encoding="utf-8")
    path.write_text(source.replace("verified: ", f"verified: {local_now().date()} # ", 1), encoding="utf-8")
    service.index()


def _bare(settings: Settings) -> object:
    db = sqlite3.connect(settings.database)
    try:
        return db.execute(_BARE, [epoch_ms(local_now() - timedelta(days=28))]).fetchall()
    finally:
        db.close()


def _front_matter(articles: Path) -> int:
    headers = (path.read_text(encoding="utf-8").split("---\n")[1] for path in sorted(articles.rglob("*.md")))
    return sum(bool(yaml.load(header, yaml.CSafeLoader)) for header in headers)


def _place(number: int) -> str:
    product, scenario = number % PRODUCTS, number // PRODUCTS % SCENARIOS
    return f"product-{product}/scenario-{scenario}/article-{number}.md"


def _write_articles(root: Path) -> None:
    chance = random.Random(1)
    for product in range(PRODUCTS):
        for place in ("", *(f"scenario-{scenario}/" for scenario in range(SCENARIOS))):
            index = root / f"product-{product}" / place / "_index.md"
            index.parent.mkdir(parents=True, exist_ok=True)
            index.write_text(f"---\ntitle: 目录 {product} {place.strip('/')}\n---\n", encoding="utf-8")
    for number in range(ARTICLES):
        (root / _place(number)).write_text(_article(number, chance), encoding="utf-8")


def _article(number: int, chance: random.Random) -> str:
    today = local_now().date()
    verified, updated = (today - timedelta(days=chance.randrange(60)) for _ in range(2))
    questions = "".join(f"  - 第 {number} 个问题的第 {n} 种问法怎么办\n" for n in range(5))
    steps = "".join(f"{n}. 打开第 {chance.randrange(100)} 页，核对订单和金额，再点确认。\n" for n in range(1, 8))
    return (
        f"---\nid: article-{number}\ntitle: 第 {number} 个常见问题\nquestions:\n{questions}kind: faq\n"
        f"owner: {chance.choice(_OWNERS)}\ncontact: 对接群\ncreated: 2025-01-01\nupdated: {updated}\n"
        f"verified: {verified}\nverified_by: lead\n---\n"
        f"## 标准话术\n您好，这是第 {number} 个问题的答复。\n## 处理步骤\n{steps}"
    )


def _write_events(settings: Settings) -> None:
    """Over the 180 days that events are kept; few articles get most of them."""
    now, chance = local_now(), random.Random(2)
    db = sqlite3.connect(settings.database)
    with db:
        db.executemany(
            "INSERT INTO events (at, kind, article_id, agent, stale) VALUES (?, ?, ?, 'a', 0)", _events(now, chance)
        )
    db.close()


def _events(now: datetime, chance: random.Random) -> Iterator[tuple[int, str, str]]:
    for _ in range(EVENTS):
        number = min(int(chance.paretovariate(0.4)), ARTICLES) - 1
        at = now - timedelta(days=180 * chance.random())
        yield epoch_ms(at), chance.choice(("view", "copy", "pick", "open")), f"article-{number}"


if __name__ == "__main__":
    main()
