"""What follows from all readings together: pointers that lead nowhere, policies that changed, edits, deadlines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta, tzinfo

from kb.content.checks.links import state_in_words
from kb.content.findings import quoted
from kb.model import SignalKind
from kb.ports.findings import Change, Finding, Reading
from kb.ports.history import ORIGINS
from kb.review.reading import shortened

_TOMORROW = timedelta(days=1)
_NOBODY = "没有署名"


class Judge:
    """Goes by the published articles among ``readings``; what agents can't open needs no review.

    ``has_picture``: whether there is a file at ``product/scenario/images/name``; ``now`` is the moment at which what
    has no date of its own was found, in whose time zone days are counted.
    """

    def __init__(self, readings: Sequence[Reading], has_picture: Callable[[str], bool], now: datetime) -> None:
        self._has_picture, self._now = has_picture, now
        self._published = [reading for reading in readings if reading.status == "published"]
        self._by_id = {reading.article_id: reading for reading in readings}
        self._former = {former: reading for reading in readings for former in reading.former_ids}
        self._pointing: dict[str, list[Reading]] = defaultdict(list)
        for reading in self._published:
            for target in filter(None, map(self._target, reading.related)):
                self._pointing[target.article_id].append(reading)
        names = {name for reading in self._published for name in (reading.article_id, reading.title)}
        self._hidden = {
            name: reading
            for reading in readings
            if reading.status != "published"
            for name in (reading.article_id, reading.title)
            if name not in names
        }

    def findings(self) -> Iterator[Finding]:
        """All that can be said without comparing texts."""
        for reading in self._published:
            for evidence in dict.fromkeys(self._dead_ends(reading)):
                yield self._found_now(reading, SignalKind.BROKEN_LINK, "", evidence)
            for deadline in dict.fromkeys(reading.deadlines):
                day, since = str(deadline.day), deadline.day + _TOMORROW
                yield Finding(reading.article_id, SignalKind.PAST_DATE, day, deadline.sentence, since)
            for change in reading.changes[len(reading.changes) - reading.changed_since :]:
                yield self._changed(reading, SignalKind.EDITED, "", change)
        yield from self._policies()

    def _found_now(self, reading: Reading, kind: SignalKind, subject: str, evidence: str) -> Finding:
        return Finding(reading.article_id, kind, subject, evidence, self._now.date(), self._now)

    # --- pointers

    def _dead_ends(self, reading: Reading) -> Iterator[str]:
        for target in reading.related:
            state = self._state(target)
            if state != state_in_words("draft"):  # the page leaves drafts out
                yield from _said(f"相关知识里的{quoted(target)}", state)
        for target in reading.links:
            yield from _said(f"链接 /a/{target} ", self._state(target))
        for name in reading.names:
            hidden = self._hidden.get(name[1:-1])
            if hidden is not None:
                yield from _said(name, state_in_words(hidden.status))
        for picture in reading.pictures:
            if not self._has_picture(f"{reading.folder}/{picture}"):
                yield f"图片 {picture} 不见了"

    def _state(self, article_id: str) -> str:
        """Why nobody can open an article, ``""`` if one can."""
        target = self._target(article_id)
        if target is None:
            return "没有对应的条目"
        return "" if target.status == "published" else state_in_words(target.status)

    def _target(self, article_id: str) -> Reading | None:
        """The article that has an id, or had it."""
        return self._by_id.get(article_id) or self._former.get(article_id)

    # --- policies

    def _policies(self) -> Iterator[Finding]:
        for policy in self._published:
            if policy.kind == "policy":
                for reading in self._relatives(policy):
                    yield from self._changes_of(policy, reading)

    def _relatives(self, policy: Reading) -> list[Reading]:
        """The published articles that name the policy, or that it names."""
        named = [target for target in map(self._target, policy.related) if target and target.status == "published"]
        relatives = {reading.article_id: reading for reading in (*named, *self._pointing[policy.article_id])}
        return [reading for reading in relatives.values() if reading is not policy]

    def _changes_of(self, policy: Reading, reading: Reading) -> Iterator[Finding]:
        days = [change.at.astimezone(self._zone).date() for change in policy.changes]
        for change in policy.changes:
            yield self._changed(reading, SignalKind.POLICY, policy.title, change)
        if policy.updated is not None and policy.updated > max(days, default=date.min):
            evidence = f"《{policy.title}》{policy.updated} 更新"
            yield Finding(reading.article_id, SignalKind.POLICY, policy.title, evidence, policy.updated)

    # --- changes

    def _changed(self, reading: Reading, kind: SignalKind, subject: str, change: Change) -> Finding:
        at = change.at.astimezone(self._zone)
        title, reason = f"《{subject}》" if subject else "", f"：{change.note}" if change.note else ""
        facts = f"（{'，'.join(change.facts)}）" if change.facts else ""
        who = f"{change.author or _NOBODY}，{ORIGINS.get(change.origin, change.origin)}"
        evidence = shortened(f"{title}{at:%Y-%m-%d %H:%M} 改过{facts}，{who}{reason}")
        return Finding(reading.article_id, kind, subject, evidence, at.date(), change.at)

    @property
    def _zone(self) -> tzinfo | None:
        return self._now.tzinfo


def _said(name: str, state: str) -> Iterator[str]:
    if state:
        yield f"{name}{state}"
