"""A Notifier for each address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from kb.errors import SettingsError
from kb.notify.addresses import Address
from kb.notify.mail import Mailbox, MailServer
from kb.notify.robots import Dialect, DingTalk, Feishu, Robot, WeCom
from kb.ports.notifier import Notifier

_DIALECTS: dict[str, Dialect] = {"wecom": WeCom(), "dingtalk": DingTalk(), "feishu": Feishu()}


def notifier_of(address: Address, mail: MailServer | None, now: Callable[[], datetime]) -> Notifier:
    """Raises SettingsError for a mailbox where no mail server is set."""
    if address.scheme != "mailto":
        return Robot(address, _DIALECTS[address.scheme], now)
    if mail is None:
        raise SettingsError("设置 notify_owners 里有邮箱，请同时设置 smtp_host 和 mail_from。")
    return Mailbox(address, mail, now)
