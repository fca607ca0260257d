"""One node with the security plugin of OpenSearch: TLS by an authority of our own, users and roles.

``zhida`` has the role that ``docs/deploy/opensearch-role.json`` gives, ``reader`` may only read what is ``zhida``'s.
"""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cluster.nodes import ClusterUnavailable, Node, Plugin, free_ports, jars_of_nodes, jars_of_plugin

ROLE = Path(__file__).parents[2] / "docs" / "deploy" / "opensearch-role.json"
PASSWORD = "a Password 9, with: signs/ü@口令"  # noqa: S105  # of a test

_PLUGIN = "org.opensearch.plugin:opensearch-security:2.19.1.0"
_CLASS = "org.opensearch.security.OpenSearchSecurityPlugin"
_ADMINISTRATOR = ("admin", "admin")  # what the plugin comes with
_START_SECONDS = 120
_SETTINGS = (
    "ssl.http.enabled=true",
    "ssl.transport.enforce_hostname_verification=false",
    "allow_default_init_securityindex=true",
    "nodes_dn=CN=localhost",
    "restapi.roles_enabled=all_access",
    *(
        f"ssl.{layer}.{setting}"
        for layer in ("transport", "http")
        for setting in ("pemcert_filepath=node.crt", "pemkey_filepath=node.key", "pemtrustedcas_filepath=ca.pem")
    ),
)


@dataclass(frozen=True, slots=True)
class Secured:
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

    def tell(self, method: str, path: str, body: object = None) -> Any:
        """What an administrator of the cluster asks."""
        content = None if body is None else json.dumps(body).encode()
        login = b64encode(":".join(_ADMINISTRATOR).encode()).decode()
        headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, content, headers, method=method)
        trusting = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(request, timeout=30, context=trusting) as answer:
            return json.load(answer)


@contextmanager
def running_secured(heap: str = "400m") -> Iterator[Secured]:
    """A node that knows its users; gone afterwards. Raises ClusterUnavailable."""
    jars, plugin = jars_of_nodes(), jars_of_plugin(_PLUGIN)
    with tempfile.TemporaryDirectory(prefix="zhida-cluster-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        configuration = folder / "n0" / "node_1" / "config"
        shutil.copytree(plugin / "config", configuration / "opensearch-security")
        _make_certificates(configuration)
        http, transport = free_ports(2)
        settings = tuple(f"plugins.security.{one}" for one in _SETTINGS)
        seeds = f"127.0.0.1:{transport}"
        node = Node(0, folder, http, transport, heap, jars, seeds, settings, Plugin(_CLASS, plugin))
        node.start()
        secured = Secured(f"https://localhost:{http}", configuration / "ca.pem")
        try:
            _wait_for(node, secured)
            _make_users(secured)
            yield secured
        finally:
            node.kill()


def _wait_for(node: Node, secured: Secured) -> None:
    until = time.monotonic() + _START_SECONDS
    while True:
        try:
            secured.tell("GET", "/_plugins/_security/authinfo")
            return
        except (urllib.error.URLError, OSError):
            if node.process is None or node.process.poll() is not None or time.monotonic() > until:
                log = (node.folder / "n0.log").read_text(errors="replace")
                raise ClusterUnavailable(f"a secured node did not start: {log[-2000:]}") from None
        time.sleep(0.2)


def _make_users(secured: Secured) -> None:
    role = json.loads(ROLE.read_text(encoding="utf-8"))
    for permission in role["index_permissions"]:  # tests take other prefixes beside each other
        permission["index_patterns"] = ["t*"]
    reading = [{"index_patterns": ["t*"], "allowed_actions": ["read", "indices:monitor/*", "indices:admin/*get"]}]
    roles = {"zhida": role, "reader": {**role, "index_permissions": reading}}
    for name, found in roles.items():
        secured.tell("PUT", f"/_plugins/_security/api/roles/{name}", found)
        secured.tell("PUT", f"/_plugins/_security/api/internalusers/{name}", {"password": PASSWORD})
        secured.tell("PUT", f"/_plugins/_security/api/rolesmapping/{name}", {"users": [name]})


def _make_certificates(folder: Path) -> None:
    """An authority of our own, and a certificate of localhost by it."""
    names = folder / "names"
    names.write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n", "ascii")
    new = ["req", "-newkey", "rsa:2048", "-nodes"]
    ca, key = folder / "ca.pem", folder / "ca.key"
    _openssl(*new, "-x509", "-days", "2", "-subj", "/CN=test authority", "-keyout", key, "-out", ca)
    _openssl(*new, "-subj", "/CN=localhost", "-keyout", folder / "node.key", "-out", folder / "node.csr")
    signing = ["x509", "-req", "-days", "2", "-CA", ca, "-CAkey", key, "-CAcreateserial", "-extfile", names]
    _openssl(*signing, "-in", folder / "node.csr", "-out", folder / "node.crt")


def _openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)
