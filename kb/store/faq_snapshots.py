"""The latest rankings of the FAQ panel, so that a restart shows at once what was shown before."""

from __future__ import annotations

import json

from kb.ports.store import FaqSnapshot
from kb.store.database import Database, epoch_ms, from_epoch_ms

KEPT = 10


class FaqSnapshots:
    """Implements ``kb.ports.store.FaqSnapshots``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, snapshot: FaqSnapshot) -> None:
        """Keep ``snapshot`` as the latest and forget all but the last ten."""
        ranking = json.dumps(snapshot.ranking, ensure_ascii=False)
        with self._database.write() as db:
            db.table("faq_snapshots").insert({"as_of": epoch_ms(snapshot.as_of), "ranking": ranking})
            db.execute(
                """DELETE FROM faq_snapshots
                WHERE id NOT IN (SELECT id FROM faq_snapshots ORDER BY id DESC LIMIT ?)""",
                [KEPT],
            )

    def latest(self) -> FaqSnapshot | None:
        """The last one saved; None before the first, and when it is damaged (the next ranking replaces it)."""
        with self._database.read() as db:
            row = db.execute(
                "SELECT as_of, CAST(ranking AS BLOB) FROM faq_snapshots ORDER BY id DESC LIMIT 1"
            ).fetchone()
        if row is None:
            return None
        as_of, ranking = row
        try:
            places = tuple((article_id, score) for article_id, score in json.loads(ranking))
        except (ValueError, TypeError):
            return None
        return FaqSnapshot(from_epoch_ms(as_of), places)
