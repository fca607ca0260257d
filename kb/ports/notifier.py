"""PORT notifier: a channel on which people are reminded. ``kb.notify.robots`` and ``kb.notify.mail`` implement it."""

from __future__ import annotations

from typing import Protocol


class Notifier(Protocol):
    """A mailbox, or a group in a messenger. ``name`` is for people and logs: nothing in it lets anybody send there.

    ``key`` names the channel in the database, whatever its password or keyword is.
    """

    name: str
    key: str

    def parts(self, title: str, text: str) -> list[str]:
        """``text`` (Markdown) as the messages that have to be sent, in order, none too long for the channel."""

    def delay(self) -> float:
        """Seconds until the channel takes another message by its own rules; 0: now."""

    def send(self, title: str, part: str) -> None:
        """Send one of the messages, once. Raises NotDelivered, DeliveryUnknown; neither quotes what is secret."""
