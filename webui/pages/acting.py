"""What pages on which somebody acts have in common: which of them the menu offers, and which refusals they show."""

from __future__ import annotations

from flask import Flask

from kb.errors import ArticleError, ArticleNotFound, EditConflict, EditError, InvalidArticle, QueryError
from kb.model import Right
from kb.ports.history import ACTIONS, ORIGINS
from kb.rules.access import has
from webui.current import caller

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
    return {
        "edits": has(me, Right.EDIT),
        "publishes_some": has(me, Right.PUBLISH),
        "edits_dictionaries": has(me, Right.EDIT_DICTIONARIES),
    }
