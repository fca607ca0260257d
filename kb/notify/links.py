"""Links by which a reviewer confirms one article with one click: signed, for one text, once, for some days.

Whoever has the link acts in its reviewer's name, as far as that account may review by then. That is decided by whoever
uses the links; here is only whether one is ours and still good.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from kb.access.signing import Signer
from kb.errors import LinkRefused
from kb.ports.notices import ConfirmLink, ConfirmLinks

#: until after the next digest has come
LASTS = timedelta(days=8)
_KEPT = timedelta(days=90)
_TOKEN = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{32})")
_MADE = re.compile(rf"(?<=/confirm/){_TOKEN.pattern}")
_NO_TOKEN = f"0-{'0' * 32}"
_FORGED = "这个链接不对：可能没有复制完整。请从提醒里重新点开，或登录后在复核清单里确认。"


class Links:
    """``base_url`` is that of this installation, ``now`` gives an aware datetime."""

    def __init__(self, store: ConfirmLinks, signer: Signer, base_url: str, now: Callable[[], datetime]) -> None:
        self._store, self._signer, self._base, self._now = store, signer, base_url, now

    def make(self, article_id: str, revision: str, reviewer: str) -> str:
        """The address of a new link."""
        link = self._store.add(article_id, revision, reviewer, self._now() + LASTS)
        return f"{self._base}/confirm/{link.number}-{self._signature(link)}"

    def sample(self, article_id: str, revision: str, reviewer: str) -> str:
        """What such an address looks like: it leads nowhere."""
        return f"{self._base}/confirm/{_NO_TOKEN}"

    def defused(self, text: str) -> str:
        """``text`` with samples in place of links: whoever looks at a message must not be able to use them."""
        return _MADE.sub(_NO_TOKEN, text)

    def find(self, token: str) -> ConfirmLink:
        """The link that can be used. Raises LinkRefused for one that is forged, used up or expired."""
        written = _TOKEN.fullmatch(token)
        link = self._store.get(int(written[1])) if written else None
        if written is None or link is None or not hmac.compare_digest(written[2], self._signature(link)):
            raise LinkRefused(_FORGED)
        if link.used is not None:
            raise LinkRefused(_used(link.used.astimezone(self._now().tzinfo)), over=True)
        if link.expires <= self._now():
            raise LinkRefused("这个链接已经过期。请登录后在复核清单里确认，或等下一次提醒。", over=True)
        return link

    def use(self, link: ConfirmLink) -> None:
        """Use it up, before anything is done by it. Raises LinkRefused when somebody else just has."""
        now = self._now()
        if not self._store.use(link.number, now):
            raise LinkRefused(_used(now), over=True)

    def release(self, link: ConfirmLink) -> None:
        """What was to be done by it failed: it can be tried again."""
        self._store.release(link.number)

    def purge(self) -> None:
        """Forget those that nobody asks about any more."""
        self._store.purge(self._now() - _KEPT)

    def _signature(self, link: ConfirmLink) -> str:
        """128 bits are enough for what lasts days; short, because messengers count bytes."""
        said = (str(link.number), link.article_id, link.revision, link.reviewer, link.expires.isoformat())
        return self._signer.sign("confirm", *said)[:32]


def _used(at: datetime) -> str:
    return f"这个链接已经在 {at:%Y-%m-%d %H:%M} 用过了，一个链接只能用一次。"
