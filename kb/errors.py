"""Every error that this project raises on purpose.

::

    KbError
     ├─ SettingsError        a setting has a value that can't be used
     ├─ ArticleError         an article file breaks the format        (carries the Problem)
     ├─ ArticleNotFound      no article with that id
     │   └─ NotThatDay       nothing of it was in force then, or nothing is known
     ├─ QueryError           the caller's query can't be answered     (too long, unknown filter)
     ├─ TooManyReports       one visitor reports gaps faster than anybody can meet them
 ├─ LoginRequired        nobody known asks for what needs a login
 ├─ LoginFailed          name and password, session or token are not right
 ├─ TooManyLogins        passwords are tried faster than anybody types them
 ├─ SingleSignOnError    the provider of OpenID Connect doesn't answer, or not as it should
 ├─ AccessDenied         the caller may not do that
 ├─ AccountError         users or tokens can't be changed like that
 ├─ EditConflict         somebody else has saved in the meantime    (carries what is there now)
 ├─ InvalidArticle       what should be saved breaks the format     (carries the Problems)
 ├─ ImageRefused         a picture can't be stored              (not one of ours, too large, damaged, disk full)
 ├─ EditError            an article can't be changed like that      (name taken, file gone)
     │   └─ SaveFailed       the articles can't be written right now  (busy, disk full, no permission)
     ├─ EngineError          the index can't do what was asked
     │   ├─ IndexLocked      another process is writing
     │   ├─ IndexMissing     nothing has been indexed yet
     │   ├─ IndexCorrupt     files of the index are damaged
     │   ├─ SmokeTestFailed  a new generation doesn't answer; the old one stays
     │   └─ ClusterError     the search cluster refuses (login, rights, read-only, full, too old)
     │       ├─ ClusterAway      nobody there answers, or not in time
     │       ├─ ClusterBusy      it wants to be asked later
     │       ├─ ClusterMissing   what was named isn't there
     │       └─ ClusterConflict  somebody else has written it meanwhile
     ├─ StoreError           SQLite can't do what was asked
     │   ├─ StoreCorrupt     the database file is damaged
     │   └─ StoreBusy        the database stayed locked too long
     ├─ WriterElsewhere      this process is not, or may not be, the writer of the cluster
     ├─ NothingPublished     no writer has published anything into the cluster
     ├─ DoneElsewhere        a search node is asked for what only the writer does
     ├─ NotDelivered         a reminder surely did not arrive
     ├─ DeliveryUnknown      a reminder was handed over, but nobody said that it arrived
     ├─ LinkRefused          a link from a reminder is forged, used, expired, or its owner may not review any more
     ├─ EmbedderError        the embedding model can't be asked, or answers nonsense
     ├─ BulkImportError      an import, or undoing one, can't be done
     ├─ EvalError            a qrels folder can't be used
     └─ ServeError           the server can't listen where it was told to

Messages are shown to people: they say what happened and how to mend it, in Chinese.
"""

from __future__ import annotations

from collections.abc import Sequence


