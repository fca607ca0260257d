"""The robots of 企业微信, 钉钉 and 飞书 as their vendors document them, on one local server; and ways to misbehave."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.local_servers import LocalServer, Reply, Request, running

SECRET = "SEC-geheim-0123456789"  # noqa: S105  # of a robot that does not exist
KEY = "0123456789abcdef-0123"
KEYWORD = "知识库"


class Robots(LocalServer):
    """Three robots that want a signature and a keyword where such robots can want them. ``now`` is their time.

    ``received``: texts of the messages that reached a group; ``instead`` answers in their place when it is set; while
    ``open`` isn't set, nothing is answered, though what came has arrived.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.now = now
        self.received: dict[str, list[str]] = {"wecom": [], "dingtalk": [], "feishu": []}
        self.bodies: list[dict[str, Any]] = []
        self.times: dict[str, list[float]] = {}
        self.requests = 0
        self.instead: Callable[[str], Reply | None] = lambda vendor: None
        self.open, self.arrived = threading.Event(), threading.Event()
        self.open.set()

    def target(self, vendor: str) -> str:
        """The address of a robot, as its vendor shows it."""
        path = {
            "wecom": f"cgi-bin/webhook/send?key={KEY}",
            "dingtalk": f"robot/send?access_token={KEY}",
            "feishu": f"open-apis/bot/v2/hook/{KEY}",
        }[vendor]
        return f"{self.address}/{path}"

    def answer(self, request: Request) -> Reply:
        self.requests += 1
        vendor = _vendor(request.path)
        other = self.instead(vendor)
        if other is not None:
            return other
        assert request.headers["Content-Type"].startswith("application/json")
        body = json.loads(request.body)
        self.bodies.append(body)
        refusal = self._too_fast(vendor) or getattr(self, f"_{vendor}")(request, body)
        self.arrived.set()
        self.open.wait(30)
        code, text = ("code", "msg") if vendor == "feishu" else ("errcode", "errmsg")
        return 200, {}, json.dumps({code: refusal[0], text: refusal[1]} if refusal else {code: 0, text: "ok"}).encode()

    def _too_fast(self, vendor: str) -> tuple[int, str] | None:
        now = self.now().timestamp()
        times = self.times.setdefault(vendor, [])
        times.append(now)
        limits = {"wecom": [(20, 60)], "dingtalk": [(20, 60)], "feishu": [(100, 60), (5, 1)]}[vendor]
        if any(len([t for t in times if t > now - seconds]) > count for count, seconds in limits):
            return {"wecom": 45009, "dingtalk": 130101, "feishu": 9499}[vendor], "too fast"
        return None

    def _wecom(self, request: Request, body: dict[str, Any]) -> tuple[int, str] | None:
        if parse_qs(urlsplit(request.path).query) != {"key": [KEY]}:
            return 93000, f"invalid webhook url, hint: [{request.path}]"
        assert body["msgtype"] == "markdown"
        content = body["markdown"]["content"]
        if len(content.encode()) > 4096:
            return 40058, "markdown.content exceed max length 4096"
        self.received["wecom"].append(content)
        return None

    def _dingtalk(self, request: Request, body: dict[str, Any]) -> tuple[int, str] | None:
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query).items()}
        assert query["access_token"] == KEY
        if len(request.body) > 20_000:
            return 460101, "message too long"
        stamp = query.get("timestamp", "0")
        signed = hmac.new(SECRET.encode(), f"{stamp}\n{SECRET}".encode(), hashlib.sha256).digest()
        if abs(int(stamp) / 1000 - self.now().timestamp()) > 3600 or query["sign"] != base64.b64encode(signed).decode():
            return 310000, f"sign not match, access_token={KEY}"
        assert body["msgtype"] == "markdown"
        assert body["markdown"]["title"]
        if KEYWORD not in body["markdown"]["text"]:
            return 310000, "keywords not in content"
        self.received["dingtalk"].append(body["markdown"]["text"])
        return None

    def _feishu(self, request: Request, body: dict[str, Any]) -> tuple[int, str] | None:
        if len(request.body) > 20 * 1024:
            return 9499, "request body too large"
        stamp = body.get("timestamp", "0")
        signed = hmac.new(f"{stamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
        if abs(int(stamp) - self.now().timestamp()) > 3600 or body.get("sign") != base64.b64encode(signed).decode():
            return 19021, "sign match fail or timestamp is not within one hour from current time"
        assert body["msg_type"] == "interactive"
        (element,) = body["card"]["elements"]
        if KEYWORD not in element["content"]:
            return 19024, "Key Words Not Found"
        self.received["feishu"].append(element["content"])
        return None


def _vendor(path: str) -> str:
    return {"cgi-bin": "wecom", "robot": "dingtalk", "open-apis": "feishu"}[path.split("/")[1]]


@contextmanager
def robots(now: Callable[[], datetime]) -> Iterator[Robots]:
    """The robots while they listen."""
    with running(Robots(now)) as server:
        try:
            yield server
        finally:
            server.open.set()


def saying(status: int, document: object = None, **headers: str) -> Callable[[str], Reply]:
    """Instead of what a robot should say."""
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return lambda vendor: (status, headers, body)
