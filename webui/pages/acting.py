"""What pages on which somebody acts have in common: which of them the menu offers, and which refusals they show."""

from __future__ import annotations

from flask import Flask

from kb.errors import ArticleError, ArticleNotFound, EditConflict, EditError, InvalidArticle, QueryError
from kb.model import Right
from kb.rules.access import has
from webui.current import caller

#: what keeps something from being done and is best said on the page where it was tried, with all that was filled in
REFUSED = (ArticleError, ArticleNotFound, EditConflict, EditError, InvalidArticle, QueryError)

#: what changes are called, by ``kb.ports.history.ACTIONS``
ACTIONS = {
    "create": "新建",
    "publish": "修改",
    "archive": "归档",
    "unarchive": "恢复使用",
    "delete": "删除",
    "restore": "恢复旧版本",
    "move": "移动",
    "rename": "改编号",
    "bulk": "批量修改",
    "learn": "补充问法",
    "broken": "有误的内容",
}
#: where they came from, by ``kb.ports.history.ORIGINS``
ORIGINS = {"web": "网页", "api": "接口", "file": "直接改文件", "import": "导入", "cli": "命令行"}

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
