"""Addresses of owners: what is right, what is said about wrong ones, and that nothing secret is said."""

from __future__ import annotations

import pytest

from kb.errors import SettingsError
from kb.notify.addresses import parse_address, parse_owners

SECRET = "SEC0123456789abcdef"  # noqa: S105  # of a robot that does not exist


def test_an_address_with_everything() -> None:
    address = parse_address(
        f"dingtalk:https://x.cn/robot/send?access_token=a1 secret={SECRET} keyword=知识 at=138,all reviewer=李雷"
    )
    assert address.target == "https://x.cn/robot/send?access_token=a1"
    assert (address.secret, address.keyword, address.at, address.reviewer) == (SECRET, "知识", ("138", "all"), "李雷")
    assert SECRET not in repr(address)
    assert "a1" not in repr(address)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "li@example.com",
        "sms:13800000000",
        "mailto:",
        "mailto:李@example.com",
        "mailto:a@b@c.com",
        "mailto:a@b.com,c@d.com",
        "mailto:<a@b.com>",
        "mailto:a@b.com\r\nBcc:x@y.com",
        "mailto:a@b.com secret=x",
        "wecom:",
        "wecom:http://qyapi.weixin.qq.com/x?key=1",
        "wecom:ftp://x/y",
        "wecom:abc keyword=知识",
        "feishu:https://",
        "feishu:https://[::1/x",
        "feishu:https://a..b/x",
        "feishu:https://kb:abc@x.cn/hook",
        "feishu:https://x.cn:99999/hook",
        "feishu:https://x.cn/a\x00b",
        "feishu:https://a%00b/x",
        "feishu:https://x.cn/hook/a#frag",
        "dingtalk:https://钉钉.cn/a",
        "dingtalk:abc secret",
        "dingtalk:abc secret=",
        "dingtalk:abc at=<all>",
        "dingtalk:abc at=a\x00b",
        "dingtalk:abc keyword=" + "知" * 34,
        "mailto:a@b.com reviewer=李<雷",
    ],
)
def test_what_is_no_address_is_named_without_being_quoted(text: str) -> None:
    with pytest.raises(SettingsError, match=r"notify_owners 里“售后业务部”的第 2 个地址不能用") as raised:
        parse_owners(
            {"售后业务部": ("mailto:a@b.com", f"{text} secret={SECRET}" if text.startswith("dingtalk:a") else text)}
        )
    assert SECRET not in str(raised.value)
    assert "abc" not in str(raised.value)
