"""What every Notifier must do, on robots as their vendors document them and on a real mail server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from kb.errors import DeliveryUnknown, KbError, NotDelivered
from kb.notify.addresses import Address, parse_address
from kb.notify.mail import Mailbox
from kb.notify.robots import DingTalk, Feishu, Robot, WeCom
from kb.ports.notifier import Notifier
from tests.e2e.processes import wait_until
from tests.local_servers import Reply
from tests.mailroom import PASSWORD, mailroom
from tests.robots import KEY, KEYWORD, SECRET, Robots, robots
from tests.unit.access_desk import Clock

TITLE = "售后业务部 知识复核提醒（2026-W47）"
OPTIONS = {"wecom": "at=li.lei", "dingtalk": f"secret={SECRET} keyword={KEYWORD} at=13800000000"}
OPTIONS["feishu"] = f"secret={SECRET} keyword={KEYWORD} at=ou_1"
DIALECTS = {"wecom": WeCom(), "dingtalk": DingTalk(), "feishu": Feishu()}
DIGEST = "".join(
    f"{number}. [未收到货退款“{number}”](https://kb.example.com/a/{number})：应于昨天前复核\n" for number in range(200)
)


def robot(server: Robots, vendor: str, clock: Clock, options: str | None = None, timeout: float = 30) -> Robot:
    """A robot with the right options, or with others."""
    given = OPTIONS[vendor] if options is None else options
    address = parse_address(f"{vendor}:{server.target(vendor)} {given}")
    return Robot(address, DIALECTS[vendor], clock, lambda: clock().timestamp(), timeout)


@dataclass
class Channel:
    """A notifier, what arrived at its other end, and how that end can fail; ``hasty`` soon gives up waiting for it."""

    notifier: Notifier
    hasty: Notifier
    received: Callable[[], list[str]]
    refuse: Callable[[], None]
    hang: Callable[[], None]
    close: Callable[[], None]
    clock: Clock


@contextmanager
def robot_channel(vendor: str) -> Iterator[Channel]:
    clock = Clock()
    clock.turn(minutes=7)
    refusal: Reply = (200, {}, b'{"errcode": 40001, "code": 19001, "errmsg": "no", "msg": "no"}')
    with robots(clock) as server:
        yield Channel(
            robot(server, vendor, clock),
            robot(server, vendor, clock, timeout=1),
            lambda: server.received[vendor],
            lambda: setattr(server, "instead", lambda _: refusal),
            server.open.clear,
            server.close,
            clock,
        )


@contextmanager
def mail_channel() -> Iterator[Channel]:
    clock = Clock()
    with mailroom() as room:
        patient, hasty = (Mailbox(Address("mailto", "li@example.com"), room.server(), clock, t) for t in (30, 4))
        yield Channel(
            patient,
            hasty,
            lambda: [text_of(letter) for letter in room.letters],
            lambda: setattr(room, "at_recipient", "550 no such user"),
            room.open.clear,
            lambda: setattr(room, "at_recipient", "451 come back later"),
            clock,
        )


def text_of(letter: Any) -> str:
    body = letter.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.fixture(params=["wecom", "dingtalk", "feishu", "mail"])
def channel(request: pytest.FixtureRequest) -> Iterator[Channel]:
    with mail_channel() if request.param == "mail" else robot_channel(request.param) as made:
        yield made


def test_a_long_digest_arrives_as_a_whole(channel: Channel) -> None:
    for part in channel.notifier.parts(TITLE, DIGEST):
        channel.clock.turn(seconds=channel.notifier.delay())
        channel.notifier.send(TITLE, part)

    arrived = [line.strip() for text in channel.received() for line in text.splitlines()]
    assert [line for line in arrived if line.startswith(tuple("0123456789"))] == DIGEST.splitlines()


def test_no_more_messages_than_needed(channel: Channel) -> None:
    assert len(channel.notifier.parts(TITLE, DIGEST[:2000])) == 1


def test_however_much_there_is_no_rate_is_exceeded(channel: Channel) -> None:
    (part,) = channel.notifier.parts(TITLE, "一条")
    for _ in range(105):
        channel.clock.turn(seconds=channel.notifier.delay())
        channel.notifier.send(TITLE, part)

    assert len(channel.received()) == 105


def test_a_refusal_is_told_as_one(channel: Channel) -> None:
    channel.refuse()
    with pytest.raises(NotDelivered) as raised:
        channel.notifier.send(TITLE, channel.notifier.parts(TITLE, "一条")[0])
    assert not raised.value.again
    assert channel.received() == []


def test_an_end_that_is_not_there_now_may_be_later(channel: Channel) -> None:
    channel.close()
    with pytest.raises(NotDelivered) as raised:
        channel.notifier.send(TITLE, channel.notifier.parts(TITLE, "一条")[0])
    assert raised.value.again


def test_what_arrived_and_was_not_acknowledged_is_uncertain(channel: Channel) -> None:
    channel.hang()
    with pytest.raises(DeliveryUnknown, match="不确定"):
        channel.hasty.send(TITLE, channel.hasty.parts(TITLE, "一条")[0])
    wait_until(lambda: len(channel.received()) == 1)


@pytest.mark.parametrize("fail", ["refuse", "hang", "close"])
def test_nothing_said_lets_anybody_send_there(channel: Channel, fail: str) -> None:
    getattr(channel, fail)()
    notifier = channel.hasty
    with pytest.raises(KbError) as raised:
        notifier.send(TITLE, notifier.parts(TITLE, "一条")[0])
    said = f"{raised.value}{notifier.name}{notifier!r}{vars(notifier)}{notifier.key}"
    assert not any(secret in said for secret in (SECRET, KEY, PASSWORD))


def test_a_channel_is_known_again_whatever_its_options_are() -> None:
    first, second, other = (
        Robot(parse_address(text), DIALECTS["dingtalk"], Clock())
        for text in ("dingtalk:abc secret=a", "dingtalk:abc keyword=b", "dingtalk:abd")
    )
    assert first.key == second.key != other.key
