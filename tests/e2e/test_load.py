"""The load run itself, small and quick: everybody works, and everything that has to hold is looked at."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests.bench.load import Run, load, prepare
from tests.bench.load_agents import Pace
from tests.bench.load_verdicts import verdicts
from tests.e2e.processes import Server

HASTE = Pace(arrival=0.1, pause=0.3, key=(0.01, 0.02), reading=(0.0, 0.1), editing=(0.0, 0.2), resting=(0.0, 0.1))
SECONDS = 6.0


def test_five_agents_three_editors_and_a_reviewer_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ZHIDA_EVAL_DIR", raising=False)
    desk, texts = prepare(tmp_path)
    records, kept = load(desk, texts, Run(agents=5, seconds=SECONDS, pace=HASTE))
    assert [verdict for verdict in verdicts(records, kept, SECONDS) if verdict.holds is False] == []
    assert {"suggest", "search page", "article page", "event", "save", "verdict"} <= {t.kind for t in records.timings}
    assert records.saves
    assert records.samples[0].rss_mb > 0
    forged = replace(kept, events={**kept.events, ("nobody", "copy"): 1})
    assert any(verdict.holds is False for verdict in verdicts(records, forged, SECONDS))


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no priorities of their own here")
def test_no_thread_that_computes_in_python_waits_for_other_programs(running: Server) -> None:
    stats = Path(f"/proc/{running.process.pid}/task").glob("*/stat")
    niceness = {int(stat.read_text(encoding="utf-8").rpartition(")")[2].split()[16]) for stat in stats}
    assert niceness == {os.getpriority(os.PRIO_PROCESS, 0)}
