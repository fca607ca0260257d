"""Usage records on their way to the database: whoever answers a request never waits for SQLite.

Until ``start`` every record is written at once, which is right for a command that ends soon; a server starts the
thread, and from then on a bounded queue lies between.
"""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from contextlib import suppress

from kb.errors import StoreError

log = logging.getLogger(__name__)

#: records that may wait; more than a minute of a busy day
CAPACITY = 2000
#: seconds that a stop gives to what still waits
FLUSH_WITHIN = 2.0

Write = Callable[[], object]


class LogWriter:
    """Does writes in the order in which they came; what can't be written is counted in ``lost``."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._queue: queue.Queue[Write | None] = queue.Queue(capacity)
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
            self._lose("等待写入的使用记录太多")

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
            log.warning("服务停止，%d 条使用记录没有来得及写入数据库。", self._queue.qsize())

    def _work(self) -> None:
        while (write := self._queue.get()) is not None:
            self._do(write)

    def _do(self, write: Write) -> None:
        try:
            write()
            self._failing = False
        except StoreError as error:
            self._lose(str(error))
        except Exception as error:
            log.exception("使用记录出错")
            self._lose(type(error).__name__)

    def _lose(self, reason: str) -> None:
        """Count a loss; say why only when a row of losses begins."""
        with self._counting:
            self.lost += 1
            begins, self._failing = not self._failing, True
        if begins:
            log.warning("使用记录没有写入，不影响查询，丢失的条数见 /healthz：%s", reason)
