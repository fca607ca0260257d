"""The façade: the system as a whole. What callers ask and do goes through a desk; upkeep is here.

Questions are answered from snapshots (``kb.snapshots``), what agents do is written down (``kb.usecases.activity``), and
upkeep keeps index and snapshots equal to the files. If the database fails, searching goes on and only logging is lost
(counted, see ``health``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

from kb import shapes
from kb.access import Access
from kb.desk import Desk
from kb.errors import KbError, NotDelivered, SettingsError, StoreCorrupt
from kb.model import Caller, Problem, Role
from kb.rules.query import has_content
from kb.sharing.parts import PEOPLE
from kb.store.log_writer import LogWriter
from kb.system import System
from kb.usecases.audience import PUBLIC
from kb.usecases.embedding import EmbeddingReport
from kb.usecases.indexing import IndexReport
from kb.usecases.progress import Progress, silent
from kb.usecases.semantic import Semantic

#: who does what nobody asked for
_CLOCK = Caller.local("定时提醒")
_ASK_THE_HOUSE = "不正常，管理员登录后可以看到原因。"


class Service:
    """The system as a whole; thread-safe. Made by ``kb.wiring``. Front ends leave ``system`` alone and ask a desk."""

    def __init__(self, system: System) -> None:
        self.system = system
        self._troubles: dict[str, str] = {}
        self._warm = False
        self._unjudged = False

    def desk(self, caller: Caller) -> Desk:
        """What ``caller`` may ask and do."""
        return Desk(self.system, caller)

    @property
    def access(self) -> Access:
        """Who somebody is: logins, sessions, tokens; and what administrators do with them."""
        return self.system.access

    @property
    def semantic(self) -> Semantic | None:
        """Search by meaning, where there is a model."""
        return self.system.semantic

    @property
    def writer(self) -> str | None:
        """The address of the machine on which articles are changed, ``""`` if nobody knows it; None: this one."""
        return self.system.writer

    @property
    def log_writer(self) -> LogWriter:
        """Writes down what agents do."""
        return self.system.log_writer

    def index(self, rebuild: bool = False, thorough: bool = True, progress: Progress = silent) -> IndexReport:
        """Bring the index up to date with the files; ``refresh`` makes answers follow. See ``Indexer.sync``."""
        return self.system.indexer.sync(rebuild, thorough, progress)

    def follow(self) -> None:
        """Bring the index up to what was saved or taken over here, without a look at the files."""
        self.system.indexer.follow()

    def index_files(self, paths: Sequence[str]) -> tuple[Problem, ...] | None:
        """Take over some files (named from the articles folder, with ``/``), if that is possible without a scan.

        See ``Indexer.sync_files``.
        """
        return self.system.indexer.sync_files(paths)

    def examine(self, progress: Progress = silent) -> bool:
        """Find what speaks against articles anew if they have changed; return whether they had. See ``Examiner``."""
        changed = self.system.examiner.follow(progress)
        if changed:
            self.system.queue.forget()
        return changed

    def mend(self) -> bool:
        """Rebuild the index if a search has met damage; return whether that was so."""
        if not self.system.damaged.is_set():
            return False
        if self.system.writer is None:
            self.system.indexer.sync(rebuild=True)
        else:
            self.system.indexer.follow(rebuild=True)
        self.system.damaged.clear()
        return True

    def refresh(self) -> bool:
        """Let answers follow index and articles; return whether there was any article to follow."""
        self.system.engine.look()
        built = self.system.snapshots.refresh()
        self._unjudged |= built and self._warm
        if self.system.public.in_use:
            self.system.public.refresh()
        return built

    def compact(self) -> None:
        """Catch up with what ``refresh`` leaves as it was because it takes long; nobody waits for this."""
        if self._unjudged:
            self._unjudged = False
            self._judge_queue()
        self.system.snapshots.compact()
        self.system.public.compact()

    def warm_up(self) -> None:
        """Load what the first requests would wait for, now and at every later ``refresh``."""
        self._warm = True
        self.system.snapshots.warm_up()
        self._judge_queue()
        if self.system.access.anonymous_role is Role.PUBLIC:
            self.system.public.warm_up()

    def _judge_queue(self) -> None:
        """No reviewer waits until every article has been judged; where nobody reviews, nobody would wait."""
        system = self.system
        if system.writer is not None:
            return
        system.queue.page(system.today(), system.now(), system.snapshots.top_ids(), limit=0)

    def take_over(self, kinds: frozenset[str]) -> None:
        """Let answers follow what another machine has published: things of these kinds (see ``kb.sharing.parts``)."""
        system = self.system
        self.recognize(kinds)
        if "learned" in kinds:
            system.learning.forget()
        self.refresh()
        for snapshots in (system.snapshots, system.public):
            if kinds.isdisjoint({"learned", "habits"}):
                snapshots.follow_ranking()
            else:
                snapshots.renew()

    def recognize(self, kinds: frozenset[str]) -> None:
        """Let logins follow what another machine has published: things of these kinds."""
        if not kinds.isdisjoint(PEOPLE):
            self.system.access.sessions.forget()
            self.system.access.tokens.forget()

    def rank_faq(self) -> None:
        """Rank the FAQ panel anew."""
        self.system.snapshots.panels.rebuild(self.system.now())
        for snapshots in (self.system.snapshots, self.system.public):
            snapshots.follow_ranking()

    def follow_use(self) -> None:
        """Let the FAQ panel, learned questions and suggestions follow what agents used lately."""
        self.system.snapshots.panels.rebuild(self.system.now())
        self.learn()
        for snapshots in (self.system.snapshots, self.system.public):
            snapshots.renew()

    def learn(self) -> None:
        """Learn anew from the log which queries mean which articles."""
        words = self.system.snapshots.current().searcher.vocabulary
        self.system.learning.learn(lambda text: has_content(text, words.tokenizer, words.stop_words))

    def store_report(self) -> None:
        """Store the report of a week that has ended, if one is missing; of each there is one, whoever makes it."""
        self.system.reports.store_ended(most=1)  # the rest with the next calls: one takes a second or two

    def remind(self) -> None:
        """Send the week's reminders when their time has come. Raises NotDelivered while some can't be delivered."""
        reminders = self.system.reminders
        if reminders.due() is not None:
            with suppress(NotDelivered):  # another server is at it
                self.desk(_CLOCK).reminders.remind()
        if trouble := reminders.trouble():
            raise NotDelivered(trouble)

    def purge_logs(self, days: int) -> None:
        """Forget queries, events and reported gaps that are older than ``days`` days."""
        self.system.activity.purge(self.system.now() - timedelta(days=days))

    def has_articles(self) -> bool:
        """Whether there is something to serve: a catalog that was filled, here or by what another machine published."""
        try:
            return bool(self.system.catalog.version())
        except KbError:
            return False

    def can_search(self) -> bool:
        """Whether there is an index to search, be it an old one."""
        try:
            return bool(self.system.engine.generation())
        except KbError:
            return False

    def check_store(self) -> None:
        """Read the whole database. Raises StoreError when something is wrong with it."""
        self.system.check_store()
        if damaged := self.system.catalog.damaged():
            raise StoreCorrupt(f"{len(damaged)} 个条目的内容已损坏，例如 {damaged[0]}；执行 kb index 从文件恢复。")

    def completed_reviews(self) -> int:
        """How many verdicts of the last seven days a program was killed over, completed since. Raises StoreError."""
        return self.system.reviews.completed(self.system.now() - timedelta(days=7))

    def trouble(self, part: str) -> str:
        """What was noted last of a part; ``""``: nothing."""
        return self._troubles.get(part, "")

    def note(self, part: str, trouble: str) -> bool:
        """Let ``health`` say what keeps upkeep from doing something (``""``: nothing); return whether that is news."""
        news = self._troubles.get(part, "") != trouble
        self._troubles = {**self._troubles, part: trouble}
        return news

    def health(self) -> shapes.Health:
        """State of the parts; ``status`` is ok, degraded (search works, something else doesn't) or down."""
        checks, articles, completed = {"engine": "ok", "store": "ok", "files": "ok"}, 0, 0
        checks |= {part: trouble for part, trouble in self._troubles.items() if trouble}
        try:
            articles = self.system.engine.doc_count()
        except KbError as error:
            checks["engine"] = str(error)
        try:
            self.system.catalog.version()
            completed = self.completed_reviews()
        except KbError as error:
            checks["store"] = str(error)
        semantic, trouble = self._semantic_health()
        if trouble:
            checks["semantic"] = trouble
        commits = self.system.editing.commits
        if commits is not None and commits.trouble:
            checks["git"] = commits.trouble
        searching = checks["engine"] == "ok"
        return {
            "status": "ok" if set(checks.values()) == {"ok"} else "degraded" if searching else "down",
            "checks": checks,
            "engine": self.system.engine.name,
            "generation": self.system.engine.generation() if searching else "",
            "articles": articles,
            "lost_log_entries": self.system.log_writer.lost,
            "completed_reviews": completed,
            "semantic": semantic,
        }

    def health_for(self, caller: Caller) -> shapes.Health:
        """``health`` as far as it concerns ``caller``: to who may see public articles only, others are not counted, and
        what is wrong with files and database is none of their business.
        """
        health = self.health()
        if caller.sees_internal:
            return health
        working = health["checks"]["engine"] == "ok"
        return {
            **health,
            "checks": {part: said if said == "ok" else _ASK_THE_HOUSE for part, said in health["checks"].items()},
            "articles": self.system.engine.doc_count(PUBLIC) if working else 0,
            "completed_reviews": 0,
            "semantic": {**health["semantic"], "texts": 0, "embedded": 0},
        }

    def embed(self, progress: Progress = silent) -> EmbeddingReport:
        """Give vectors to all articles that have none. Raises SettingsError when that is off, EmbedderError."""
        if self.semantic is None:
            raise SettingsError(
                "没有启用语义检索：设置 semantic 为 off，或者没有可用的模型（设置 semantic 为 on 可看原因）。"
            )
        self.system.snapshots.current()  # hands the articles over
        return self.semantic.embed(progress)

    # --- inside

    def _semantic_health(self) -> tuple[shapes.SemanticHealth, str]:
        """How far embedding is, and what goes wrong."""
        if self.semantic is None:
            return {"state": "off", "texts": 0, "embedded": 0}, ""
        now = self.semantic.state()
        ready = now.serves and now.embedded == now.texts
        return {"state": "ready" if ready else "embedding", "texts": now.texts, "embedded": now.embedded}, now.trouble
