"""Confirming one article by the link of a reminder, without a login.

The link stands for its reviewer's account, for this one verdict on this one text: an account that may not review the
article any more, or is disabled, can't by a link either.
"""

from __future__ import annotations

from dataclasses import dataclass

from kb.desk.history import HistoryDesk
from kb.desk.verdicts import VerdictDesk
from kb.errors import ArticleNotFound, LinkRefused
from kb.model import Article, Caller, Freshness, Right, Verdict, Via
from kb.ports.notices import ConfirmLink
from kb.rules.access import require_for
from kb.rules.side_by_side import Comparison
from kb.system import System


@dataclass(frozen=True, slots=True)
class Confirmable:
    """What a link is about: ``changes`` since the article was last verified, None where nobody knows what it said then;
    ``outdated``: the article says something else by now than it did when the reminder was sent.
    """

    article: Article
    freshness: Freshness
    reviewer: Caller
    changes: Comparison | None
    outdated: bool


class ConfirmDesk:
    """Raises LinkRefused for links that are forged, used, expired, or whose article or account is out of service, and
    AccessDenied where the account may not review the article any more.
    """

    def __init__(self, system: System) -> None:
        self._system = system

    def look(self, token: str) -> Confirmable:
        """What would be confirmed; nothing is done."""
        return self._seen(self._system.reminders.links.find(token))

    def confirm(self, token: str) -> Confirmable:
        """Let the verdict stand, and the link be used up; raises what ``VerdictDesk.give`` does."""
        links = self._system.reminders.links
        link = links.find(token)
        seen = self._seen(link)
        links.use(link)
        try:
            verdicts = VerdictDesk(self._system, seen.reviewer)
            verdicts.give(link.article_id, Verdict.CONFIRM, expected=link.revision)
        except BaseException:
            links.release(link)
            raise
        return seen

    def _seen(self, link: ConfirmLink) -> Confirmable:
        account = self._system.access.accounts.active(link.reviewer)
        if account is None:
            raise LinkRefused(f"这个链接用的账号“{link.reviewer}”已停用或不存在，请联系管理员。")
        caller = account.caller(Via.LINK)
        record = self._system.catalog.find(link.article_id)
        if record is None or record.article.status != "published":
            raise LinkRefused("这条知识已经归档、删除或撤下，不用再确认了。", over=True)
        require_for(caller, Right.REVIEW, record.article.owner)
        freshness = self._system.snapshots.freshness(record, self._system.today())
        changes = self._changes(caller, record.article)
        return Confirmable(record.article, freshness, caller, changes, record.revision != link.revision)

    def _changes(self, caller: Caller, article: Article) -> Comparison | None:
        if article.verified is None:
            return None
        history = HistoryDesk(self._system, caller)
        try:
            verified, _, _ = history.then(article.id, article.verified)
        except ArticleNotFound:  # it was verified before there was a history
            return None
        return history.comparison(article.id, verified.revision.number, history.revisions(article.id)[0].number)
