"""Works out after each change of the articles what speaks against them, so that no request has to read a text.

States are compared, as everywhere: what of the catalog or the history is not what was read is read again, then all
findings follow anew from all readings. Whoever finds that first, a server's upkeep or ``kb index``, does it for all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path

from kb.model import Article, SignalKind
from kb.ports.catalog import Catalog
from kb.ports.findings import Finding, Findings, Reading
from kb.ports.history import History
from kb.review.contradictions import Contradictions
from kb.review.judging import Judge
from kb.review.reading import read, shortened
from kb.usecases.progress import Progress, silent
from kb.usecases.question import Vocabulary

#: Names how articles are read. Raise it when another program would find something else in the same text.
_READER = "1"

#: so many articles are read at once: their texts are in memory together
_BATCH = 100

#: What has no date of its own arose when it was first found.
_FOUND = frozenset({SignalKind.BROKEN_LINK, SignalKind.CONTRADICTION})


class Examiner:
    """Keeps ``findings`` equal to what catalog, history and pictures below ``root`` say; thread-safe.

    ``vocabulary`` is asked for only when there are values to compare.
    """

    def __init__(
        self,
        catalog: Catalog,
        history: History,
        findings: Findings,
        root: Path,
        vocabulary: Callable[[], Vocabulary],
        now: Callable[[], datetime],
    ) -> None:
        self._catalog, self._history, self._findings = catalog, history, findings
        self._root, self._now = root, now
        self._compared = Contradictions(self._published, vocabulary)
        self._turn = threading.Lock()

    def follow(self, progress: Progress = silent) -> bool:
        """Bring the findings up to the articles; return whether there was anything to do. Raises StoreError.

        Costs a few milliseconds when nothing has changed.
        """
        with self._turn:
            state = self._state()
            if self._findings.examined() == state:
                return False
            self._findings.save(self._found(self._read(progress)), state)
            return True

    def _state(self) -> str:
        """What everything depends on, taken before it is read: what changes meanwhile is still to do then."""
        return f"{_READER} {self._catalog.version()} {self._history.stamp()}"

    def _read(self, progress: Progress) -> list[Reading]:
        """Read what is not as it was; return what all articles say."""
        readings = {reading.article_id: reading for reading in self._findings.readings()}
        heads, served = self._history.heads(), self._catalog.revisions()
        states = {i: f"{_READER} {path} {revision} {heads.get(i, 0)}" for i, (path, revision) in served.items()}
        changed = [i for i, state in states.items() if i not in readings or readings[i].state != state]
        for start in progress(range(0, len(changed), _BATCH), -(-len(changed) // _BATCH), "找出过时的内容"):
            read_now = list(self._read_batch(changed[start : start + _BATCH], states))
            self._findings.keep(read_now, ())
            readings |= {reading.article_id: reading for reading in read_now}
        gone = readings.keys() - states.keys()
        if gone:
            self._findings.keep((), gone)
        return [reading for i, reading in readings.items() if i not in gone]

    def _read_batch(self, article_ids: Sequence[str], states: dict[str, str]) -> Iterator[Reading]:
        texts = self._history.texts(article_ids)
        for article_id, record in self._catalog.get_many(article_ids).items():
            yield read(record, states[article_id], texts.get(article_id, []))

    def _found(self, readings: list[Reading]) -> list[Finding]:
        known = {(f.article_id, f.kind, f.subject, f.evidence): f for f in self._findings.all() if f.kind in _FOUND}
        judge = Judge(readings, lambda path: (self._root / path).is_file(), self._now())
        found = (*judge.findings(), *self._contradictions(readings))
        return [known.get((f.article_id, f.kind, f.subject, f.evidence), f) for f in found]

    def _contradictions(self, readings: list[Reading]) -> Iterator[Finding]:
        titles = {reading.article_id: reading.title for reading in readings}
        now = self._now()
        for one, other in self._compared.among(readings):
            for (own_id, own), (other_id, others) in ((one, other), (other, one)):
                title = titles[other_id]
                evidence = f"本条：{shortened(own.clause)}；《{title}》：{shortened(others.clause)}"
                yield Finding(own_id, SignalKind.CONTRADICTION, title, evidence, now.date(), now)

    def _published(self, article_ids: set[str]) -> dict[str, Article]:
        records = self._catalog.get_many(sorted(article_ids))
        return {i: record.article for i, record in records.items() if record.article.status == "published"}
