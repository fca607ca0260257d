"""群机器人 of 企业微信, 钉钉 and 飞书: what each wants to be asked, how long and how often.

Limits and signatures are those of the vendors' own pages on custom robots (群机器人配置说明, 自定义机器人安全设置,
自定义机器人使用指南). The two signatures only look alike: 飞书 signs nothing, with time and secret as the key; 钉钉
signs both with the secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from kb.access.signing import fingerprint
from kb.errors import DeliveryUnknown, NotDelivered
from kb.notify.addresses import Address
from kb.notify.pacing import Pace
from kb.notify.web import TIMEOUT, post_json
from kb.rules.splitting import split_by_bytes
from kb.text.controls import one_line

#: of what a robot says about a refusal
_LONGEST_REASON = 200
_KEYWORD_HINT = "多半是安全设置不符：检查加签的 secret=、关键词 keyword=、IP 白名单，以及本机时间"


class Dialect(ABC):
    """What is different from robot to robot. ``limit``: bytes of a message's text; ``rates``: messages, seconds;
    ``code`` names the answer's field that is 0 if all is well; ``busy``: what it is when one has to wait; ``hints``:
    what other refusals mean.
    """

    label: str
    limit: int
    rates: tuple[tuple[int, float], ...]
    code: str
    reason: str
    busy: frozenset[int]
    hints: Mapping[int, str]

    @abstractmethod
    def text(self, title: str, text: str, at: tuple[str, ...]) -> str:
        """The digest with its title, as far as that is not told elsewhere, and those who are mentioned."""

    @abstractmethod
    def request(self, address: Address, title: str, part: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """Where to send a part, and as what."""

    def rest(self, now: datetime) -> float:
        """Seconds for which it is better left alone."""
        return 0.0


class WeCom(Dialect):
    """企业微信: the key in the address is all that protects a robot. 4,096 bytes of Markdown, 20 messages a minute."""

    label = "企业微信群机器人"
    limit = 4096
    rates = ((20, 60.0),)
    code, reason = "errcode", "errmsg"
    busy = frozenset({-1, 45009, 45033})
    hints = MappingProxyType({93000: "机器人已被移除，或 key 不对", 40058: "内容不合要求"})

    def text(self, title: str, text: str, at: tuple[str, ...]) -> str:
        """See Dialect."""
        mentioned = "".join(f"<@{one}>" for one in at)
        return f"**{title}**\n{text}{mentioned}"

    def request(self, address: Address, title: str, part: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """See Dialect."""
        return address.target, {"msgtype": "markdown", "markdown": {"content": part}}


class DingTalk(Dialect):
    """钉钉: 20 messages a minute, then it is deaf for ten; 20,000 bytes of JSON, in which a text can grow to twice."""

    label = "钉钉群机器人"
    limit = 9000
    rates = ((20, 60.0),)
    code, reason = "errcode", "errmsg"
    busy = frozenset({-1, 130101, 90030})
    hints = MappingProxyType(
        {310000: _KEYWORD_HINT, 300001: "access_token 不对", 400013: "群已解散", 400101: "access_token 不对"}
    )

    def text(self, title: str, text: str, at: tuple[str, ...]) -> str:
        """See Dialect."""
        mentioned = " ".join(f"@{one}" for one in at)
        return f"### {title}\n{text}{mentioned}".replace("\n", "  \n")  # a line ends where two spaces stand

    def request(self, address: Address, title: str, part: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """See Dialect."""
        mentioned = [one for one in address.at if f"@{one}" in part]
        named = {"atMobiles": mentioned, "isAtAll": "all" in mentioned}
        body = {"msgtype": "markdown", "markdown": {"title": title, "text": part}, "at": named}
        if not address.secret:
            return address.target, body
        stamp = str(int(now.timestamp() * 1000))
        sign = _hmac(address.secret, f"{stamp}\n{address.secret}")
        parts = urlsplit(address.target)
        query = [*parse_qsl(parts.query), ("timestamp", stamp), ("sign", sign)]
        return parts._replace(query=urlencode(query)).geturl(), body


class Feishu(Dialect):
    """飞书: 100 messages a minute, 5 a second; 20 KB of JSON. It is overloaded on the hour and at half past."""

    label = "飞书群机器人"
    limit = 9000
    rates = ((100, 60.0), (5, 1.0))
    code, reason = "code", "msg"
    busy = frozenset({9499, 11232})
    hints = MappingProxyType(
        {
            19021: "加签不符：检查 secret= 和本机时间",
            19022: "本机的 IP 不在机器人的白名单里",
            19024: "没有机器人要求的关键词：请设 keyword=",
            19001: "地址里的 token 不对",
        }
    )

    def text(self, title: str, text: str, at: tuple[str, ...]) -> str:
        """See Dialect."""
        return text + "".join(f"<at id={one}></at>" for one in at)

    def request(self, address: Address, title: str, part: str, now: datetime) -> tuple[str, dict[str, Any]]:
        """See Dialect."""
        body: dict[str, Any] = {
            "msg_type": "interactive",
            "card": {
                "header": {"title": {"tag": "plain_text", "content": title}},
                "elements": [{"tag": "markdown", "content": part}],
            },
        }
        if address.secret:
            stamp = str(int(now.timestamp()))
            body |= {"timestamp": stamp, "sign": _hmac(f"{stamp}\n{address.secret}", "")}
        return address.target, body

    def rest(self, now: datetime) -> float:
        """See Dialect."""
        return 60.0 - now.second if now.minute in (0, 30) else 0.0


class Robot:
    """Implements ``kb.ports.notifier.Notifier`` for one robot; ``now`` gives an aware datetime, ``clock`` seconds."""

    def __init__(
        self,
        address: Address,
        dialect: Dialect,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        timeout: float = TIMEOUT,
    ) -> None:
        self._address, self._dialect, self._now, self._timeout = address, dialect, now, timeout
        self._pace = Pace(dialect.rates, clock)
        self.key = fingerprint(f"{address.scheme}:{address.target}")
        self.name = f"{dialect.label} {self.key[:6]}"

    def parts(self, title: str, text: str) -> list[str]:
        """See the port; the keyword begins each message, the mentioned stand at the end of all."""
        begin = f"{self._address.keyword}\n" if self._address.keyword else ""
        whole = self._dialect.text(title, text, self._address.at)
        return [begin + part for part in split_by_bytes(whole, self._dialect.limit - len(begin.encode()))]

    def delay(self) -> float:
        """See the port."""
        return max(self._pace.delay(), self._dialect.rest(self._now()))

    def send(self, title: str, part: str) -> None:
        """See the port."""
        url, body = self._dialect.request(self._address, title, part, self._now())
        self._pace.sent()
        self._judge(post_json(self.name, url, body, self._timeout))

    def _judge(self, answer: dict[str, Any]) -> None:
        """Robots answer 200 also to what they refuse."""
        code = answer.get(self._dialect.code)
        if type(code) is not int:
            raise DeliveryUnknown(f"{self.name}的回答里没有 {self._dialect.code}，不确定是否发出。请到群里看一眼。")
        if code != 0:
            hint = self._dialect.hints.get(code, "")
            said = self._address.masked(one_line(str(answer.get(self._dialect.reason, ""))))[:_LONGEST_REASON]
            reason = "；".join(filter(None, (f"{code} {said}".strip(), hint)))
            raise NotDelivered(f"{self.name}拒绝了这条提醒（{reason}）。", again=code in self._dialect.busy)


def _hmac(key: str, message: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), message.encode(), hashlib.sha256).digest()).decode()
