"""What it costs the writer to take over what agents do on search nodes: ``python -m tests.bench.bench_events``."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from pathlib import Path

from kb.ports.sharing import Delivery, Entry
from kb.sharing.draining import AT_ONCE
from kb.store.database import Database
from kb.store.deliveries import Deliveries

_ROUNDS, _AGENTS, _ARTICLES, _ADDRESSES = 40, 20_000, 5_000, 500


def entries(first: int) -> tuple[Entry, ...]:
    """Searches of many agents, each with a copy and what that settles."""
    now = round(time.time() * 1000)
    made: list[Entry] = []
    for number in range(first, first + AT_ONCE):
        at, agent = now + number, f"agent-{number // 3 % _AGENTS}"
        search = {"agent": agent, "query": f"退款{number % 999}", "normalized": f"退款{number % 999}", "masked": False}
        search |= {"at": at, "filters": "{}", "channel": None, "n_hits": 3, "took_ms": 2.0, "fallback": None}
        event = {"at": at, "kind": "copy", "article_id": f"a{number % _ARTICLES}", "agent": agent, "query": "退款多久"}
        event |= {"position": 1, "ms": None, "stale": False, "note": None, "asked": "退款多久"}
        origin = f"{number % _ADDRESSES:016x}"
        rows = (
            ("search", search | {"generation": "1", "settled": True}),
            ("event", event | {"origin": origin}),
            ("settle", {"agent": agent}),
        )
        made.append(rows[number % 3])
    return tuple(made)


def main() -> None:
    """Print the median of some rounds."""
    with tempfile.TemporaryDirectory() as folder:
        log, took, size = Deliveries(Database(Path(folder) / "zhida.db")), [], 0
        for number in range(_ROUNDS):
            delivery = Delivery("spool", 1 + number * AT_ONCE, entries(1 + number * AT_ONCE))
            size += len(json.dumps(delivery.entries))
            began = time.process_time()
            log.take(delivery)
            took.append(time.process_time() - began)
    median = statistics.median(took)
    print(f"{median * 1000:.1f} ms of a processor for {AT_ONCE} entries: {AT_ONCE / median:,.0f} a second")
    print(f"{size / _ROUNDS / AT_ONCE:.0f} bytes of JSON each")


if __name__ == "__main__":
    main()
