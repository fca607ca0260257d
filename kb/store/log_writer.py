"""Usage records on their way to the database: whoever answers a request never waits for SQLite.

Until ``start`` every record is written at once, which is right for a command that ends soon; a server starts the
thread, and from then on a bounded queue lies between. What comes within a moment is written in one transaction.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from kb.errors import StoreError

log = logging.getLogger(__name__)

#: records that may wait; more than a minute of a busy day
CAPACITY = 2000
#: a transaction waits for so many records, but not for longer than that many seconds
_AT_MOST, _WITHIN = 200, 0.1
#: seconds that a stop gives to what still waits
FLUSH_WITHIN = 2.0

Write = Callable[[], object]
Together = Callable[[], AbstractContextManager[object]]


class LogWriter:
    """Does writes in the order in which they came; what can't be written is counted in ``lost``.

    ``together``: a block whose writes are one transaction, all of it or nothing (None: each is one of its own).
    """

    def __init__(self, together: Together | None = None, capacity: int = CAPACITY) -> None:
        self._queue: queue.Queue[Write | None] = queue.Queue(capacity)
        self._together, self._gathered = together, list[Write]()
        self._thread: threading.Thread | None = None
        self._failing = False
        self._counting = threading.Lock()
        self.lost = 0

    def put(self, write: Write) -> None:
        """Do ``write`` soon. Never raises StoreError, and never waits once the thread runs."""
        if self._thread is None:
            self._do(write)
            return
        try:
            self._queue.put_nowait(write)
        except queue.Full:
            self.lose("等待写入的使用记录太多")

    def start(self) -> None:
        """From now on write in a thread of its own."""
        self._thread = threading.Thread(target=self._work, name="log writer", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, as far as there is time, and end the thread."""
        if self._thread is None:
            return
        with suppress(queue.Full):
            self._queue.put(None, timeout=FLUSH_WITHIN)
        self._thread.join(FLUSH_WITHIN)
        if self._thread.is_alive():
            log.warning("服务停止，%d 条使用记录没有来得及写入数据库。", self._queue.qsize() + len(self._gathered))

    def _work(self) -> None:
        while (write := self._queue.get()) is not None:
            if self._together is None:
                self._do(write)
                continue
            ends = self._gather(write)
            if not self._do_together(self._together):
                for one in self._gathered:
                    self._do(one)
            self._gathered = []
            if ends:
                return

    def _gather(self, first: Write) -> bool:
        """Wait for what comes within a moment; return whether the end does."""
        self._gathered, until = [first], time.monotonic() + _WITHIN
        with suppress(queue.Empty):
            while len(self._gathered) < _AT_MOST:
                write = self._queue.get(timeout=max(0.0, until - time.monotonic()))
                if write is None:
                    return True
                self._gathered.append(write)
        return False

    def _do_together(self, together: Together) -> bool:
        """Whether all that was gathered is written, in one transaction. If not, nothing is: each gets its own try."""
        try:
            with together():
                for write in self._gathered:
                    write()
        except Exception:  # what it was, is said of who fails alone as well
            return False
        self._failing = False
        return True

    def _do(self, write: Write) -> None:
        try:
            write()
            self._failing = False
        except StoreError as error:
            self.lose(str(error))
        except Exception as error:
            log.exception("使用记录出错")
            self.lose(type(error).__name__)

    def lose(self, reason: str, count: int = 1) -> None:
        """Count losses; say why only when a row of them begins."""
        with self._counting:
            self.lost += count
            begins, self._failing = not self._failing, True
        if begins:
            log.warning("使用记录没有写入，不影响查询，丢失的条数见 /healthz：%s", reason)
