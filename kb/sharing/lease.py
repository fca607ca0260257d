"""Who the writer is: whoever holds a note in the cluster, renews it, and loses it when somebody else takes it.

No clock of another machine is believed: whether a holder is alive is told by its note changing while we look.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from contextlib import suppress

from kb.errors import ClusterError, WriterElsewhere
from kb.ports.sharing import Noted, Seen, Shared

NOTE = "writer"
#: seconds: a writer says so often that it is there; who doesn't for so long has lost the role
BEAT, LASTS = 3.0, 15.0


class Lease:
    """The role of the writer for ``holder``, which names machine and data folder: only one process uses that folder.

    ``clock`` in seconds; ``wait`` waits for so many.
    """

    def __init__(
        self,
        shared: Shared,
        holder: str,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._shared, self._holder, self._clock, self._wait = shared, holder, clock, wait
        self._run = secrets.token_hex(8)  # tells our own note from that of a former process
        self._seen: Seen | None = None
        self._until = 0.0

    def acquire(self) -> None:
        """Become the writer; waits for ``LASTS`` where another one may have died. Raises WriterElsewhere."""
        self._shared.prepare()
        found = self._shared.note(NOTE)
        if found is not None and not found.body["released"] and found.body["holder"] != self._holder:
            found = self._outlived(found)
        if not self._write(found.seen if found else None):
            raise WriterElsewhere(self._holder_now())

    def renew(self) -> None:
        """Say that we are there. Raises WriterElsewhere when another writer has taken over."""
        if not self._write(self._seen):
            raise WriterElsewhere(self._holder_now())

    def check(self) -> None:
        """Raises WriterElsewhere when we may not be the writer any more: another one has come, or may have."""
        if self._clock() >= self._until:
            raise WriterElsewhere("")

    def release(self) -> None:
        """Let another one begin at once; where nobody can be told, it lapses."""
        with suppress(ClusterError):
            self._write(self._seen, released=True)
        self._until = 0.0

    def _write(self, seen: Seen | None, released: bool = False) -> bool:
        began = self._clock()
        body = {"holder": self._holder, "run": self._run, "beat": began, "released": released}
        written = self._shared.change(NOTE, body, seen)
        if written is None:
            # an earlier write may have been heard though we were not told
            found = self._shared.note(NOTE)
            if found is None or found.body["run"] != self._run:
                self._until = 0.0
                return False
            written = self._shared.change(NOTE, body, found.seen)
        if written is None:
            return False
        self._seen, self._until = written, began + LASTS
        return True

    def _outlived(self, found: Noted) -> Noted | None:
        """The note of a holder that does not renew it. Raises WriterElsewhere when it does."""
        until = self._clock() + LASTS
        while self._clock() < until:
            self._wait(min(1.0, LASTS))
            now = self._shared.note(NOTE)
            if now is None or now.body["released"]:
                return now
            if now.seen != found.seen:
                raise WriterElsewhere(now.body["holder"])
        return found

    def _holder_now(self) -> str:
        try:
            found = self._shared.note(NOTE)
        except ClusterError:
            return ""
        return str(found.body["holder"]) if found else ""
