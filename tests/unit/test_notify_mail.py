"""Letters through a real mail server: what they look like, encryption, login, and what the server may refuse."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.errors import NotDelivered
from kb.notify.addresses import Address
from kb.notify.mail import Mailbox, MailServer
from tests.certificates import make_certificate, tls
from tests.mailroom import PASSWORD, SENDER, USER, mailroom
from tests.unit.access_desk import Clock

DIGEST = "**已逾期**\n\n1. [未收到货退款](https://kb.example.com/a/x)：应于昨天前复核\n"


def mailbox(server: MailServer) -> Mailbox:
    return Mailbox(Address("mailto", "li@example.com"), server, Clock(), timeout=30)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_certificate(tmp_path_factory.mktemp("tls"))


def test_a_letter_can_be_read_as_text_and_as_a_page() -> None:
    with mailroom() as room:
        mailbox(room.server()).send("知识复核提醒（2026-W47）", DIGEST)
    (letter,) = room.letters
    assert (letter["Subject"], letter["To"]) == ("知识复核提醒（2026-W47）", "li@example.com")
    assert letter["From"] == SENDER
    assert letter["Auto-Submitted"] == "auto-generated"
    assert letter["Message-ID"].endswith("@example.com>")
    text, page = (letter.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert page is not None
    assert text.get_content().replace("\r\n", "\n") == DIGEST
    assert '<a href="https://kb.example.com/a/x"' in page.get_content()


def test_a_subject_can_not_smuggle_headers() -> None:
    with mailroom() as room, pytest.raises(ValueError, match="linefeed"):
        mailbox(room.server()).send("a\r\nBcc: x@y.com", DIGEST)


def test_starttls_and_login(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mailroom(tls(certificate)) as room:
        mailbox(room.server("starttls", USER)).send("提醒", DIGEST)
        assert len(room.letters) == 1
        with pytest.raises(NotDelivered, match="smtp_password") as raised:
            mailbox(room.server("starttls", USER, "wrong")).send("提醒", DIGEST)
        assert not raised.value.again
    assert len(room.letters) == 1


def test_a_certificate_that_nobody_vouches_for(certificate: Path) -> None:
    with mailroom(tls(certificate)) as room, pytest.raises(NotDelivered, match="证书"):
        mailbox(room.server("starttls", USER)).send("提醒", DIGEST)
    assert room.letters == []


def test_no_password_is_sent_where_starttls_is_not_offered() -> None:
    with mailroom() as room, pytest.raises(NotDelivered, match="smtp_security"):
        mailbox(room.server("starttls", USER)).send("提醒", DIGEST)
    assert room.letters == []


@pytest.mark.parametrize(
    ("at_recipient", "at_letter", "again"),
    [
        ("550 no such user", "", False),
        ("450 greylisted", "", True),
        ("", "554 looks like spam", False),
        ("", "452 disk full", True),
    ],
)
def test_what_the_server_refuses(at_recipient: str, at_letter: str, again: bool) -> None:
    with mailroom() as room:
        room.at_recipient, room.at_letter = at_recipient, at_letter
        with pytest.raises(NotDelivered, match=at_recipient or at_letter) as raised:
            mailbox(room.server()).send("提醒", DIGEST)
    assert raised.value.again == again


def test_what_the_server_says_stays_one_line() -> None:
    with mailroom() as room:
        room.at_recipient = "550-no\r\n550-such\x1b[31m\r\n550 user"
        with pytest.raises(NotDelivered, match=r"550 no such\[31m user"):
            mailbox(room.server()).send("提醒", DIGEST)


@pytest.mark.parametrize(("user", "password"), [("知识库", "x"), (USER, "密码geheim")])
def test_a_login_that_the_protocol_can_not_carry(
    certificate: Path, monkeypatch: pytest.MonkeyPatch, user: str, password: str
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with mailroom(tls(certificate)) as room, pytest.raises(NotDelivered, match="smtp_password") as raised:
        mailbox(room.server("starttls", user, password)).send("提醒", DIGEST)
    assert not raised.value.again
    assert "geheim" not in str(raised.value)


def test_a_server_whose_name_is_none() -> None:
    with pytest.raises(NotDelivered, match="smtp_host"):
        mailbox(MailServer("mail..example.com", 25, "none", SENDER)).send("提醒", DIGEST)


def test_a_server_that_is_not_there() -> None:
    with mailroom() as room:
        server = room.server()
    with pytest.raises(NotDelivered, match="smtp_host") as raised:
        mailbox(server).send("提醒", DIGEST)
    assert raised.value.again


def test_the_password_is_shown_nowhere() -> None:
    assert PASSWORD not in repr(MailServer("localhost", 25, "starttls", SENDER, USER, PASSWORD))
