"""What agents do on search nodes, on its way into the log of the writer: each entry there once, whatever is killed.

A node sends the oldest entries of its spool and forgets them when the cluster has them. If it is killed in between,
it sends them again, with what came since; the writer knows up to which number it has the entries of each spool, in
one transaction with them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from kb.ports.sharing import Delivery, Entry, Mailbox

#: entries of one delivery
AT_ONCE = 500


class Spool(Protocol):
    """What waits on a search node."""

    def name(self) -> str:
        """What no other spool is called."""

    def first(self, limit: int) -> tuple[int, tuple[Entry, ...]]:
        """(number of the first, entries) of the oldest ones; ``(0, ())`` when there are none."""

    def drop(self, last: int) -> None:
        """Forget the entries up to a number."""


class Log(Protocol):
    """What has been taken over."""

    def take(self, delivery: Delivery) -> int:
        """Write down what was not yet, all or nothing; return how many are missing before."""


def send(spool: Spool, mailbox: Mailbox) -> None:
    """Send all that waits. Raises ClusterError, StoreError; the rest waits on."""
    while True:
        first, entries = spool.first(AT_ONCE)
        if not entries:
            return
        delivery = Delivery(spool.name(), first, entries)
        mailbox.send(delivery)
        spool.drop(delivery.last)


def drain(mailbox: Mailbox, log: Log, may_write: Callable[[], object] = lambda: None) -> int:
    """Take over all that was sent; return how many entries have got lost on the way.

    ``may_write`` raises when another writer does that. Raises ClusterError, StoreError, what that raises.
    """
    lost = 0
    while True:  # however many nodes there are: each leaves some every second
        may_write()
        waiting = mailbox.waiting()
        if not waiting:
            return lost
        for delivery, seen in waiting:
            lost += log.take(delivery)
            mailbox.remove(delivery, seen)
