"""Who did what: written down at every write and login, listed and exported for administrators.

Never with passwords, tokens or what customers said: callers give names, roles and ids, not contents.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

from kb.model import Caller, Right, Role
from kb.ports.accounts import AuditEntry, AuditFilter, AuditLog
from kb.rules.access import require
from kb.text.controls import without_controls
from kb.text.spreadsheets import guarded, storable

#: actions in words; one that is not here is shown as it is
ACTIONS = {
    "login": "登录",
    "login.failed": "登录失败",
    "logout": "退出登录",
    "password.change": "修改自己的密码",
    "password.failed": "修改密码时输错密码",
    "sessions.end": "退出自己的其他登录",
    "user.add": "添加账号",
    "user.change": "修改账号权限",
    "user.disable": "停用账号",
    "user.enable": "启用账号",
    "user.reset": "重置密码",
    "user.role": "按统一登录的组设角色",
    "token.add": "签发令牌",
    "token.revoke": "撤销令牌",
    "article.draft": "保存草稿",
    "article.discard": "放弃草稿",
    "article.create": "新建并发布",
    "article.publish": "发布",
    "article.restore": "恢复旧版本",
    "article.undo": "撤销修改",
    "article.move": "移动",
    "article.rename": "修改编号",
    "article.archive": "归档",
    "article.unarchive": "恢复使用",
    "article.delete": "删除",
    "article.change": "批量修改",
    "image.add": "上传图片",
    "learn.accept": "采纳学到的问法",
    "learn.reject": "拒绝学到的问法",
    "learn.undo": "撤销对学到的问法的决定",
    "gap.answer": "为知识缺口指定答案",
    "gap.ignore": "忽略知识缺口",
    "gap.undo": "撤销对知识缺口的处理",
    "dictionary.save": "修改词典",
    "review.confirm": "审核：确认有效",
    "review.revise": "审核：退回修改",
    "review.archive": "审核：归档",
    "review.undo": "撤回审核结论",
}
_FIELDS = {
    "address": "地址",
    "issuer": "身份来自",
    "role": "角色",
    "owners": "部门",
    "can_publish": "可以发布",
    "expires": "到期",
    "ended": "退出的登录",
    "number": "第几个版本",
    "path": "位置",
    "new_id": "新编号",
    "field": "字段",
    "review": "第几条审核结论",
}
COLUMNS = ("at", "actor", "via", "action", "target", "detail")


class Audit:
    """The audit log."""

    def __init__(self, log: AuditLog, now: Callable[[], datetime]) -> None:
        self._log, self._now = log, now

    def record(self, by: Caller, action: str, target: str = "", detail: Mapping[str, object] | None = None) -> None:
        """Write down that ``by`` did ``action`` (like ``user.add``) to ``target`` (a name or id). Raises StoreError."""
        self._log.add(AuditEntry(self._now(), by.name, by.via, action, without_controls(target), detail or {}))

    def entries(self, by: Caller, wanted: AuditFilter, limit: int | None = None, offset: int = 0) -> list[AuditEntry]:
        """The entries wanted, latest first. Raises AccessDenied, LoginRequired."""
        require(by, Right.ADMINISTER)
        return self._log.entries(wanted, limit, offset)


def detail_text(entry: AuditEntry) -> str:
    """The detail of an entry in one line; what is not given is left out."""
    said = dict(entry.detail)
    if said.get("role") != Role.EDITOR.value:
        said.pop("can_publish", None)  # a right of editors alone
    given = ((name, value) for name, value in said.items() if value not in (None, ""))
    return "；".join(f"{_FIELDS.get(name, name)}：{_in_words(name, value)}" for name, value in given)


def _in_words(name: str, value: object) -> str:
    if isinstance(value, list):
        return "、".join(map(str, value))
    if isinstance(value, bool):
        return "是" if value else "否"
    return Role(value).label if name == "role" else str(value)


def audit_document(entry: AuditEntry) -> dict[str, object]:
    """An entry as JSON."""
    return {
        "at": entry.at.isoformat(timespec="milliseconds"),
        "actor": entry.actor,
        "via": entry.via.value,
        "action": entry.action,
        "target": entry.target,
        "detail": dict(entry.detail),
    }


def as_jsonl(entries: Iterable[AuditEntry]) -> str:
    """One JSON object a line."""
    return "".join(json.dumps(audit_document(entry), ensure_ascii=False) + "\n" for entry in entries)


def as_csv(entries: Iterable[AuditEntry]) -> str:
    """A table that spreadsheets open as text: nothing in it runs as a formula. Write it as ``utf-8-sig``."""
    table = io.StringIO()
    writer = csv.writer(table)
    writer.writerow(COLUMNS)
    for entry in entries:
        row = audit_document(entry) | {"detail": json.dumps(dict(entry.detail), ensure_ascii=False)}
        writer.writerow(guarded(storable(str(row[name]))) for name in COLUMNS)
    return table.getvalue()
