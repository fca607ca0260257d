"""The listening process: waitress around the application, from the first bind to the graceful stop."""

from __future__ import annotations

import errno
import logging
import re
import signal
import socket
import sys
from collections.abc import Callable, Iterable
from types import FrameType

import waitress
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask

from kb.errors import ServeError
from webui.http.limits import LARGEST

#: open connections; browsers of a few hundred agents keep some each
_CONNECTIONS = 2000
#: seconds for which a thread that computes keeps the interpreter while others wait for it. Every answer waits a few
#: times; with Python's own 5 ms, p95 was 2.5 times as high while saves were taken over (docs/benchmarks.md)
_TURN = 0.001
_NOT_ASCII = re.compile(rb"[\x80-\xff]")


def serve(
    app: Callable[..., Iterable[bytes]], host: str, port: int, threads: int = 8, ready: Callable[[str], None] = print
) -> None:
    """Serve the WSGI application ``app`` until SIGTERM or SIGINT; requests in hand are finished first.

    ``ready`` is called with the URL once connections are accepted; ``port`` 0 takes a free one. Call it in the main
    thread. Raises ServeError when the address can't be listened on.
    """
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue under load is no news
    sys.setswitchinterval(_TURN)
    listener = _listen(host, port)
    server = waitress.create_server(
        app,
        sockets=[listener],
        threads=threads,
        connection_limit=_CONNECTIONS,
        asyncore_use_poll=True,  # select() ends at 1024 files
        clear_untrusted_proxy_headers=False,  # webui.http.proxies does, and knows networks
        max_request_body_size=LARGEST + 1,  # waitress refuses from this size on; else up to 1 GB went to the disk
        ident=None,
    )
    server.channel_class = _Channel
    signal.signal(signal.SIGTERM, _stop)
    ready(_url(host, listener))
    server.run()
    server.close()


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise ServeError(_reason(error, host, port)) from error


def _reason(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"端口 {port} 已被占用：可能已有一个服务在运行。请先停掉它，或用 --port 换一个端口。"
    if error.errno == errno.EACCES:
        return f"没有权限使用端口 {port}。1024 以下的端口需要管理员权限，请用 --port 换一个端口。"
    return f"不能在 {host}:{port} 上提供服务：{error.strerror}。请检查 --host 是不是本机的地址。"


def _url(host: str, listener: socket.socket) -> str:
    """Where a browser on this machine finds us."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104  # told apart, not listened on
    return f"http://{shown}:{listener.getsockname()[1]}/"


def _stop(signum: int, frame: FrameType | None) -> None:
    raise SystemExit


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """Takes addresses whose Chinese was not percent-encoded, as people write them after ``curl``."""

    def parse_header(self, header_plus: bytes) -> None:
        """Encode what the address should have encoded, then read the header as usual."""
        first_line, line_end, rest = header_plus.partition(b"\r\n")
        encoded = _NOT_ASCII.sub(lambda byte: b"%%%02X" % ord(byte[0]), first_line)
        super().parse_header(encoded + line_end + rest)


class _Task(WSGITask):  # type: ignore[misc]  # waitress has no types
    """Leaves the connection open after 204 and 304, which end with their header (RFC 9112, 6.3)."""

    def set_close_on_finish(self) -> None:
        """Close the connection after this answer: not for want of a Content-Length where there is no content."""
        asked = self.version == "1.0" or self.request.headers.get("CONNECTION", "").lower() == "close"
        if asked or self.has_body:
            super().set_close_on_finish()


class _Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    parser_class, task_class = _Parser, _Task
