"""The JSON documents of ``kb notify``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from kb.notify.reminders import Preview
from kb.notify.sending import Outcome


def outcomes_document(outcomes: Sequence[Outcome]) -> dict[str, object]:
    """What became of each digest."""
    return {"ok": all(one.is_good for one in outcomes), "digests": [asdict(one) for one in outcomes]}


def previews_document(previews: Sequence[Preview]) -> dict[str, object]:
    """What would be sent."""
    return {"digests": [asdict(one) for one in previews]}
