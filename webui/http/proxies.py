"""Reverse proxies: what the trusted ones say about who asks is believed, what anybody else says never reaches us.

waitress could do the first half for one proxy with one address; here they are any number of networks. Which header
says what: X-Forwarded-For, -Proto and -Host (the de-facto standard), and the user header that the settings name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from werkzeug.middleware.proxy_fix import ProxyFix

from kb.config_values import Network

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: of the WSGI environment: whom a trusted proxy named; missing without one
USER = "zhida.proxy_user"
#: what proxies use to tell where a request comes from; `Forwarded` (RFC 7239) too, which we don't read
_TOLD = (
    "HTTP_X_FORWARDED_FOR",
    "HTTP_X_FORWARDED_PROTO",
    "HTTP_X_FORWARDED_HOST",
    "HTTP_X_FORWARDED_PORT",
    "HTTP_X_FORWARDED_PREFIX",
    "HTTP_FORWARDED",
)

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class TrustedProxies:
    """A WSGI application before ``app``; ``networks`` are those of the proxies, ``user_header`` may be ``""``."""

    def __init__(self, app: WSGIApplication, networks: tuple[Network, ...], user_header: str) -> None:
        self._app, self._networks = app, networks
        self._told_by_proxy = ProxyFix(app, x_for=0, x_proto=1, x_host=1)
        self._user_key = "HTTP_" + user_header.upper().replace("-", "_") if user_header else ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer the request."""
        named = environ.pop(self._user_key, "")
        if not self._trusts(_address(environ.get("REMOTE_ADDR", ""))):
            for name in _TOLD:
                environ.pop(name, None)
            return self._app(environ, start_response)
        if named.strip():
            environ[USER] = named
        environ["REMOTE_ADDR"] = self._client(environ)
        return self._told_by_proxy(environ, start_response)

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self._networks)

    def _client(self, environ: WSGIEnvironment) -> str:
        """The last address before our own proxies: what stands left of it was written by we don't know whom."""
        client: str = environ["REMOTE_ADDR"]
        for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
            address = _address(hop.strip())
            if address is None or not self._trusts(_address(client)):
                break
            client = str(address)
        return client


@lru_cache(maxsize=1024)  # the same few hundred desks ask all day
def _address(text: str) -> Address | None:
    """The address that ``text`` is; IPv4 within IPv6 (``::ffff:10.0.0.5``) as IPv4."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return mapped or found


def user(environ: WSGIEnvironment) -> str | None:
    """Whom a trusted proxy named, in whatever characters (WSGI reads headers as Latin-1, proxies write UTF-8)."""
    named: str | None = environ.get(USER)
    return named.encode("latin-1").decode("utf-8", errors="surrogateescape") if named else None
