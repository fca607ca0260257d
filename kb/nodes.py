"""What a server does in the background as one of several machines: the writer publishes, a search node follows.

The writer does all that ``kb.upkeep`` does, and this besides; a search node does this instead.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial

from kb.cluster.lease import Lease
from kb.errors import KbError
from kb.garbage import give_back, keep_for_good
from kb.service import Service
from kb.sharing.following import Follower
from kb.sharing.parts import KINDS, PEOPLE
from kb.sharing.publishing import Publisher
from kb.sharing.vectors import VectorPublisher
from kb.upkeep import (
    BREATH,
    HEAD_START,
    PURGE_EVERY,
    REST,
    RETRY_EVERY,
    STOP_WITHIN,
    TICK,
    Attempts,
    Calm,
    let_answers_go_first,
)

#: seconds; what is edited is found on every node within three of these and what taking over takes
LOOK_EVERY = 0.5
#: what the service calls its link to the others, in ``Service.health``
PART = "cluster"
#: what happens on search nodes is in the log of the writer within three of these, in seconds
DELIVER_EVERY = 1.0
EVENTS = "events"
VECTORS = "vectors"


class _Threads:
    """Work that is repeated until it is stopped, each in a thread of its own."""

    def __init__(self) -> None:
        self.stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def repeat(self, name: str, seconds: float, work: Callable[[], bool]) -> None:
        """Have ``work`` done, and again so many seconds after it was; later when it says that it failed."""

        def run() -> None:
            while not self.stopped.is_set():
                self.stopped.wait(seconds if work() else RETRY_EVERY)

        self.add(name, run)

    def add(self, name: str, run: Callable[[], object]) -> None:
        """Have ``run`` done; it ends by itself once ``stopped`` is set."""
        self._threads.append(threading.Thread(target=run, name=name, daemon=True))

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End; waits for the work in hand, but not for long."""
        self.stopped.set()
        deadline = time.monotonic() + STOP_WITHIN
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))


class Writer:
    """Publishes what ``service`` serves while ``lease``, which was acquired, is renewed; has ``drain`` take over what
    happens on search nodes. ``vectors``: publishes those of its model, if it has one.
    """

    def __init__(
        self,
        service: Service,
        lease: Lease,
        publisher: Publisher,
        drain: Callable[[], int],
        vectors: VectorPublisher | None = None,
    ) -> None:
        attempt = Attempts(service)
        self._service, self._lease, self._drain = service, lease, drain
        self._threads = _Threads()
        self._threads.repeat("lease", lease.beat, lambda: attempt(lease.renew, "lease"))
        self._threads.repeat("publisher", LOOK_EVERY, lambda: attempt(publisher.publish, PART))
        if vectors is not None:
            self._threads.repeat("vectors", LOOK_EVERY, lambda: attempt(vectors.publish, VECTORS))
        self._threads.repeat("drain", DELIVER_EVERY, lambda: attempt(self._take_over, EVENTS))

    def start(self) -> None:
        """Begin; returns at once."""
        self._threads.start()

    def stop(self) -> None:
        """End, and let another writer begin at once."""
        self._threads.stop()
        self._lease.release()

    def _take_over(self) -> None:
        if lost := self._drain():
            self._service.log_writer.lose("查询节点送来的使用记录中间缺了一段", lost)


class SearchNode:
    """Keeps the copy behind ``service`` equal to what is published; has ``send`` send what happens here.

    ``indexes``: it has an index of its own. ``retention_days``: how long it keeps what it needs to know of reports.
    """

    def __init__(
        self,
        service: Service,
        follower: Follower,
        send: Callable[[], object],
        indexes: bool,
        retention_days: int,
    ) -> None:
        self.service = service
        self._follower, self._send, self._indexes = follower, send, indexes
        self._pending = KINDS  # what was taken over and is not served yet: all of a copy from before
        self._next = 0.0  # when articles may be served next
        self._attempt, self._calm, self._threads = Attempts(service), Calm(2.0, 30.0), _Threads()
        self._threads.add("follower", self._keep_following)
        self._threads.add("compactor", self._keep_compact)
        self._threads.repeat("sender", DELIVER_EVERY, lambda: self._attempt(send, EVENTS))
        forget = partial(service.purge_logs, retention_days)
        self._threads.repeat("logs", PURGE_EVERY, lambda: self._attempt(forget))
        if service.semantic is not None:
            self._threads.add("embedder", partial(self._embed, service.semantic.run))

    def begin(self, said: Callable[[str], object], wait: Callable[[float], object] = time.sleep) -> None:
        """Have something to serve: a copy from before, or wait for what is published; ``said`` tells why."""
        told = ""
        while True:
            trouble = ""
            try:
                self._follow()
                self._serve_pending()
            except KbError as error:
                trouble = str(error)
            self.service.note(PART, trouble)
            if not trouble:
                return
            if self.service.has_articles():
                self._serve_pending()
                return
            if trouble != told:
                said(f"还没有可以提供的知识，每 {RETRY_EVERY:g} 秒再试：{trouble}")
                told = trouble
            wait(RETRY_EVERY)

    def start(self) -> None:
        """Begin; returns at once."""
        self.service.log_writer.start()
        self._threads.start()

    def stop(self) -> None:
        """End; what is published meanwhile is taken over by the next start, and what can't be sent now is sent then."""
        self._threads.stop()
        self.service.log_writer.stop()
        self._attempt(self._send, EVENTS)

    def _keep_following(self) -> None:
        self._threads.stopped.wait(HEAD_START)
        self._attempt(self.service.warm_up)
        keep_for_good()
        give_back()
        while not self._threads.stopped.wait(LOOK_EVERY):
            self._attempt(self._take_over, PART)
            if not self._pending:
                self._attempt(self.service.refresh)  # another day, too, has another snapshot
            if self._indexes:
                self._attempt(self.service.mend, "repair")

    def _take_over(self) -> None:
        """People are known at once; articles wait until questions have had the interpreter for a while."""
        self._follow()
        if time.monotonic() >= self._next:
            self._serve_pending()

    def _follow(self) -> None:
        kinds = self._follower.follow()
        self.service.recognize(kinds)
        self._pending |= kinds - PEOPLE

    def _serve_pending(self) -> None:
        if self._pending:
            self._calm.disturb()
            began = time.thread_time()
            if self._indexes:
                self.service.follow()
            self.service.take_over(self._pending)
            self._pending = frozenset()
            self._next = time.monotonic() + min((time.thread_time() - began) * BREATH, REST)

    def _keep_compact(self) -> None:
        while not self._threads.stopped.wait(TICK):
            if self._calm.has_come():
                began = time.thread_time()
                self._attempt(self.service.compact)
                self._calm.use(time.thread_time() - began)

    def _embed(self, run: Callable[[threading.Event], object]) -> None:
        let_answers_go_first()
        run(self._threads.stopped)
