"""The setting ``notify_owners``: where the digest of each business department goes.

An address is one text, a channel and where it is, then options: ``mailto:li@example.com reviewer=李雷``,
``dingtalk:https://oapi.dingtalk.com/robot/send?access_token=… secret=SEC… keyword=知识 at=13800000000``. Messages about
wrong ones never quote them: most of an address is secret.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from kb.config_values import MAILBOX, is_safe
from kb.errors import AccountError, SettingsError
from kb.rules.accounts import account_name

#: channel -> where its robots are, for addresses that give the key only
_ROBOTS = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/",
}
#: and what may be said about one
_OPTIONS = {
    "mailto": ("reviewer",),
    "wecom": ("reviewer", "at"),
    "dingtalk": ("reviewer", "at", "secret", "keyword"),
    "feishu": ("reviewer", "at", "secret", "keyword"),
}
_MAILBOX = re.compile(MAILBOX)
#: no login before the host: it would be a second secret, and urllib takes it for a part of the name
_URL = re.compile(r"https?://([A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[!-~]*)?")
_KEY = re.compile(r"[A-Za-z0-9_-]+")
_AT = re.compile(r"[A-Za-z0-9._@+-]+")
#: bytes of a keyword, which every message begins with
_LONGEST_KEYWORD = 100


@dataclass(frozen=True, slots=True)
class Address:
    """Where to send: ``target`` is a mailbox or a robot's URL, ``at`` who is mentioned there. ``reviewer``: the account
    in whose name its readers confirm by one click, ``""``: they can't.
    """

    scheme: str
    target: str = field(repr=False)
    secret: str = field(default="", repr=False)
    keyword: str = ""
    at: tuple[str, ...] = ()
    reviewer: str = ""

    def masked(self, text: str) -> str:
        """``text`` without anything that lets somebody send here."""
        parts = urlsplit(self.target)
        values = [value for value in re.split(r"[=&/]", f"{parts.path}/{parts.query}") if len(value) >= 16]
        for secret in filter(None, (self.target, self.secret, *values)):
            text = text.replace(secret, "…")
        return text


def parse_address(text: str) -> Address:
    """Raises ValueError, saying what is wrong without quoting what may be secret."""
    where, *options = text.split()
    scheme, colon, target = where.partition(":")
    if not colon or scheme not in _OPTIONS:
        raise ValueError("应以 mailto:、wecom:、dingtalk: 或 feishu: 开头")
    given = dict(_option(option, scheme) for option in options)
    target = _mailbox(target) if scheme == "mailto" else _robot(scheme, target)
    at = tuple(filter(None, given.get("at", "").split(",")))
    if not all(map(_AT.fullmatch, at)):
        raise ValueError("at= 只能写手机号或用户编号，几个人用英文逗号分开")
    if len(given.get("keyword", "").encode()) > _LONGEST_KEYWORD:
        raise ValueError(f"keyword= 太长，最多 {_LONGEST_KEYWORD} 字节")
    return Address(scheme, target, given.get("secret", ""), given.get("keyword", ""), at, _account(given))


def parse_owners(setting: dict[str, tuple[str, ...]]) -> dict[str, tuple[Address, ...]]:
    """Raises SettingsError naming the department and which of its addresses is wrong."""
    return {
        owner: tuple(_one(owner, number, text) for number, text in enumerate(texts, 1))
        for owner, texts in setting.items()
    }


def _one(owner: str, number: int, text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        raise SettingsError(f"设置 notify_owners 里“{owner}”的第 {number} 个地址不能用：{error}。") from None


def _option(text: str, scheme: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or name not in _OPTIONS[scheme] or not value:
        allowed = "、".join(f"{option}=" for option in _OPTIONS[scheme])
        raise ValueError(f"{scheme} 的地址后面，用空格隔开，只能写 {allowed}")
    return name, value


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        raise ValueError("mailto: 后面应是一个邮箱，像 zhang.san@example.com")
    return text


def _robot(scheme: str, text: str) -> str:
    if _KEY.fullmatch(text):
        return _ROBOTS[scheme] + text
    try:
        parts = urlsplit(text)
        usable = bool(_URL.fullmatch(text) and is_safe(parts) and parts.port != 0 and not parts.fragment)
    except ValueError:  # a port or an IPv6 address that is none
        usable = False
    if not usable:
        raise ValueError(f"{scheme}: 后面应是机器人的 https 网址，或网址里的密钥")
    return text


def _account(given: dict[str, str]) -> str:
    try:
        return account_name(given["reviewer"]) if "reviewer" in given else ""
    except AccountError:
        raise ValueError("reviewer= 应是一个登录名") from None
