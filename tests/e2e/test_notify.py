"""``kb notify`` and the server's own schedule in real processes, which are killed, started twice and started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kb.store.database import Database
from tests.e2e.processes import Desk, wait_until
from tests.mailroom import SENDER, mailroom
from tests.robots import KEY, Robots, robots, saying
from tests.unit.article_tree import ARTICLE, make_tree, write

OWNER = "售后业务部"


@pytest.fixture
def server() -> Iterator[Robots]:
    with robots(lambda: datetime.now(timezone.utc)) as running:
        yield running


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    articles = make_tree(tmp_path / "articles")
    write(
        articles, "mall/refund/refund-not-received.md", ARTICLE.replace("verified: 2026-11-16", "verified: 2020-01-01")
    )
    desk = Desk(articles, tmp_path / "data")
    assert desk.run("index").returncode == 0
    return desk


def environment(*addresses: str, **more: str) -> dict[str, str]:
    owners = json.dumps({OWNER: list(addresses)})
    return {
        **os.environ,
        "KB_SEMANTIC": "off",
        "KB_BASE_URL": "https://kb.example.com",
        "KB_NOTIFY_OWNERS": owners,
        **more,
    }


def wecom(server: Robots, **more: str) -> dict[str, str]:
    return environment(f"wecom:{server.target('wecom')} reviewer=李审", **more)


def digests(desk: Desk, *options: str, env: dict[str, str]) -> list[dict[str, object]]:
    found = json.loads(desk.run("notify", "--json", *options, env=env).stdout)["digests"]
    assert isinstance(found, list)
    return found


def test_a_digest_by_mail_and_by_robot(desk: Desk, server: Robots) -> None:
    with mailroom() as room:
        mail = {
            "KB_SMTP_HOST": "localhost",
            "KB_SMTP_PORT": str(room.port),
            "KB_SMTP_SECURITY": "none",
            "KB_MAIL_FROM": SENDER,
        }
        env = environment("mailto:li@example.com", f"wecom:{server.target('wecom')}", **mail)
        first, second = (desk.run("notify", env=env) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert first.stdout.count("已发送") == 2
    assert second.stdout.count("早已发过") == 2
    (letter,) = room.letters
    assert OWNER in letter["Subject"]
    (message,) = server.received["wecom"]
    assert "https://kb.example.com/a/refund-not-received" in message
    (*_, entry) = [json.loads(line) for line in desk.run("audit", "--format", "jsonl").stdout.splitlines()]
    assert (entry["action"], entry["target"]) == ("notify.send", OWNER)


def test_a_dry_run_prints_and_does_nothing(desk: Desk, server: Robots) -> None:
    done = desk.run("notify", "--dry-run", env=wecom(server))
    assert done.returncode == 0, done.stderr
    assert "[未收到货退款](https://kb.example.com/a/refund-not-received)" in done.stdout.replace("\n", "")
    assert server.requests == 0
    with closing(Database(desk.data / "zhida.db")) as database, database.read() as db:
        assert [db.table(name).count for name in ("notices", "confirm_links", "audit_log")] == [0, 0, 0]
    assert digests(desk, "--dry-run", env=wecom(server))[0]["owner"] == OWNER


def test_killed_between_sending_and_marking(desk: Desk, server: Robots) -> None:
    """The message has arrived, and nobody could write that down: it is said, and not sent twice by itself."""
    server.open.clear()
    process = subprocess.Popen(desk.arguments("notify"), env=wecom(server), stdout=subprocess.DEVNULL)
    assert server.arrived.wait(60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    server.open.set()

    done = desk.run("notify", env=wecom(server))
    assert done.returncode == 1
    assert "不确定是否发出" in done.stdout
    assert "--again" in done.stderr
    assert len(server.received["wecom"]) == 1

    (after,) = digests(desk, "--again", env=wecom(server))
    assert (after["sent"], after["unknown"]) == (1, 0)
    assert len(server.received["wecom"]) == 2


def test_two_at_once_send_once(desk: Desk, server: Robots) -> None:
    server.open.clear()
    first = subprocess.Popen(desk.arguments("notify"), env=wecom(server), stdout=subprocess.DEVNULL)
    assert server.arrived.wait(60)
    second = desk.run("notify", env=wecom(server))
    server.open.set()
    assert first.wait(60) == 0
    assert second.returncode == 2
    assert "另一个进程正在发送提醒" in second.stderr
    assert len(server.received["wecom"]) == 1


def test_two_servers_and_a_restart_send_once(desk: Desk, server: Robots) -> None:
    env = wecom(server, KB_NOTIFY_AT="mon 00:00")
    with desk.serve(**env) as one, desk.serve(**env) as two:
        wait_until(lambda: bool(server.received["wecom"]), 60)
        for running in (one, two):
            assert "reminders" not in running.get("/healthz")["checks"]
    with desk.serve(**env):
        (digest,) = digests(desk, env=env)
    assert digest["sent"] == 0
    assert len(server.received["wecom"]) == 1


def test_a_server_says_what_it_can_not_deliver(desk: Desk, server: Robots) -> None:
    server.instead = saying(200, {"errcode": 93000, "errmsg": f"invalid webhook url {KEY}"})
    with desk.serve(**wecom(server, KB_NOTIFY_AT="mon 00:00")) as running:
        wait_until(lambda: "reminders" in running.get("/healthz")["checks"], 60)
        health = running.get("/healthz")
    assert health["status"] == "degraded"
    assert "93000" in health["checks"]["reminders"]
    assert KEY not in json.dumps(health)
    assert "93000" in running.errors
    assert KEY not in running.errors


def test_an_address_that_is_none_is_said_at_the_start(desk: Desk) -> None:
    done = desk.run("serve", "--port", "0", env=environment("sms:13800000000"))
    assert done.returncode == 2
    assert f"“{OWNER}”的第 1 个地址不能用" in done.stderr
    assert "13800000000" not in done.stderr


def test_doctor_names_the_channels_without_their_keys(desk: Desk, server: Robots) -> None:
    done = desk.run("doctor", env=wecom(server, KB_NOTIFY_AT="mon 09:35"))
    assert f"每周 mon 09:35；{OWNER}：企业微信群机器人" in done.stdout.replace("\n", "")
    assert KEY not in done.stdout
