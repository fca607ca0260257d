"""The gate: which ratios count as slower, and what is written down."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.bench.gate import FULL, RECORDED, SHORT, Verdict, compared, read_recorded, rendered
from tests.bench.ratios import RATIOS, Ratio, measure
from tests.bench.workbench import Workbench

FIRST, SECOND, THIRD = (ratio.name for ratio in RATIOS[:3])


@pytest.mark.parametrize(
    ("recorded", "measured", "worse"),
    [(1.0, 1.29, False), (1.0, 1.31, True), (2.0, 0.1, False), (None, 9.0, False), (1.0, None, False)],
)
def test_only_what_passed_the_margin_is_slower(recorded: float | None, measured: float | None, worse: bool) -> None:
    verdict = Verdict("a / b", recorded, measured)
    assert verdict.is_worse(1.3) is worse
    assert ("SLOWER" in verdict.row(1.3)) is worse


def test_a_row_says_how_much_slower() -> None:
    assert "2.00 ×" in Verdict("a / b", 0.5, 1.0).row(1.3)
    assert Verdict("a / b", 0.5, None).row(1.3).endswith("not measured here")


def test_everything_recorded_or_measured_is_compared() -> None:
    verdicts = compared({FIRST: 1.0, SECOND: 2.0, "gone / b": 3.0}, {FIRST: 1.5, THIRD: 4.0})
    assert list(verdicts) == [Verdict(FIRST, 1.0, 1.5), Verdict(SECOND, 2.0, None), Verdict(THIRD, None, 4.0)]


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    recorded = {"short": {FIRST: 1.25, SECOND: 0.0123}, "full": {FIRST: 94.5}}
    (tmp_path / "recorded.toml").write_text(rendered(recorded), encoding="utf-8")
    assert read_recorded(tmp_path / "recorded.toml") == recorded
    assert read_recorded(tmp_path / "none.toml") == {}


def test_names_are_unique_and_what_is_recorded_has_a_ratio() -> None:
    names = [ratio.name for ratio in RATIOS]
    assert len(set(names)) == len(names)
    recorded = read_recorded(RECORDED)
    assert {name for of_form in recorded.values() for name in of_form} <= set(names)
    assert recorded.keys() <= {SHORT.name, FULL.name}


def test_a_side_is_made_ready_once_and_measured_every_round() -> None:
    calls = {"ours": 0, "theirs": 0, "ready": 0}

    def side(name: str) -> object:
        calls["ready"] += 1

        def work() -> None:
            calls[name] += 1
            sum(range(300_000))

        return work

    ratio = Ratio("a / b", lambda _: side("ours"), lambda _: side("theirs"))  # type: ignore[arg-type, return-value]  # no workbench is asked for anything
    assert measure(ratio, cast("Workbench", None), 5) > 0
    assert calls["ready"] == 2
    assert min(calls["ours"], calls["theirs"]) >= 6
