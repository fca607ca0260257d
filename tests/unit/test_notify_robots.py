"""Robots that misbehave, settings of theirs that are not ours, and what is special about each vendor."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from kb.errors import DeliveryUnknown, NotDelivered
from kb.notify.addresses import parse_address
from kb.notify.robots import DingTalk, Feishu, Robot, WeCom
from tests.certificates import make_certificate, tls
from tests.conformance.test_notifier import OPTIONS, TITLE, robot
from tests.local_servers import Reply, Request, running
from tests.robots import KEY, KEYWORD, SECRET, Robots, robots, saying
from tests.unit.access_desk import Clock

VENDORS = ("wecom", "dingtalk", "feishu")


@pytest.fixture
def clock() -> Clock:
    clock = Clock()
    clock.turn(minutes=7)
    return clock


@pytest.fixture
def server(clock: Clock) -> Iterator[Robots]:
    with robots(clock) as server:
        yield server


def send(sender: Robot, text: str = "一条") -> None:
    for part in sender.parts(TITLE, text):
        sender.send(TITLE, part)


BUSY = {"code": 9499, "errcode": -1, "errmsg": "busy"}
SURELY_NOT = {
    "refused for good": (saying(200, {"code": 19001, "errcode": 93000, "errmsg": f"invalid {KEY}"}), False),
    "busy": (saying(200, BUSY), True),
    "asked to slow down": (saying(429), True),
    "under maintenance": (saying(503), True),
    "not found": (saying(404), False),
    "moved": (saying(302, Location="http://127.0.0.1:9/elsewhere"), False),
    "moved for good, method kept": (saying(308, Location="/elsewhere"), False),
}
MAYBE = {
    "broken": saying(500),
    "behind a gateway": saying(502, b"<html>Bad Gateway</html>"),
    "a proxy's page": saying(200, b"<html>login</html>"),
    "nothing": saying(200, b""),
    "not UTF-8": saying(200, b"\xff\xfe"),
    "a list": saying(200, [0]),
    "no code": saying(200, {"ok": True}),
    "yes as a word": saying(200, {"code": "0", "errcode": "0"}),
    "false": saying(200, {"code": False, "errcode": False}),
    "endless nesting": saying(200, b"[" * 100_000),
}


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("case", SURELY_NOT)
def test_what_surely_did_not_arrive(server: Robots, clock: Clock, vendor: str, case: str) -> None:
    server.instead, again = SURELY_NOT[case]
    with pytest.raises(NotDelivered) as raised:
        send(robot(server, vendor, clock))
    assert raised.value.again == again
    assert server.requests == 1, "nothing is sent again by itself, nobody is followed"
    assert KEY not in str(raised.value)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("case", MAYBE)
def test_what_may_have_arrived(server: Robots, clock: Clock, vendor: str, case: str) -> None:
    server.instead = MAYBE[case]
    with pytest.raises(DeliveryUnknown):
        send(robot(server, vendor, clock))
    assert server.requests == 1


@pytest.mark.parametrize("vendor", ["dingtalk", "feishu"])
@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (f"keyword={KEYWORD}", "加签"),
        (f"secret=another keyword={KEYWORD}", "加签"),
        (f"secret={SECRET}", "关键词"),
        (f"secret={SECRET} keyword=别的", "关键词"),
    ],
)
def test_security_settings_that_are_not_the_robots(
    server: Robots, clock: Clock, vendor: str, options: str, hint: str
) -> None:
    with pytest.raises(NotDelivered, match=hint if vendor == "dingtalk" else f"{hint}|要求的") as raised:
        send(robot(server, vendor, clock, options))
    assert not raised.value.again
    assert SECRET not in str(raised.value)
    assert server.received[vendor] == []


@pytest.mark.parametrize("vendor", ["dingtalk", "feishu"])
def test_a_clock_that_is_two_hours_wrong(server: Robots, clock: Clock, vendor: str) -> None:
    server.now = Clock()
    clock.turn(hours=2)
    with pytest.raises(NotDelivered, match="时间"):
        send(robot(server, vendor, clock))


@pytest.mark.parametrize("vendor", ["dingtalk", "feishu"])
def test_every_part_has_the_keyword(server: Robots, clock: Clock, vendor: str) -> None:
    sender = robot(server, vendor, clock)
    send(sender, "退款\n" * 5000)
    assert len(server.received[vendor]) > 3
    assert all(text.startswith(KEYWORD) for text in server.received[vendor])


@pytest.mark.parametrize(
    ("vendor", "mention"), [("wecom", "<@li.lei>"), ("dingtalk", "@13800000000"), ("feishu", "<at id=ou_1></at>")]
)
def test_people_are_mentioned_once_however_many_parts(server: Robots, clock: Clock, vendor: str, mention: str) -> None:
    send(robot(server, vendor, clock), "退款\n" * 4000)
    assert [mention in text for text in server.received[vendor]] == [False] * (len(server.received[vendor]) - 1) + [
        True
    ]


def test_dingtalk_is_told_whom_a_message_mentions(server: Robots, clock: Clock) -> None:
    send(robot(server, "dingtalk", clock, OPTIONS["dingtalk"] + ",all"), "退款\n" * 4000)
    told = [body["at"] for body in server.bodies]
    assert told[0] == {"atMobiles": [], "isAtAll": False}
    assert told[-1] == {"atMobiles": ["13800000000", "all"], "isAtAll": True}


@pytest.mark.parametrize(("minute", "second", "rest"), [(0, 0, 60), (30, 45, 15), (31, 0, 0), (59, 59, 0)])
def test_feishu_is_left_alone_at_the_hour_and_at_half_past(
    server: Robots, clock: Clock, minute: int, second: int, rest: int
) -> None:
    clock.now = clock.now.replace(minute=minute, second=second)
    assert robot(server, "feishu", clock).delay() == rest
    assert robot(server, "wecom", clock).delay() == 0


def test_a_key_alone_is_an_address() -> None:
    assert parse_address("wecom:abc-1").target == "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=abc-1"
    assert parse_address("dingtalk:abc").target == "https://oapi.dingtalk.com/robot/send?access_token=abc"
    assert parse_address("feishu:abc").target == "https://open.feishu.cn/open-apis/bot/v2/hook/abc"


def test_signatures_are_those_that_openssl_computes() -> None:
    """``printf '1795338000000\\nSEC1' | openssl dgst -sha256 -hmac SEC1 -binary | base64``; 飞书: nothing, so keyed."""
    url, _ = DingTalk().request(parse_address("dingtalk:abc secret=SEC1"), "t", "p", Clock()())
    assert parse_qs(urlsplit(url).query) == {
        "access_token": ["abc"],
        "timestamp": ["1795338000000"],
        "sign": ["1RN0LmRNetuR9Q2piwXV0HSoLnNaggkSh/9Gx8pScO8="],
    }
    _, body = Feishu().request(parse_address("feishu:abc secret=SEC1"), "t", "p", Clock()())
    assert (body["timestamp"], body["sign"]) == ("1795338000", "pxe49OYIXrxz9off9fTY3O4fLddlI0lQKZ1/AEITMy4=")


def test_robots_are_asked_over_https(
    server: Robots, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    server.socket = tls(certificate).wrap_socket(server.socket, server_side=True)
    url = server.target("wecom").replace("http://127.0.0.1", "https://localhost")
    sender = Robot(parse_address(f"wecom:{url}"), WeCom(), clock)
    with pytest.raises(NotDelivered, match="SSLCertVerificationError"):
        send(sender)
    assert server.requests == 0, "nobody vouches for the certificate"
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    send(sender)
    assert len(server.received["wecom"]) == 1


def test_what_a_robot_says_stays_one_line(server: Robots, clock: Clock) -> None:
    server.instead = saying(200, {"errcode": 40058, "errmsg": "bad\n2026-11-22 ERROR\r\x1b[31m\u2028forged"})
    with pytest.raises(NotDelivered, match=r"40058 bad 2026-11-22 ERROR\[31m forged；"):
        send(robot(server, "wecom", clock))


def test_a_name_that_nobody_can_have(clock: Clock) -> None:
    with pytest.raises(NotDelivered, match="连不上"):
        send(Robot(parse_address(f"wecom:https://{'a' * 64}.example/send"), WeCom(), clock))


def test_of_an_endless_answer_little_is_read(clock: Clock) -> None:
    """Whoever sends it notices that nobody reads on: the connection is closed long before its end."""
    finished = threading.Event()

    class Endless(Robots):
        def answer(self, request: Request) -> Reply:
            return 200, {}, b" " * 100_000_000

        def handle_error(self, request: object, client_address: object) -> None:
            finished.set()

    with running(Endless(clock)) as endless:
        with pytest.raises(DeliveryUnknown):
            send(robot(endless, "wecom", clock))
        assert finished.wait(30)
