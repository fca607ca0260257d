"""A certificate of localhost for tests, which nobody vouches for unless told so."""

from __future__ import annotations

import ssl
import subprocess
from pathlib import Path


def make_certificate(folder: Path) -> Path:
    """Key and certificate in one file; name it in ``SSL_CERT_FILE`` to be trusted."""
    path, alone = folder / "localhost.pem", folder / "localhost.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost"]
    command += ["-addext", "subjectAltName=DNS:localhost", "-keyout", str(path), "-out", str(alone)]
    subprocess.run(command, check=True, capture_output=True)
    path.write_bytes(path.read_bytes() + alone.read_bytes())
    return path


def tls(certificate: Path) -> ssl.SSLContext:
    """What a server encrypts with."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context
