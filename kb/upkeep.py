"""What a running server does in the background: takes over changed files, ranks the FAQ panel, finds what speaks
against articles, stores weekly reports, sends reminders, forgets old logs.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from kb.errors import KbError
from kb.garbage import give_back, keep_for_good
from kb.model import Problem
from kb.service import Service
from kb.text.pictures import is_picture
from kb.usecases.semantic import Semantic

if TYPE_CHECKING:
    import watchfiles

log = logging.getLogger(__name__)

#: seconds; changes by other processes (kb index, a second server) are looked for this often
TICK = 1.0
RANK_EVERY = 600.0
PURGE_EVERY = 24 * 3600.0
REPORT_EVERY = 20.0
REMIND_EVERY = 15.0
RESCAN_EVERY = 60.0
#: what takes seconds waits for as long without a change, but not longer than that much
CALM, PUT_OFF = 2.0, 30.0
#: it takes no more than this share of a processor, unless that kept it for longer than so many seconds
SHARE, REST = 0.1, 60.0
#: after what follows every edit in all articles, questions and further saves have the interpreter for so many times as
#: long: in a large house it takes seconds, and one save after the other would wait for it
BREATH = 3.0
#: how long a stop waits for jobs in hand; what is cut off then is done by the next run
STOP_WITHIN = 2.0
#: so long the first questions have the interpreter to themselves
HEAD_START = 1.0
#: what failed is not tried again at once
RETRY_EVERY = 3.0


class Upkeep:
    """Daemon threads (and the log writer's) around ``service``; errors are tried again, they never end them.

    What fails is said by ``Service.health`` until it succeeds, and logged when it begins.

    One keeps the index equal to the files, so that an edit is found at once; a second makes everything derived
    from all articles follow (suggestions, FAQ panel), which takes longer the more there are, and stores reports. A
    third brings the index up to what is saved here, without waiting for the file system to tell. A fourth finds what
    speaks against articles, which may take seconds. A fifth embeds them, if there is a model. A sixth sends reminders,
    which may have to wait for robots, where a time is set for that.
    """

    def __init__(
        self, service: Service, articles: Path, finish_import: Callable[[], None], retention_days: int
    ) -> None:
        self._service = service
        self._articles = articles
        self._finish_import = finish_import
        self._stop, self._saved = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_indexed, name="indexer", daemon=True),
            threading.Thread(target=self._keep_fresh, name="refresher", daemon=True),
            threading.Thread(target=self._follow_saves, name="follower", daemon=True),
            threading.Thread(target=self._keep_examined, name="examiner", daemon=True),
        ]
        if service.semantic is not None:
            embed = partial(self._embed, service.semantic)
            self._threads.append(threading.Thread(target=embed, name="embedder", daemon=True))
        if service.system.reminders.sends_by_itself:
            self._threads.append(threading.Thread(target=self._remind, name="reminder", daemon=True))
        self._attempt = Attempts(service)
        self._known: frozenset[Problem] = frozenset()
        self._behind = False  # the latest attempt to take over changes failed
        self._calm = Calm(CALM, PUT_OFF)
        self._edits = _Job("files", RETRY_EVERY, partial(self._take_over, thorough=False))
        # for what the watcher missed: network drives, new mounts; at once, for the start did not look for damage
        self._rescan = _Job("files", RESCAN_EVERY, partial(self._take_over, thorough=True), wait=0.0)
        self._mend = _Job("repair", RETRY_EVERY, service.mend)
        self._jobs = [
            _Job("faq", RANK_EVERY, service.follow_use),
            # before the logs are forgotten, and at once: a week may have ended while no server ran
            _Job("reports", REPORT_EVERY, service.store_report, wait=0.0),
            _Job("logs", PURGE_EVERY, lambda: service.purge_logs(retention_days)),
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        self._service.log_writer.start()
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; waits for the jobs in hand, but not for locks that others hold."""
        self._stop.set()
        self._saved.set()
        self._service.system.editing.changed.set()
        deadline = time.monotonic() + STOP_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._service.log_writer.stop()

    def _keep_fresh(self) -> None:
        self._stop.wait(HEAD_START)
        self._attempt(self._service.warm_up)
        keep_for_good()
        give_back()
        while not self._stop.is_set():
            self._saved.wait(TICK)  # what was saved here need not wait for the next look
            self._saved.clear()
            began = time.thread_time()
            self._attempt(self._follow)
            for job in self._jobs:
                if job.is_due():
                    self._attempt(job.run, job.part)
            self._stop.wait(min((time.thread_time() - began) * BREATH, REST))

    def _follow_saves(self) -> None:
        """What is saved in a page is found at once, wherever the articles lie; several saves are followed as one."""
        changed = self._service.system.editing.changed
        while changed.wait() and not self._stop.is_set():
            changed.clear()
            self._calm.disturb()
            if not self._attempt(self._service.follow, "files"):
                self._behind = True
            self._saved.set()

    def _keep_examined(self) -> None:
        pause = TICK
        while not self._stop.wait(pause):
            if self._calm.has_come() and self._service.can_search():  # until then there is nothing to examine
                began = time.thread_time()
                pause = TICK if self._attempt(self._service.examine, "signals") else RETRY_EVERY
                self._attempt(self._service.compact)
                self._calm.use(time.thread_time() - began)

    def _embed(self, semantic: Semantic) -> None:
        let_answers_go_first()
        semantic.run(self._stop)

    def _remind(self) -> None:
        while not self._stop.wait(REMIND_EVERY):
            self._attempt(self._service.remind, "reminders")

    def _follow(self) -> None:
        if self._service.refresh():
            self._calm.disturb()
            self._service.rank_faq()  # new articles belong into the panel, expired ones out of it
            give_back()

    def _keep_indexed(self) -> None:
        self._stop.wait(HEAD_START)
        said = ""
        while not self._stop.is_set():
            try:
                self._watch()
            except (OSError, RuntimeError) as error:  # the folder is gone, or the system has no watches left
                if said != str(error):
                    said = str(error)
                    log.warning("无法监视知识目录（%s），改为每 %d 秒检查一次。", said, TICK)
                self._stop.wait(TICK)
                self._index(self._edits)

    def _index(self, job: _Job) -> None:
        self._behind = not self._attempt(job.run, job.part)
        self._saved.set()

    def _take_over(self, thorough: bool) -> None:
        """Bring the index up to date and log what is wrong in the files, each finding once."""
        self._attempt(self._finish_import, "import")  # one that was killed halfway
        self._known = self._said(self._service.index(thorough=thorough).problems)
        if thorough:  # every row of the catalog was read
            give_back()

    def _said(self, problems: Iterable[Problem]) -> frozenset[Problem]:
        """The errors among them, having logged those that are new."""
        errors = frozenset(problem for problem in problems if problem.severity == "error")
        for problem in sorted(errors - self._known):
            log.warning("%s", problem)
        return errors

    def _watch(self) -> None:
        import watchfiles  # when the first answers have been given, see HEAD_START

        folder = os.stat(self._articles).st_ino
        changes = watchfiles.watch(
            self._articles,
            stop_event=self._stop,
            debounce=200,
            step=50,
            rust_timeout=int(TICK * 1000),
            yield_on_timeout=True,
            watch_filter=concerns_articles,
            raise_interrupt=False,
        )
        looked = False  # since the watch stands: what changed just before it did must not be missed
        for changed in changes:
            if self._mend.is_due():
                self._attempt(self._mend.run, self._mend.part)
            if os.stat(self._articles).st_ino != folder:  # replaced as a whole: the watch is on the old one
                return
            if changed and looked and not self._behind and self._take_over_files(changed):
                continue
            if changed or not looked or (self._behind and self._edits.is_due()):
                self._index(self._edits)
                looked = True
            elif self._rescan.is_due():
                self._index(self._rescan)

    def _take_over_files(self, changed: Iterable[tuple[watchfiles.Change, str]]) -> bool:
        """Take over what changed in single files, if it needs no scan: of what was saved here nothing is left to do."""
        paths = [PurePath(os.path.relpath(path, self._articles)).as_posix() for _, path in changed]
        found: list[tuple[Problem, ...] | None] = []
        self._attempt(lambda: found.append(self._service.index_files(paths)), "files")
        if not found or found[0] is None:
            return False
        self._known |= self._said(found[0])
        self._saved.set()
        return True


class Attempts:
    """Does what a server does in the background; what fails is said by ``Service.health`` until it succeeds."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def __call__(self, work: Callable[[], object], part: str = "answers") -> bool:
        """Do ``work`` for a part of the system and note how that went; whether it succeeded."""
        trouble = ""
        try:
            work()
        except KbError as error:
            trouble = str(error)
        except Exception as error:
            log.exception("后台任务出错，稍后重试")
            trouble = f"后台任务出错（{type(error).__name__}），详见日志。"
        if self._service.note(part, trouble) and trouble:
            log.warning("后台任务没有完成，会不断重试：%s", trouble)
        return not trouble


def concerns_articles(_: watchfiles.Change, path: str) -> bool:
    """Whether a changed file is worth a scan: pictures come and go without any article becoming another one, and hidden
    files are locks and what is not complete yet.
    """
    return not (is_picture(PurePath(path)) or PurePath(path).name.startswith("."))


def let_answers_go_first() -> None:
    """Give this thread less time than the others, where threads have priorities of their own.

    Only for one that computes outside of Python: a busy machine lets it wait, and with it all who wait for the
    interpreter that it holds.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)


