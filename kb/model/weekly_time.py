"""A moment that comes back every week, as settings write it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import time

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_WRITTEN = re.compile(rf"({'|'.join(_DAYS)}) +([01]?[0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class WeeklyTime:
    """``weekday`` counts from 0, Monday; ``time`` is that of the wall clock."""

    weekday: int
    time: time

    @classmethod
    def parse(cls, text: str) -> WeeklyTime:
        """Read ``mon 09:30``. Raises ValueError otherwise."""
        written = _WRITTEN.fullmatch(text.strip().lower())
        if written is None:
            raise ValueError("应像 mon 09:30：星期用 mon、tue、wed、thu、fri、sat、sun，后面是 24 小时制的时间")
        return cls(_DAYS.index(written[1]), time(int(written[2]), int(written[3])))

    def __str__(self) -> str:
        return f"{_DAYS[self.weekday]} {self.time:%H:%M}"
