"""What a running server does in the background: takes over changed files, ranks the FAQ panel, forgets old logs."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import watchfiles

from kb.errors import KbError
from kb.service import Service

log = logging.getLogger(__name__)

#: seconds; changes by other processes (kb index, a second server) are looked for this often
TICK = 1.0
RANK_EVERY = 600.0
PURGE_EVERY = 24 * 3600.0
RESCAN_EVERY = 60.0
#: how long a stop waits for jobs in hand; what is cut off then is done by the next run
STOP_WITHIN = 2.0
#: a rebuild that fails is not tried again at once
MEND_EVERY = 3.0


class Upkeep:
    """Two daemon threads around ``service``; errors are logged and tried again, they never end them.

    One keeps the index equal to the files, so that an edit is found at once; the other makes everything derived
    from all articles follow (suggestions, FAQ panel), which takes longer the more there are.
    """

    def __init__(self, service: Service, articles: Path, retention_days: int) -> None:
        self._service = service
        self._articles = articles
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_indexed, name="indexer", daemon=True),
            threading.Thread(target=self._keep_fresh, name="refresher", daemon=True),
        ]
        self._rescan = _Job(RESCAN_EVERY, service.index)  # for what the watcher missed: network drives, new mounts
        self._mend = _Job(MEND_EVERY, service.mend)
        self._jobs = [
            _Job(RANK_EVERY, service.rank_faq),
            _Job(PURGE_EVERY, lambda: service.purge_logs(retention_days)),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; waits for the jobs in hand, but not for locks that others hold."""
        self._stop.set()
        deadline = time.monotonic() + STOP_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _keep_fresh(self) -> None:
        self._attempt(self._service.warm_up)
        while not self._stop.wait(TICK):
            self._attempt(self._follow)
            for job in self._jobs:
                if job.is_due():
                    self._attempt(job.run)

    def _follow(self) -> None:
        if self._service.refresh():
            self._service.rank_faq()  # new articles belong into the panel, expired ones out of it

    def _keep_indexed(self) -> None:
        while not self._stop.is_set():
            try:
                self._watch()
            except (OSError, RuntimeError) as error:  # the folder is gone, or the system has no watches left
                log.warning("无法监视知识目录（%s），改为每 %d 秒检查一次。", error, TICK)
                self._stop.wait(TICK)
                self._attempt(self._service.index)

    def _watch(self) -> None:
        folder = os.stat(self._articles).st_ino
        changes = watchfiles.watch(
            self._articles,
            stop_event=self._stop,
            debounce=200,
            step=50,
            rust_timeout=int(TICK * 1000),
            yield_on_timeout=True,
            watch_filter=None,
            raise_interrupt=False,
        )
        looked = False  # since the watch stands: what changed just before it did must not be missed
        for changed in changes:
            if self._mend.is_due():
                self._attempt(self._mend.run)
            if os.stat(self._articles).st_ino != folder:  # replaced as a whole: the watch is on the old one
                return
            if changed or not looked:
                self._attempt(partial(self._service.index, thorough=False))
                looked = True
            elif self._rescan.is_due():
                self._attempt(self._rescan.run)

    def _attempt(self, work: Callable[[], object]) -> None:
        try:
            work()
        except KbError as error:
            log.warning("后台任务没有完成，稍后重试：%s", error)
        except Exception:
            log.exception("后台任务出错，稍后重试")


class _Job:
    """Something to do every ``seconds``, for the first time after as long."""

    def __init__(self, seconds: float, work: Callable[[], object]) -> None:
        self._seconds, self._work = seconds, work
        self._next = time.monotonic() + seconds

    def is_due(self) -> bool:
        return time.monotonic() >= self._next

    def run(self) -> None:
        self._next = time.monotonic() + self._seconds
        self._work()
