"""How the machine and the served process fare during a load run, from ``/proc``."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from time import perf_counter, process_time

from tests.bench.bench_serve import resident_megabytes
from tests.bench.load_records import Records, Sample

EVERY = 5.0  # seconds
_TICK = 0.05
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_USER, _SYSTEM, _THREADS = 11, 12, 17  # fields of /proc/PID/stat behind the name


async def watch(records: Records, pid: int, data: Path) -> None:
    """Take samples until cancelled."""
    while True:
        records.samples.append(sample(records.now(), pid, data))
        await asyncio.sleep(EVERY)


async def watch_clock(records: Records) -> None:
    """Note by how much this process wakes up too late, which its timings contain; until cancelled."""
    while True:
        due = perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        records.late.append((perf_counter() - due) * 1000)


def sample(at: float, pid: int, data: Path) -> Sample:
    """The process ``pid`` that serves from ``data``, and this one."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return Sample(
        at=at,
        rss_mb=resident_megabytes(pid),
        server_cpu=(int(fields[_USER]) + int(fields[_SYSTEM])) / _TICKS_PER_SECOND,
        client_cpu=process_time(),
        threads=int(fields[_THREADS]),
        files=len(os.listdir(f"/proc/{pid}/fd")),
        wal_mb=sum(path.stat().st_size for path in data.glob("*.db-wal")) / 1024**2,
        load=os.getloadavg()[0],
    )
