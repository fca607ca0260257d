"""``docs/deploy/nginx.conf`` in front of servers of a test, on free ports and under a certificate of its own."""

from __future__ import annotations

import getpass
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.certificates import make_certificate
from tests.cluster.nodes import free_ports
from tests.e2e.processes import wait_until
from tests.local_servers import listens

CONFIGURATION = Path(__file__).resolve().parent.parent / "docs" / "deploy" / "nginx.conf"
#: what Debian's own file says around what is in conf.d
_AROUND = """
user {user};
daemon off;
worker_processes 2;
pid {folder}/pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/zhida.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Front:
    """A running nginx: the one address of an installation."""

    url: str
    plain: str
    certificate: Path
    folder: Path

    @property
    def trusting(self) -> ssl.SSLContext:
        """For clients that believe its certificate."""
        return ssl.create_default_context(cafile=self.certificate)

    def log(self) -> str:
        """What it wrote of the requests so far."""
        return (self.folder / "access.log").read_text(encoding="utf-8")


def program() -> str:
    """Where nginx is; skips the test without one."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.skip("nginx is not installed (Debian: nginx-light)")
    return found


def write_configuration(folder: Path, writer: str, search: Sequence[str]) -> tuple[Path, int, int]:
    """The delivered file with addresses and files of a test; returns where it is, and its ports with TLS and without.

    ``writer`` and ``search`` are addresses like ``127.0.0.1:8000``.
    """
    tls, plain = free_ports(2)
    make_certificate(folder)
    text = CONFIGURATION.read_text(encoding="utf-8")
    first, second = re.findall(r"^    server [^\n]*max_fails=3[^\n]*\n", text, re.MULTILINE)
    lines = "".join(first.replace("10.0.0.11:8000", address) for address in search)
    for old, new in (
        (first + second, lines),
        ("10.0.0.10:8000", writer),
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{tls} ssl"),
        ("kb.example.com", "localhost"),
        ("/etc/nginx/zhida/fullchain.pem", str(folder / "localhost.crt")),
        ("/etc/nginx/zhida/key.pem", str(folder / "localhost.pem")),
        ("/var/log/nginx/zhida.log", str(folder / "access.log")),
        ("/var/log/nginx/zhida-error.log", str(folder / "error.log")),
    ):
        assert old in text, old
        text = text.replace(old, new)
    (folder / "zhida.conf").write_text(text, encoding="utf-8")
    main = folder / "nginx.conf"
    main.write_text(_AROUND.format(user=getpass.getuser(), folder=folder), encoding="utf-8")
    return main, tls, plain


@contextmanager
def in_front_of(folder: Path, writer: str, search: Sequence[str]) -> Iterator[Front]:
    """nginx before ``writer`` and ``search`` (addresses as ``http://127.0.0.1:8000``), until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    main, tls, plain = write_configuration(folder, _address(writer), [_address(url) for url in search])
    with listening_nginx(main, tls):
        yield Front(f"https://localhost:{tls}", f"http://localhost:{plain}", folder / "localhost.crt", folder)


@contextmanager
def listening_nginx(configuration: Path, port: int) -> Iterator[None]:
    """nginx by this file, until the block ends; the folder of the file is its own. Skips the test without nginx."""
    folder = configuration.parent
    command = [program(), "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: process.poll() is not None or listens(port))
        assert process.poll() is None, (folder / "error.log").read_text(encoding="utf-8")
        yield
    finally:
        process.terminate()
        process.wait(20)


def _address(url: str) -> str:
    return url.rstrip("/").removeprefix("http://")
