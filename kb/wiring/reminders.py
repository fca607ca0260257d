"""Reminders as the settings say: who gets them, on which channels, when."""

from __future__ import annotations

from functools import partial

from kb.config import Settings
from kb.errors import SettingsError
from kb.notify.addresses import Address, parse_owners
from kb.notify.channels import notifier_of
from kb.notify.links import Links
from kb.notify.mail import MailServer
from kb.notify.reminders import Recipient, Reminders, Schedule
from kb.notify.sending import Sending
from kb.store.catalog import Catalog
from kb.store.confirm_links import ConfirmLinks
from kb.store.database import Database
from kb.store.notices import Notices
from kb.wiring.basics import house_now, signer_of


def build_reminders(settings: Settings, database: Database) -> Reminders:
    """Raises SettingsError for addresses that are none, and for what is missing to reach them."""
    now, catalog = partial(house_now, settings), Catalog(database)

    def revision(article_id: str) -> str:
        record = catalog.get(article_id)
        return record.revision if record else ""  # it went a moment ago; its link will say so

    return Reminders(
        recipients(settings),
        Sending(Notices(database), now),
        Links(ConfirmLinks(database), signer_of(settings, database), settings.base_url, now),
        Schedule(settings.base_url, settings.notify_at, settings.data / "reminders.lock"),
        revision,
        now,
    )


def recipients(settings: Settings) -> dict[str, tuple[Recipient, ...]]:
    """The channels of each business department. Raises SettingsError."""
    owners = parse_owners(settings.notify_owners)
    if owners and not settings.base_url:
        raise SettingsError("设置了 notify_owners，还要设置 base_url（本系统的网址），提醒里的链接才打得开。")
    mail = _mail_server(settings)
    return {owner: tuple(_recipient(settings, one, mail) for one in found) for owner, found in owners.items()}


def _recipient(settings: Settings, address: Address, mail: MailServer | None) -> Recipient:
    return Recipient(notifier_of(address, mail, partial(house_now, settings)), address.reviewer)


def _mail_server(settings: Settings) -> MailServer | None:
    if not (settings.smtp_host and settings.mail_from):
        return None
    if settings.smtp_user and settings.smtp_security == "none":
        raise SettingsError("smtp_security 是 none 时密码会被人看到：请用 starttls 或 tls，或去掉 smtp_user。")
    return MailServer(
        settings.smtp_host,
        settings.smtp_port,
        settings.smtp_security,
        settings.mail_from,
        settings.smtp_user,
        settings.smtp_password,
    )
