"""The load run's own arithmetic, its typist and its judgement: what it would call steady, flat, lost."""

from __future__ import annotations

import asyncio
import xml.etree.ElementTree as ET
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.load_agents import keystrokes, question
from tests.bench.load_browser import Browser, Trouble
from tests.bench.load_plot import plot
from tests.bench.load_records import Records, Sample, Saved, Timing, after_writes, by_minute, percentiles, slope, thirds
from tests.bench.load_report import report, summary
from tests.bench.load_verdicts import Kept, Verdict, verdicts
from tests.local_servers import LocalServer, Reply, Request, running

SECONDS = 600.0
SAVE = Saved("a", "editoraaaab", "r1", 100.0, 0.5)
TEXTS = ["没收到货怎么退款", "银行卡丢了怎么办", "A2"]


def kept(**other: object) -> Kept:
    """What is there when nothing went wrong with ``SAVE``, a verdict and three views."""
    right = {
        "sources": {"a": "## 标准话术\n您好。\neditoraaaab\n"},
        "histories": {"a": ["r1", "r0"]},
        "reviews": frozenset({7}),
        "events": {("a", "view"): 3},
        "lost": 0,
    }
    return Kept(**right | other)  # type: ignore[arg-type]  # each of its own type


def records(slow_from: float = SECONDS, growth: float = 0.0) -> Records:
    """Ten requests a second of 10 ms, of 100 ms from ``slow_from`` on; memory grows by ``growth`` MB a minute."""
    made = Records(saves=[SAVE], reviews={7: 200.0})
    made.sent["a", "view"] = 3
    made.timings = [Timing("suggest", n / 10, 100.0 if n / 10 >= slow_from else 10.0) for n in range(6000)]
    made.samples = [sample(at, 300 + growth * at / 60) for at in range(0, 600, 5)]
    return made


def sample(at: float, rss: float) -> Sample:
    return Sample(at, rss, server_cpu=at / 4, client_cpu=at / 10, threads=16, files=50, wal_mb=1.0, load=2.0)


def broken(made: Records, there: Kept, seconds: float = SECONDS) -> list[str]:
    return [verdict.claim for verdict in verdicts(made, there, seconds) if verdict.holds is False]


def test_percentiles_of_hundred_values_and_of_none() -> None:
    assert percentiles(list(range(101))) == (50, 95, 99)
    assert percentiles([]) == (0, 0, 0)


@given(st.lists(st.floats(0, 700, allow_nan=False), max_size=50))
def test_every_request_is_in_one_minute_and_one_third(moments: list[float]) -> None:
    timings = [Timing("suggest", at, at) for at in moments]
    assert sorted(ms for part in by_minute(timings, 10) for ms in part) == sorted(moments)
    assert sorted(ms for part in thirds(timings, SECONDS) for ms in part) == sorted(moments)
    assert all(ms < 60 for ms in by_minute(timings, 10)[0])
    assert all(ms >= 400 for ms in thirds(timings, SECONDS)[2])


def test_the_slope_is_that_of_the_last_two_thirds() -> None:
    rising = [sample(at, min(at, 200)) for at in range(0, 600, 5)]
    assert slope(rising, SECONDS) == pytest.approx(0, abs=1e-9)
    assert slope([sample(at, at / 60 * 3) for at in range(0, 600, 5)], SECONDS) == pytest.approx(3)
    assert slope([], SECONDS) == 0


def test_requests_soon_after_a_save_are_told_from_others() -> None:
    timings = [Timing("suggest", at, at) for at in (99.0, 100.0, 102.0, 102.5, 300.0)]
    assert after_writes(timings, [SAVE.at], 2.0) == ([100.0, 102.0], [99.0, 102.5, 300.0])
    assert after_writes(timings, [], 2.0)[0] == []


@given(st.text(min_size=1, max_size=60), st.integers())
def test_a_typist_presses_two_to_six_keys_one_after_the_other(text: str, seed: int) -> None:
    typed = keystrokes(text, Random(seed))
    assert len(typed) <= 6
    assert all(later.startswith(earlier) for earlier, later in pairwise(typed))
    assert all(said.strip() for said in typed)


