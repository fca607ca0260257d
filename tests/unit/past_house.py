"""A house with a past: articles edited, archived and removed at chosen moments, and what else reports look at."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from kb.config import load_settings
from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.editing.history import ArticleHistory
from kb.editing.writing import Writing
from kb.model import Caller, Role, Verdict, Via
from kb.ports.events import Event
from kb.ports.history import Edit
from kb.reports.computation import WeeklySources
from kb.reports.weekly import WeeklyReports
from kb.review.verdicts import Verdicts
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.gaps import GapLog
from kb.store.query_log import QueryLog
from kb.store.reviews import Reviews
from kb.store.revisions import Revisions
from kb.store.weekly_snapshots import WeeklySnapshots
from kb.usecases.faq import FaqPanels
from kb.wiring.basics import policy_of
from tests.unit.article_tree import write

FOLDERS = {"trade": "交易业务部", "logistics": "物流业务部"}


class PastHouse:
    """Everything happens ``at`` the moment that a test has set; weeks are those of Asia/Shanghai."""

    def __init__(self, root: Path, at: datetime) -> None:
        self.at = at
        overrides = {"articles": str(root / "articles"), "data": str(root / "data"), "semantic": "off"}
        self.settings = load_settings(environ={}, overrides=overrides)
        for slug, owner in FOLDERS.items():
            write(self.settings.articles, f"{slug}/_index.md", f"---\ntitle: {owner}的产品\nowner: {owner}\n---\n")
            write(self.settings.articles, f"{slug}/all/_index.md", "---\ntitle: 全部\n---\n")
        self.database = Database(self.settings.database)
        self.files = ArticleFiles(self.settings.articles, self.settings.channels)
        self.catalog, self.history = Catalog(self.database), Revisions(self.database)
        self.events, self.snapshots = EventLog(self.database), WeeklySnapshots(self.database)
        self.policy = policy_of(self.settings)
        saver = ArticleSaver(self.files, self.catalog, self.history)
        self.writing = Writing(self.files, self.catalog, saver, lambda: self.at, lambda: None)

    @property
    def reports(self) -> WeeklyReports:
        """As somebody sees them who asks at the moment ``at``."""
        sources = WeeklySources(
            self.history,
            self.catalog,
            self.files,
            Reviews(self.database),
            self.events,
            QueryLog(self.database),
            GapLog(self.database),
            FaqSnapshots(self.database),
        )
        return WeeklyReports(
            sources, self.snapshots, self.policy, self.settings.timezone, lambda: self.at, kept_days=180
        )

    def write(
        self, article_id: str, *lines: str, by: str = "王芳", says: str = "您好。", folder: str = "trade"
    ) -> None:
        """Publish what the article says from now on."""
        front = "\n".join(["---", f"id: {article_id}", f"title: 关于{article_id}的问题", *lines, "---"])
        self._save(article_id, f"{folder}/all/{article_id}.md", f"{front}\n## 标准话术\n{says}\n", by)

    def confirm(self, article_id: str, by: str = "李雷") -> None:
        """A reviewer says that it is right."""
        told = ArticleHistory(self.writing, self.history)
        verdicts = Verdicts(self.writing, told, self.history, Reviews(self.database))
        verdicts.give(Caller(by, Role.REVIEWER, via=Via.SESSION), article_id, Verdict.CONFIRM)

    def remove(self, article_id: str, by: str = "王芳") -> None:
        """Delete its file."""
        standing = self.writing.standing(article_id)
        self.writing.remove(
            standing.record.path, article_id, standing.file.revision, Edit(self.at, by, "web", "delete")
        )

    def use(self, kind: str, article_id: str, times: int = 1, stale: bool = False) -> None:
        """Agents do something with it."""
        for _ in range(times):
            self.events.record(Event(self.at, kind, article_id, stale=stale))

    def top(self) -> frozenset[str]:
        """What the FAQ panel shows at this moment."""
        panels = FaqPanels(self.catalog, self.events, FaqSnapshots(self.database), self.policy)
        panels.rebuild(self.at)
        return panels.top_ids()

    @property
    def day(self) -> str:
        """Today, there."""
        return self.at.astimezone(self.settings.timezone).date().isoformat()

    def _save(self, article_id: str, path: str, source: str, by: str) -> None:
        record = self.catalog.get(article_id)
        version, _ = self.writing.article(article_id, path, source)
        edit = Edit(self.at, by, "web", "publish" if record else "create")
        self.writing.save(version, record.revision if record else "", edit)
