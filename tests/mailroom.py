"""A real SMTP server for tests, which takes letters or refuses them as told."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from kb.notify.mail import MailServer
from tests.local_servers import free_port

USER, PASSWORD = "zhida", "geheim-passwort"
SENDER = "直达 <kb@example.com>"


class Mailroom:
    """``letters`` are those that arrived. ``at_recipient``, ``at_letter``: answers in place of yes.

    While ``open`` isn't set, a letter that arrived is not acknowledged.
    """

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.at_recipient = self.at_letter = ""
        self.port = free_port()
        self.open, self.arrived = threading.Event(), threading.Event()
        self.open.set()

    def server(self, security: str = "none", user: str = "", password: str = PASSWORD) -> MailServer:
        """The settings with which it is reached."""
        return MailServer("localhost", self.port, security, SENDER, user, password if user else "")

    async def handle_RCPT(  # noqa: N802  # named by the protocol's command
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.at_recipient:
            return self.at_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.at_letter:
            return self.at_letter
        assert isinstance(envelope.content, bytes)
        self.letters.append(BytesParser(EmailMessage, policy=default).parsebytes(envelope.content))
        self.arrived.set()
        await server.loop.run_in_executor(None, self.open.wait, 30)
        return "250 OK"


@contextmanager
def mailroom(tls: ssl.SSLContext | None = None) -> Iterator[Mailroom]:
    """The server while it listens; with ``tls`` it wants STARTTLS and a login."""
    room = Mailroom()
    wanted: dict[str, Any] = {"tls_context": tls, "require_starttls": True, "auth_required": True} if tls else {}
    controller = Controller(room, "localhost", room.port, authenticator=_authenticated, **wanted)
    controller.start()
    try:
        yield room
    finally:
        room.open.set()
        controller.stop()


def _authenticated(server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object) -> AuthResult:
    good = given == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)
