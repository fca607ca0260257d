"""Settings of reminders: where they come from, and what is said about wrong ones without quoting them."""

from __future__ import annotations

from datetime import time
from pathlib import Path

import pytest

from kb.config import load_settings
from kb.errors import SettingsError
from kb.model import WeeklyTime
from kb.wiring.reminders import recipients

GOOD = {
    "KB_BASE_URL": "https://kb.example.com/",
    "KB_NOTIFY_OWNERS": '{"售后业务部": ["mailto:a@b.com reviewer=李审", "wecom:geheim"]}',
    "KB_SMTP_HOST": "mail.example.com",
    "KB_MAIL_FROM": "直达 <kb@example.com>",
}


def test_a_table_in_the_file_and_json_in_the_environment_are_the_same(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(
        'base_url = "https://kb.example.com"\n[notify]\nat = "Mon 9:35"\n[notify.owners]\n'
        '"售后业务部" = ["mailto:a@b.com reviewer=李审", "wecom:geheim"]\n"物流业务部" = "feishu:geheim"\n',
        encoding="utf-8",
    )
    settings = load_settings({}, tmp_path)
    assert settings.notify_at == WeeklyTime(0, time(9, 35))
    assert settings.notify_owners == {
        "售后业务部": ("mailto:a@b.com reviewer=李审", "wecom:geheim"),
        "物流业务部": ("feishu:geheim",),
    }
    assert "geheim" not in repr(settings)
    assert load_settings(GOOD, tmp_path).notify_owners == {"售后业务部": settings.notify_owners["售后业务部"]}


def test_each_address_becomes_a_channel(tmp_path: Path) -> None:
    (mailbox, robot) = recipients(load_settings(GOOD, tmp_path))["售后业务部"]
    assert (mailbox.notifier.name, mailbox.reviewer) == ("邮箱 a@b.com", "李审")
    assert robot.notifier.name.startswith("企业微信群机器人 ")
    assert robot.reviewer == ""


def test_nobody_is_reminded_by_default(tmp_path: Path) -> None:
    settings = load_settings({}, tmp_path)
    assert (recipients(settings), settings.notify_at) == ({}, None)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"KB_NOTIFY_OWNERS": '{"售后业务部": ["sms:geheim"]}'}, "第 1 个地址"),
        ({"KB_NOTIFY_OWNERS": '["geheim"]'}, "KB_NOTIFY_OWNERS"),
        ({"KB_NOTIFY_OWNERS": "{geheim"}, "KB_NOTIFY_OWNERS"),
        ({"KB_NOTIFY_OWNERS": '{"售后业务部": []}'}, "KB_NOTIFY_OWNERS"),
        ({"KB_NOTIFY_OWNERS": '{"售后业务部": [1]}'}, "KB_NOTIFY_OWNERS"),
        ({"KB_NOTIFY_OWNERS": '{"售后业务部": 5}'}, "KB_NOTIFY_OWNERS"),
        ({"KB_SMTP_HOST": ""}, "smtp_host"),
        ({"KB_MAIL_FROM": ""}, "mail_from"),
        ({"KB_MAIL_FROM": "a@b.com\nBcc: c@d.com"}, "KB_MAIL_FROM"),
        ({"KB_MAIL_FROM": "直达, 客服 <a@b.com>"}, "KB_MAIL_FROM"),
        ({"KB_MAIL_FROM": "张三@b.com"}, "KB_MAIL_FROM"),
        ({"KB_MAIL_FROM": "a@b.com>"}, "KB_MAIL_FROM"),
        ({"KB_MAIL_FROM": "直达\x00 <a@b.com>"}, "KB_MAIL_FROM"),
        ({"KB_SMTP_PORT": "65536"}, "65535"),
        ({"KB_BASE_URL": "https://kb.example.com/#top"}, "KB_BASE_URL"),
        ({"KB_BASE_URL": "https://boss:x@kb.example.com"}, "KB_BASE_URL"),
        ({"KB_BASE_URL": "https://kb.example.com/a) [b](x"}, "KB_BASE_URL"),
        ({"KB_SMTP_SECURITY": "ssl"}, "starttls、tls、none"),
        ({"KB_SMTP_SECURITY": "none", "KB_SMTP_USER": "kb", "KB_SMTP_PASSWORD": "geheim"}, "smtp_security"),
        ({"KB_SMTP_PORT": "0"}, "KB_SMTP_PORT"),
        ({"KB_NOTIFY_AT": "monday"}, "mon 09:30"),
        ({"KB_NOTIFY_AT": "mon 24:00"}, "mon 09:30"),
        ({"KB_BASE_URL": ""}, "base_url"),
        ({"KB_BASE_URL": "kb.example.com"}, "KB_BASE_URL"),
    ],
)
def test_what_can_not_be_used_is_named_and_not_quoted(tmp_path: Path, changes: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said) as raised:
        recipients(load_settings({**GOOD, **changes}, tmp_path))
    assert "geheim" not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["http://localhost:8000", "https://知识库.example.cn/kb/", "https://[::1]:8443", "http://10.0.0.5:8000"]
)
def test_where_browsers_find_us(tmp_path: Path, address: str) -> None:
    assert load_settings({**GOOD, "KB_BASE_URL": address}, tmp_path).base_url == address.rstrip("/")


@pytest.mark.parametrize(
    "sender", ["kb@example.com", "直达 客服 <kb@example.com>", "<kb@example.com>", '"直达" <kb@b.cn>']
)
def test_senders(tmp_path: Path, sender: str) -> None:
    assert load_settings({**GOOD, "KB_MAIL_FROM": sender}, tmp_path).mail_from == sender
