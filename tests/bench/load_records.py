"""What a load run writes down, and the pure arithmetic on it: percentiles, minutes, steady, flat."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np


@dataclass(frozen=True, slots=True)
class Timing:
    """One request that was answered: when it was sent (seconds since the run began), how long it took (ms)."""

    kind: str
    at: float
    ms: float


@dataclass(frozen=True, slots=True)
class Sample:
    """The machine at one moment (seconds since the run began); CPU seconds are those used so far."""

    at: float
    rss_mb: float
    server_cpu: float
    client_cpu: float
    threads: int
    files: int
    wal_mb: float
    load: float


@dataclass(frozen=True, slots=True)
class Saved:
    """A save that the server acknowledged, ``seen`` seconds after which it was found (None: not in time)."""

    article_id: str
    line: str
    revision: str
    at: float
    seen: float | None


@dataclass(slots=True)
class Records:
    """All of a run; one event loop writes, so nothing is locked."""

    began: float = field(default_factory=perf_counter)
    timings: list[Timing] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)  # (article, kind of event)
    saves: list[Saved] = field(default_factory=list)
    conflicts: int = 0  # edits that began anew because somebody else had saved
    reviews: dict[int, float] = field(default_factory=dict)  # verdicts that were taken: number -> when
    samples: list[Sample] = field(default_factory=list)
    late: list[float] = field(default_factory=list)  # ms by which the simulation's own clock was late

    def now(self) -> float:
        """Seconds since the run began."""
        return perf_counter() - self.began

    async def sleep(self, seconds: float, until: float) -> None:
        """Wait, but not beyond ``until`` (seconds since the run began)."""
        await asyncio.sleep(max(0.0, min(seconds, until - self.now())))


def percentiles(values: Sequence[float]) -> tuple[float, float, float]:
    """p50, p95, p99; of nothing, zeros."""
    if not values:
        return 0.0, 0.0, 0.0
    p50, p95, p99 = np.percentile(values, (50, 95, 99))
    return float(p50), float(p95), float(p99)


def by_minute(timings: Iterable[Timing], minutes: int) -> list[list[float]]:
    """The milliseconds of what was sent in each minute; what ran over belongs to the last."""
    found: list[list[float]] = [[] for _ in range(minutes)]
    for timing in timings:
        found[min(int(timing.at // 60), minutes - 1)].append(timing.ms)
    return found


def thirds(timings: Iterable[Timing], seconds: float) -> tuple[list[float], list[float], list[float]]:
    """The milliseconds of what was sent in each third of a run."""
    found: tuple[list[float], list[float], list[float]] = ([], [], [])
    for timing in timings:
        found[min(int(3 * timing.at / seconds), 2)].append(timing.ms)
    return found


def slope(samples: Sequence[Sample], seconds: float) -> float:
    """Megabytes by which memory grew a minute in the last two thirds of a run, by least squares."""
    later = [sample for sample in samples if sample.at >= seconds / 3]
    if len(later) < 2:
        return 0.0
    steepness, _ = np.polyfit([sample.at / 60 for sample in later], [sample.rss_mb for sample in later], 1)
    return float(steepness)


def after_writes(timings: Iterable[Timing], writes: Iterable[float], seconds: float) -> tuple[list[float], list[float]]:
    """The milliseconds of what was sent within ``seconds`` after one of the moments ``writes``, and of all else."""
    moments = np.sort(list(writes))
    near: list[float] = []
    far: list[float] = []
    for timing in timings:
        at = int(np.searchsorted(moments, timing.at, side="right")) - 1
        (near if at >= 0 and timing.at - moments[at] <= seconds else far).append(timing.ms)
    return near, far


def share_of_core(samples: Sequence[Sample], of: str) -> float:
    """How much of one core was used between the first sample and the last; ``of`` names the field."""
    if len(samples) < 2:
        return 0.0
    used = getattr(samples[-1], of) - getattr(samples[0], of)
    return float(used / (samples[-1].at - samples[0].at))
