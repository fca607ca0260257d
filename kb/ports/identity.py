"""PORT identity: somebody else says who a person is (OpenID Connect), in two steps with the person's browser between.

Every call may raise SingleSignOnError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Departure:
    """A browser that is sent to ``url`` to log in there; it keeps the rest, and nobody else may know it."""

    url: str = field(repr=False)
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is elsewhere: ``subject`` never changes there and is never given to another.

    ``name`` (to log in with) and ``display`` are wishes for an account here; ``groups`` are theirs, not ours.
    """

    issuer: str
    subject: str
    name: str
    display: str = ""
    groups: frozenset[str] = frozenset()


class IdentityProvider(Protocol):
    """Who says who people are."""

    def begin(self, redirect_uri: str, ask_again: bool = False) -> Departure:
        """Where to send the browser, so that it comes back to ``redirect_uri`` with a ``code`` and ``state``.

        ``ask_again``: who is logged in there has to say once more who they are, so that somebody else can.
        """

    def finish(self, departure: Departure, code: str, redirect_uri: str) -> Identity:
        """Who came back with ``code``; whether ``state`` is that of ``departure`` was checked by the caller."""
