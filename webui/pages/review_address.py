"""What the address of the review screen says: filters, the page, which article is open. Links and forms carry it on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from flask import request, url_for

from kb.errors import QueryError
from kb.review.queue_page import QueueFilter
from webui.http import inputs

#: of a worklist: the address that names its articles stays below the 8 KB that proxies let through
MOST_MINUTES = 240
_MOST_PAGES = 100_000
#: characters, several times what such a list takes; every link on the page repeats them
_LONGEST_LIST = 16 * 1024
HIGHEST_ID = 10**9 - 1


@dataclass(frozen=True, slots=True)
class Asked:
    """Filters as ``QueueFilter.of`` takes them; ``minutes`` asks for a worklist, ``only`` names the articles of one
    that was begun; ``opened`` is the article beside the list, ``done`` the verdict that was given just now.
    """

    owner: str = ""
    product: str = ""
    state: str = ""
    signal: str = ""
    page: int = 1
    minutes: int = 0
    only: tuple[str, ...] = ()
    opened: str = ""
    done: int = 0

    @property
    def filter(self) -> QueueFilter:
        """Which rows are wanted. Raises QueryError."""
        return QueueFilter.of(self.owner, self.product, None, self.state, self.signal)

    @property
    def is_filtered(self) -> bool:
        """Whether rows are left out, other than by a worklist."""
        return any((self.owner, self.product, self.state, self.signal))

    def address(self, **changes: object) -> str:
        """The list with ``changes``; what was done just now is not said again."""
        there = replace(self, **{"done": 0, **changes})  # type: ignore[arg-type]  # by templates, unchecked
        return url_for("review.listing", **there._parameters())

    def act(self, endpoint: str, **values: Any) -> str:
        """Where a form leads that changes something, and then comes back to this list."""
        return url_for(endpoint, **values, **replace(self, opened="", done=0)._parameters())

    def _parameters(self) -> dict[str, Any]:
        """What the address says; nothing about what goes without saying."""
        said = {
            "owner": self.owner,
            "product": self.product,
            "state": self.state,
            "signal": self.signal,
            "page": self.page if self.page > 1 else 0,
            "minutes": self.minutes,
            "only": ",".join(self.only),
            "open": self.opened,
            "done": self.done,
        }
        return {name: value for name, value in said.items() if value}


def asked() -> Asked:
    """What the request's address says. Raises QueryError for numbers that are none, and a list that is too long."""
    given = inputs.filled_in(request.args)
    only = given.get("only", "")
    if len(only) > _LONGEST_LIST:
        raise QueryError(f"清单里的知识太多（only 最多 {_LONGEST_LIST} 字），请回到复核清单重新排一份。")
    return Asked(
        **{name: given.get(name, "") for name in ("owner", "product", "state", "signal")},
        page=inputs.integer(given, "page", 1, 1, _MOST_PAGES),
        minutes=inputs.integer(given, "minutes", 0, 1, MOST_MINUTES),
        only=tuple(filter(None, only.split(","))),
        opened=given.get("open", ""),
        done=inputs.integer(given, "done", 0, 1, HIGHEST_ID),
    )