def test_some_type_initials_and_some_questions_are_put_together() -> None:
    rng = Random(8)
    typed = [keystrokes(TEXTS[0], rng)[-1] for _ in range(200)]
    assert 0.1 < sum(said.isascii() for said in typed) / len(typed) < 0.4
    assert {said for said in typed if not said.isascii()} > {TEXTS[0][:2]}
    asked = {question(TEXTS, rng) for _ in range(200)}
    assert asked > set(TEXTS)


def test_a_run_in_which_nothing_went_wrong_holds() -> None:
    assert broken(records(), kept()) == []


@pytest.mark.parametrize(
    ("there", "claim"),
    [
        (kept(sources={"a": "您好。\n"}), "no update is lost"),
        (kept(histories={"a": ["r0"]}), "history is complete"),
        (kept(histories={"a": ["r1", "r1"]}), "history is complete"),
        (kept(reviews=frozenset()), "verdicts are kept"),
        (kept(events={("a", "view"): 2}), "events counted = events sent"),
        (kept(events={("a", "view"): 3, ("b", "copy"): 1}), "events counted = events sent"),
        (kept(lost=1), "the log loses nothing"),
    ],
)
def test_what_is_lost_is_told(there: Kept, claim: str) -> None:
    assert broken(records(), there) == [claim]


def test_errors_and_saves_that_nobody_finds_are_told() -> None:
    made = records()
    made.errors.append("suggest: 500")
    made.saves = [Saved("a", SAVE.line, "r1", 100.0, None)]
    assert broken(made, kept()) == ["no errors", "every save is found"]


def test_a_slow_end_and_growing_memory_are_told_unless_the_run_was_short() -> None:
    slow, greedy = records(slow_from=500), records(growth=5)
    assert [claim[:3] for claim in broken(slow, kept())] == ["p99"]
    assert [claim[:6] for claim in broken(greedy, kept())] == ["memory"]
    assert broken(slow, kept(), seconds=60) == []


def test_a_verdict_that_slows_everybody_is_told() -> None:
    made = records()
    made.timings = [Timing("suggest", t.at, 90.0 if 200 <= t.at <= 204 else 10.0) for t in made.timings]
    assert [claim[:10] for claim in broken(made, kept())] == ["p99 within"]


def test_the_report_has_every_minute_kind_and_verdict() -> None:
    made = records()
    made.timings.append(Timing("save", 30.0, 5.0))
    told = report(made, [Verdict("no errors", "0 errors", True), Verdict("p99", "9 ms", None)], SECONDS)
    assert "| suggest | 6,000 | 10.0 | 10.0 | 10.0 | 10.0 | 10 |" in told
    assert "| 10 | 600 | 10.0 | 10.0 | 10.0 | 300 | 25% | 16 | 50 | 1.0 | 2.0 |" in told
    assert told.endswith("| no errors | 0 errors | yes |\n| p99 | 9 ms | too short to say |")
    assert "server 25% of a core, the simulation 10%" in summary(made)


def test_the_picture_is_one_document_with_a_chart_for_every_measure() -> None:
    root = ET.fromstring(plot(records(), 10))  # noqa: S314  # our own
    charts = [node for node in root.iter() if node.get("class", "").startswith("chart")]
    assert len(charts) == len({chart.get("aria-labelledby") for chart in charts}) == 8
    assert "prefers-color-scheme: dark" in next(root.iter("{http://www.w3.org/2000/svg}style")).text  # type: ignore[operator]


class Moody(LocalServer):
    """Answers with a cookie, then with an error; keeps no connection."""

    def answer(self, request: Request) -> Reply:
        if request.path == "/bad":
            return 500, {}, b"oh"
        return 200, {"Set-Cookie": "a=1; Path=/", "Connection": "close"}, request.headers.get("Cookie", "").encode()


def test_a_browser_keeps_cookies_survives_hanging_up_and_notes_what_fails() -> None:
    made = Records()

    async def look(url: str) -> list[str]:
        browser = Browser(url, made)
        seen = [(await browser.get("page", "/")).text for _ in range(2)]
        with pytest.raises(Trouble):
            await browser.get("page", "/bad")
        browser.close()
        return seen

    with running(Moody()) as server:
        assert asyncio.run(look(server.address)) == ["", "a=1"]
    with pytest.raises(Trouble):
        asyncio.run(Browser(server.address, made).get("page", "/"))
    assert [error.split()[1] for error in made.errors] == ["500", "ConnectionRefusedError"]
    assert len(made.timings) == 3
