"""A real node behind TLS and logins: nginx does both, with a certificate of an authority made for the test.

``zhida`` may do everything; ``reader`` may not write. What they hear is what the security plugin of OpenSearch says.
"""

from __future__ import annotations

import getpass
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster.nodes import Node, free_ports
from tests.nginx import listening_nginx

PASSWORD = "a password, with: signs/ü@口令"  # noqa: S105  # of a test

_CONFIGURATION = """
user {user};
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    client_max_body_size 100m;
    map "$remote_user $request_method $uri" $refused {{
        default 0;
        "~^reader (PUT|DELETE|POST) (?!.*/(_search|_msearch|_mget)$)" 1;
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/node.crt;
        ssl_certificate_key {folder}/node.key;
        auth_basic "OpenSearch Security";
        auth_basic_user_file {folder}/users;
        default_type application/json;
        location / {{
            if ($refused) {{ return 403 '{refusal}'; }}
            proxy_pass {url};
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_set_header Authorization "";
        }}
    }}
}}
"""
_REFUSAL = (
    '{"error":{"root_cause":[{"type":"security_exception","reason":"no permissions for [indices:admin/create] and '
    'User [name=reader]"}],"type":"security_exception"},"status":403}'
)


@dataclass(frozen=True, slots=True)
class Guarded:
    """Where it answers, and the file of the authority that vouches for it."""

    url: str
    ca: Path

    def environment(self, user: str = "zhida", password: str = PASSWORD) -> dict[str, str]:
        """What a process has to know."""
        return {
            "KB_OPENSEARCH_URL": self.url,
            "KB_OPENSEARCH_CA": str(self.ca),
            "KB_OPENSEARCH_USER": user,
            "KB_OPENSEARCH_PASSWORD": password,
        }


@contextmanager
def guarded(node: Node, folder: Path) -> Iterator[Guarded]:
    """``node`` behind https, until the block ends. Skips the test without nginx."""
    folder.mkdir(parents=True, exist_ok=True)
    (port,) = free_ports(1)
    ca = _make_certificates(folder)
    users = "".join(f"{name}:{_hashed(PASSWORD)}\n" for name in ("zhida", "reader"))
    (folder / "users").write_text(users, encoding="utf-8")
    text = _CONFIGURATION.format(user=getpass.getuser(), folder=folder, port=port, url=node.url, refusal=_REFUSAL)
    main = folder / "nginx.conf"
    main.write_text(text, encoding="utf-8")
    with listening_nginx(main, port):
        yield Guarded(f"https://localhost:{port}", ca)


def _make_certificates(folder: Path) -> Path:
    """An authority of our own, and a certificate of localhost by it."""
    ca, request = folder / "ca.pem", folder / "node.csr"
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost\n", encoding="utf-8")
    new = ["req", "-newkey", "rsa:2048", "-nodes"]
    _openssl(*new, "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", folder / "ca.key", "-out", ca)
    _openssl(*new, "-subj", "/CN=localhost", "-keyout", folder / "node.key", "-out", request)
    signing = ["x509", "-req", "-days", "2", "-CA", ca, "-CAkey", folder / "ca.key", "-CAcreateserial"]
    _openssl(*signing, "-in", request, "-extfile", names, "-out", folder / "node.crt")
    return ca


def _hashed(password: str) -> str:
    return _openssl("passwd", "-apr1", "-stdin", said=password).strip()


def _openssl(*arguments: object, said: str = "") -> str:
    command = ["openssl", *map(str, arguments)]
    return subprocess.run(command, input=said, check=True, capture_output=True, text=True).stdout