class KbError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` can be shown to a user."""


class SettingsError(KbError):
    """A setting has a value that can't be used."""


class ArticleError(KbError):
    """An article file breaks the format."""


class ArticleNotFound(KbError):
    """No article with that id is being served."""

    def __init__(self, article_id: str) -> None:
        super().__init__(f"没有编号为“{article_id}”的知识条目，可能已归档、改号或尚未发布。")
        self.article_id = article_id


class NotThatDay(ArticleNotFound):
    """There is an article with that id, but nothing of it was in force at that time, or nothing is known of it."""

    def __init__(self, article_id: str, message: str) -> None:
        KbError.__init__(self, message)
        self.article_id = article_id


class QueryError(KbError):
    """The caller's query can't be answered as it stands."""


class TooManyReports(KbError):
    """One visitor reports knowledge gaps faster than anybody can meet them."""

    def __init__(self) -> None:
        super().__init__("短时间内报告的知识缺口太多，这一条没有记下。请几分钟后再报告。")


class LoginRequired(KbError):
    """Nobody known asks for what needs a login."""

    def __init__(self, wish: str) -> None:
        super().__init__(f"要{wish}，请先登录。")


class LoginFailed(KbError):
    """Name and password, session or token are not right; which of them is not told."""


class TooManyLogins(KbError):
    """Passwords are tried faster than anybody types them; ``seconds``: until the next try counts."""

    def __init__(self, seconds: int, told: str | None = None) -> None:
        minutes = max(1, -(-seconds // 60))
        super().__init__(told or f"登录失败次数太多，请 {minutes} 分钟后再试；忘记密码请找管理员重置。")
        self.seconds = seconds


class LoginsBusy(TooManyLogins):
    """Others' passwords are being looked at; this one was not."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds, f"同时登录的人太多，这次还没有核对密码（不算失败）。请过 {seconds} 秒再试。")


class SingleSignOnError(KbError):
    """The provider of OpenID Connect doesn't answer, or not as it should; local accounts go on working."""


class AccessDenied(KbError):
    """The caller may not do that."""


class AccountError(KbError):
    """Users or tokens can't be changed like that."""


class EditConflict(KbError):
    """Somebody else has saved in the meantime; ``revision`` is what is there now (``""``: nothing).

    ``diff``: what has changed since the caller looked, as a unified diff, where whoever raises it knows.
    """

    def __init__(self, message: str, revision: str = "", diff: str = "") -> None:
        super().__init__(message)
        self.revision, self.diff = revision, diff


class InvalidArticle(KbError):
    """What should be saved breaks the format; ``problems`` (kb.model.Problem) say where."""

    def __init__(self, problems: Sequence[object]) -> None:
        super().__init__(f"内容不符合格式，没有保存：{problems[0]}" if problems else "内容不符合格式，没有保存。")
        self.problems = tuple(problems)


class EditError(KbError):
    """An article can't be changed like that."""


class ImageRefused(KbError):
    """A picture can't be stored."""


class SaveFailed(EditError):
    """The articles can't be written right now: somebody else is writing, the disk is full, there is no permission."""


class EngineError(KbError):
    """The index can't do what was asked."""


class IndexLocked(EngineError):
    """Another process holds the write lock."""


class IndexMissing(EngineError):
    """Nothing has been indexed yet."""


class IndexCorrupt(EngineError):
    """Files of the index are damaged."""


class SmokeTestFailed(EngineError):
    """A freshly built generation does not answer; the previous one keeps serving."""


class ClusterError(EngineError):
    """The search cluster refuses to do what was asked."""


class ClusterAway(ClusterError):
    """No node of the search cluster answers, or not in time."""


class ClusterBusy(ClusterError):
    """The search cluster has too much to do; it wants to be asked later."""


class ClusterMissing(ClusterError):
    """What was named isn't on the search cluster."""


class ClusterConflict(ClusterError):
    """Somebody else has written on the search cluster what was to be written."""


class StoreError(KbError):
    """The database can't do what was asked."""


class StoreCorrupt(StoreError):
    """The database file is damaged."""


class StoreBusy(StoreError):
    """The database stayed locked by another process for too long."""


class WriterElsewhere(KbError):
    """This process is not, or may not be, the writer of the cluster; ``holder`` is, ``""`` when nobody knows."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"写节点已经在 {holder} 运行，一个集群只能有一个写节点。请先停掉那一台（已断电的，过 15 秒再启动）。"
            if holder
            else "本机与集群失去联系超过 15 秒，写节点的身份可能已由别的机器接替；发布已暂停，重新联系上后会自动确认。"
        )


class NothingPublished(KbError):
    """There is a cluster, but no writer has published anything into it."""


class DoneElsewhere(KbError):
    """A search node is asked for what only the writer does; ``address``: where that is, ``""`` if nobody knows."""

    def __init__(self, address: str) -> None:
        where = f"：{address}" if address else "，地址请向管理员询问"
        super().__init__(f"这个节点只提供查询；登录、编辑、审核和管理请到写节点{where}。")
        self.address = address


class EmbedderError(KbError):
    """The embedding model can't be asked, or answers nonsense; ``retry_after``: seconds that it asks us to wait."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class NotDelivered(KbError):
    """A reminder surely did not arrive; ``again``: the same message may go through in a while."""

    def __init__(self, message: str, again: bool = False) -> None:
        super().__init__(message)
        self.again = again


class DeliveryUnknown(KbError):
    """A reminder was handed over, but nobody said that it arrived: to send it again could be once too often."""


class LinkRefused(KbError):
    """A link from a reminder can't be followed; ``over``: it could once."""

    def __init__(self, message: str, over: bool = False) -> None:
        super().__init__(message)
        self.over = over


class BulkImportError(KbError):
    """An import, or undoing one, can't be done."""


class EvalError(KbError):
    """A qrels folder is incomplete or malformed."""


class ServeError(KbError):
    """The server can't listen where it was told to."""
