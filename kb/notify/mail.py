"""E-mail over SMTP, by the standard library. No password is sent where the connection isn't encrypted."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from kb.access.signing import fingerprint
from kb.errors import DeliveryUnknown, NotDelivered
from kb.notify.addresses import Address
from kb.text.controls import one_line
from kb.text.render import render_html

#: seconds for each step
TIMEOUT = 20.0
_LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed over. ``security``: ``starttls``, ``tls`` (from the first byte) or ``none``; ``sender``
    stands in From, without a ``user`` nobody logs in.
    """

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = field(default="", repr=False)


class Mailbox:
    """Implements ``kb.ports.notifier.Notifier`` for one mailbox; ``now`` gives an aware datetime."""

    def __init__(
        self, address: Address, server: MailServer, now: Callable[[], datetime], timeout: float = TIMEOUT
    ) -> None:
        self._to, self._server, self._now, self._timeout = address.target, server, now, timeout
        self.key = fingerprint(f"mailto:{address.target}")
        self.name = f"邮箱 {address.target}"

    def parts(self, title: str, text: str) -> list[str]:
        """See the port: a letter may be long."""
        return [text] if text else []

    def delay(self) -> float:
        """See the port."""
        return 0.0

    def send(self, title: str, part: str) -> None:
        """See the port."""
        smtp = self._connected()
        try:
            _hand_over(smtp, self._letter(title, part), self.name)
        finally:
            with suppress(OSError, smtplib.SMTPException):  # a farewell that fails changes nothing
                smtp.quit()

    def _letter(self, title: str, text: str) -> EmailMessage:
        letter = EmailMessage()
        letter["Subject"], letter["From"], letter["To"] = title, self._server.sender, self._to
        letter["Date"] = format_datetime(self._now())
        letter["Message-ID"] = make_msgid(domain=self._server.sender.rpartition("@")[2].rstrip(">"))
        letter["Auto-Submitted"] = "auto-generated"  # no answer from those on holiday
        letter.set_content(text, cte="base64")
        letter.add_alternative(render_html(text, None), subtype="html", cte="base64")
        return letter

    def _connected(self) -> smtplib.SMTP:
        """Up to and with the login nothing has been sent yet: whatever fails, no letter has arrived."""
        where = f"邮件服务器 {self._server.host}:{self._server.port}"
        try:
            return _connect(self._server, self._timeout)
        except smtplib.SMTPAuthenticationError:
            raise NotDelivered(f"{where} 不接受登录，请检查 smtp_user 和 smtp_password。") from None
        except smtplib.SMTPNotSupportedError:
            raise NotDelivered(f"{where} 不支持 smtp_security 所说的加密，或不能登录，请检查设置。") from None
        except ssl.SSLError as error:
            raise NotDelivered(
                f"{where} 的加密连接没有建立（{error.reason}），请检查 smtp_security、端口和证书。"
            ) from None
        except UnicodeError:  # raised for the name of the server and, by ``login``, for what is not ASCII
            raise NotDelivered(
                f"{where} 用不了现在的设置：请检查 smtp_host 的写法，smtp_user 和 smtp_password 只能用英文字符。"
            ) from None
        except (OSError, smtplib.SMTPException) as error:
            reason = type(error).__name__
            raise NotDelivered(f"连不上{where}（{reason}），请检查 smtp_host、smtp_port。", again=True) from None


def _connect(server: MailServer, timeout: float) -> smtplib.SMTP:
    """Encrypted as the settings say, logged in if there is somebody to log in."""
    context = ssl.create_default_context()
    if server.security == "tls":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=timeout, context=context)
    else:
        smtp = smtplib.SMTP(server.host, server.port, timeout=timeout)
    try:
        if server.security == "starttls":
            smtp.starttls(context=context)
        if server.user:
            smtp.login(server.user, server.password)
    except BaseException:
        smtp.close()
        raise
    return smtp


def _hand_over(smtp: smtplib.SMTP, letter: EmailMessage, name: str) -> None:
    try:
        smtp.send_message(letter)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refused(name, *next(iter(error.recipients.values()))) from None
    except smtplib.SMTPResponseException as error:  # the sender or the letter
        raise _refused(name, error.smtp_code, error.smtp_error) from None
    except (OSError, smtplib.SMTPException) as error:
        raise DeliveryUnknown(f"发给{name}的途中连接断了（{type(error).__name__}），不确定是否发出。") from None


def _refused(name: str, code: int, said: bytes | str) -> NotDelivered:
    """4xx: try again later (RFC 5321 §4.2.1)."""
    text = said.decode(errors="replace") if isinstance(said, bytes) else said
    return NotDelivered(
        f"邮件服务器不收发给{name}的信（{code} {one_line(text)[:_LONGEST_REASON]}）。", again=400 <= code < 500
    )