class Calm:
    """Tells what takes seconds when it may begin: ``quiet`` seconds after the last edit, or ``at_most`` after it was
    done last. While somebody saves it would keep the next edit from being found. ``clock`` in seconds.

    What took long rests: of 100,000 articles, each edit would have five seconds of a processor spent on it.
    """

    def __init__(self, quiet: float, at_most: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._quiet, self._at_most, self._clock = quiet, at_most, clock
        self._disturbed = self._used = -math.inf
        self._rest = 0.0

    def disturb(self) -> None:
        """Something was edited now."""
        self._disturbed = self._clock()

    def use(self, took: float = 0.0) -> None:
        """It was done now, and ``took`` so many seconds of a processor."""
        self._used, self._rest = self._clock(), min(took / SHARE, REST)

    def has_come(self) -> bool:
        """Whether it may begin."""
        now = self._clock()
        rested = now - self._used
        return rested >= self._rest and (now - self._disturbed >= self._quiet or rested >= self._at_most)


class _Job:
    """Something to do for a part of the system every ``seconds``, for the first time after ``wait``, or as long."""

    def __init__(self, part: str, seconds: float, work: Callable[[], object], wait: float | None = None) -> None:
        self.part, self._seconds, self._work = part, seconds, work
        self._next = time.monotonic() + (seconds if wait is None else wait)

    def is_due(self) -> bool:
        return time.monotonic() >= self._next

    def run(self) -> None:
        try:
            self._work()
        finally:
            self._next = time.monotonic() + self._seconds
