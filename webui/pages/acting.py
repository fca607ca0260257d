"""What pages on which somebody acts have in common: which of them the menu offers, and which refusals they show."""

from __future__ import annotations

from contextlib import suppress

from flask import Flask

from kb.errors import ArticleError, ArticleNotFound, EditConflict, EditError, InvalidArticle, QueryError, StoreError
from kb.model import Right
from kb.ports.history import ACTIONS, ORIGINS
from kb.rules.access import has
from webui.current import caller, desk, service

#: what keeps something from being done and is best said on the page where it was tried, with all that was filled in
REFUSED = (ArticleError, ArticleNotFound, EditConflict, EditError, InvalidArticle, QueryError)

#: what an article's page says when somebody comes from its ``/manage`` or its editor
DONE = {
    "moved": "已移动，链接不变，客服 2 秒内在新的场景下看到它。",
    "renamed": "编号已改，旧编号的链接仍会到这里。",
    "unarchived": "已恢复使用，客服 2 秒内可查到。",
    "discarded": "草稿已丢弃，客服看到的没有变。",
}


def register(app: Flask) -> None:
    """Let templates know what to offer, and what changes are called."""
    app.context_processor(_offered)
    app.jinja_env.globals.update(ACTIONS=ACTIONS, ORIGINS=ORIGINS, DONE=DONE)


def _offered() -> dict[str, object]:
    me = caller()
    if service().writer is not None:  # nothing of it is done here
        return {}
    return {
        "edits": has(me, Right.EDIT),
        "publishes_some": has(me, Right.PUBLISH),
        "reviews": has(me, Right.REVIEW),
        "to_review": desk().review.waiting() if has(me, Right.REVIEW) else 0,
        "sent_back_to_me": _sent_back() if has(me, Right.EDIT) else 0,
        "edits_dictionaries": has(me, Right.EDIT_DICTIONARIES),
    }


def _sent_back() -> int:
    """How many articles wait for the caller's departments; the menu does without while the database can't be read."""
    with suppress(StoreError):
        return sum(not sent.is_answered for sent in desk().verdicts.sent_back(mine=True))
    return 0
