"""One at a time across machines: a note that its holder keeps changing, and that lapses when nobody does.

No clock is compared with another: whether a holder is alive is told by its note changing while somebody looks.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from kb.errors import ClusterError, KbError
from kb.ports.notes import Noted, Notes, Seen


class Lease:
    """What is held by ``holder`` while it changes the note called ``name``, and ``lasts`` seconds longer.

    ``refusal`` makes the error for somebody who may not go on: of whoever holds it, or of ``""`` when this process has
    not been able to renew it in time. ``clock`` in seconds; ``wait`` waits for so many. Threads may share one.
    """

    def __init__(
        self,
        notes: Notes,
        name: str,
        holder: str,
        lasts: float,
        refusal: Callable[[str], KbError],
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._notes, self._name, self._holder, self._lasts = notes, name, holder, lasts
        self._refusal, self._clock, self._wait = refusal, clock, wait
        self._run = secrets.token_hex(8)  # tells our own note from that of a former process
        self._seen: Seen | None = None
        self._until = 0.0
        self._lock = threading.Lock()
        #: seconds from one ``renew`` to the next
        self.beat = lasts / 5

    def acquire(self, patience: float = 0.0) -> None:
        """Become the holder: at once where there is none or it was the same, after ``lasts`` where it has gone silent.

        Raises ``refusal`` when another one is heard of and stays it for ``patience`` seconds.
        """
        self._notes.prepare()
        began = heard = self._clock()
        found, is_alive = self._notes.note(self._name), False
        while not self._may_take(found, heard) or not self._write(found.seen if found else None):
            if is_alive and self._clock() >= began + patience:
                raise self._refusal(self._holder_now())
            self._wait(self._lasts / 40)
            before, found = found, self._notes.note(self._name)
            if found is not None and (before is None or found.seen != before.seen):
                is_alive, heard = True, self._clock()

    def renew(self) -> None:
        """Say that we are there. Raises ``refusal`` when another one has taken over."""
        if not self._write(self._seen):
            raise self._refusal(self._holder_now())

    def check(self) -> None:
        """Raises ``refusal`` when we may not be the holder any more: another one has come, or may have."""
        if self._clock() >= self._until:
            raise self._refusal("")

    def release(self) -> None:
        """Let another one begin at once; where nobody can be told, it lapses."""
        with suppress(ClusterError):
            self._write(self._seen, released=True)
        self._until = 0.0

    @contextmanager
    def held(self, patience: float) -> Iterator[None]:
        """``acquire``, ``renew`` in a thread of its own, and ``release``."""
        self.acquire(patience)
        ended = threading.Event()
        thread = threading.Thread(target=self._keep, args=(ended,), name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.release()

    def _keep(self, ended: threading.Event) -> None:
        while not ended.wait(self.beat):
            with suppress(KbError):  # the next one may come through; whoever goes on without is refused there
                self.renew()

    def _may_take(self, found: Noted | None, heard: float) -> bool:
        if found is None or found.body["released"] or found.body["holder"] == self._holder:
            return True
        return self._clock() >= heard + self._lasts

    def _write(self, seen: Seen | None, released: bool = False) -> bool:
        with self._lock:
            began = self._clock()
            body = {"holder": self._holder, "run": self._run, "beat": began, "released": released}
            written = self._notes.change(self._name, body, seen)
            if written is None:
                # an earlier write may have been heard though we were not told
                found = self._notes.note(self._name)
                if found is None or found.body["run"] != self._run:
                    self._until = 0.0
                    return False
                written = self._notes.change(self._name, body, found.seen)
            if written is None:
                return False
            self._seen, self._until = written, began + self._lasts
            return True

    def _holder_now(self) -> str:
        try:
            found = self._notes.note(self._name)
        except ClusterError:
            return ""
        return str(found.body["holder"]) if found else ""
