"""A browser as far as a server sees one: kept connections, cookies, the headers of its requests, files kept for ever.

HTTP/1.1 on bare asyncio streams: a client library takes several times the processor time for each request (see
docs/benchmarks.md), which the server on the same cores would be denied.
"""

from __future__ import annotations

import asyncio
import json
import re
import zlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.bench.load_records import Records, Timing

#: seconds; nobody waits longer
PATIENCE = 30.0
_OK = frozenset({200})
_CSRF = re.compile(r'<meta name="csrf" content="([^"]*)"')
_ASSET = re.compile(r'(?:href|src)="(/static/[^"#]+)')
_MODULE = re.compile(r'from "\./([\w-]+\.js)"')
_GZIP = 16 + zlib.MAX_WBITS


class Trouble(Exception):
    """A request failed; it is in the records already."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers (names in lower case; of several cookies each) and body as sent."""

    status: int
    headers: Mapping[str, str]
    cookies: tuple[str, ...]
    body: bytes

    @property
    def text(self) -> str:
        """The body, unpacked."""
        packed = self.headers.get("content-encoding") == "gzip"
        return (zlib.decompress(self.body, _GZIP) if packed else self.body).decode()

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Browser:
    """One person's; ``csrf`` is what the latest page said. Raises Trouble, having noted it, for whatever goes wrong."""

    def __init__(self, url: str, records: Records) -> None:
        address = urlsplit(url)
        self._host, self._port = address.hostname, address.port
        self._fixed = f"Host: {address.netloc}\r\nUser-Agent: Zhida load\r\nAccept-Encoding: gzip\r\n"
        self._origin = f"http://{address.netloc}"
        self._records = records
        self._idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self._cookies: dict[str, str] = {}
        self._kept: set[str] = set()
        self._home = ""  # ETag of the front page that is kept
        self.csrf = ""

    async def get(self, kind: str, path: str, expected: Collection[int] = _OK, **query: Any) -> Answer:
        """GET ``path`` for a document or a script's use."""
        address = f"{path}?{urlencode(query)}" if query else path
        return await self._ask(kind, "GET", address, {}, b"", expected)

    async def page(self, kind: str, path: str, **query: Any) -> str:
        """GET a page, and what it needs that isn't kept yet; its HTML."""
        text = (await self.get(kind, path, **query)).text
        await self._show(text)
        return text

    async def front_page(self) -> str | None:
        """The search page with the FAQ panel; None when it is the one that is kept."""
        known = {"If-None-Match": self._home} if self._home else {}
        answer = await self._ask("front page", "GET", "/", known, b"", {200, 304})
        if answer.status == 304:
            return None
        self._home = answer.headers.get("etag", "")
        await self._show(answer.text)
        return answer.text

    async def send(
        self, kind: str, method: str, path: str, body: object, expected: Collection[int] = _OK, **headers: str
    ) -> Answer:
        """Send JSON as the pages' scripts do."""
        given = {"Content-Type": "application/json", "X-CSRF-Token": self.csrf}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self._ask(kind, method, path, given, json.dumps(body).encode(), expected)

    async def submit(self, kind: str, path: str, fields: Mapping[str, str], expected: Collection[int]) -> Answer:
        """Send a form of the latest page, by script where a page has one."""
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        body = urlencode({**fields, "csrf": self.csrf}).encode()
        return await self._ask(kind, "POST", path, headers, body, expected)

    async def log_in(self, name: str, password: str) -> None:
        """By the form, again when the server is busy with others' passwords; then a page with the login's token."""
        await self.page("login page", "/login")
        fields = {"name": name, "password": password, "next": "/"}
        while (answer := await self.submit("login", "/login", fields, {303, 429})).status != 303:
            await asyncio.sleep(int(answer.headers["retry-after"]))
        await self.page("front page", "/")

    def close(self) -> None:
        """Hang up."""
        for _, writer in self._idle:
            writer.close()

    async def _show(self, html: str) -> None:
        if found := _CSRF.search(html):
            self.csrf = found[1]
        wanted = _ASSET.findall(html)
        while wanted:
            path = wanted.pop()
            if path in self._kept:
                continue
            self._kept.add(path)
            answer = await self.get("static file", path)
            if path.endswith(".js"):
                wanted += [f"{path.rpartition('/')[0]}/{name}" for name in _MODULE.findall(answer.text)]

    async def _ask(
        self, kind: str, method: str, path: str, headers: Mapping[str, str], body: bytes, expected: Collection[int]
    ) -> Answer:
        at, started = self._records.now(), perf_counter()
        try:
            answer = await asyncio.wait_for(self._exchange(method, path, headers, body), PATIENCE)
        except (OSError, EOFError, ValueError, asyncio.TimeoutError) as error:
            raise self._trouble(f"{kind}: {type(error).__name__} {error}") from error
        self._records.timings.append(Timing(kind, at, (perf_counter() - started) * 1000))
        self._cookies |= dict(cookie.partition(";")[0].split("=", 1) for cookie in answer.cookies)
        if answer.status not in expected:
            raise self._trouble(f"{kind}: {answer.status} {method} {path} {answer.text[:300]}")
        return answer

    def _trouble(self, what: str) -> Trouble:
        self._records.errors.append(what)
        return Trouble(what)

    async def _exchange(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Over a connection that is idle, else a new one. One that the server has closed meanwhile is no error."""
        request = self._request(method, path, headers, body)
        while self._idle:
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                return await self._over(reader, writer, request)
            writer.close()
        return await self._over(*await asyncio.open_connection(self._host, self._port), request)

    async def _over(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> Answer:
        try:
            writer.write(request)
            answer = await _read(reader)
        except BaseException:
            writer.close()
            raise
        if answer.headers.get("connection") == "close":
            writer.close()
        else:
            self._idle.append((reader, writer))
        return answer

    def _request(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = [f"{method} {path} HTTP/1.1\r\n{self._fixed}Sec-Fetch-Site: same-origin"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if self._cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self._cookies.items()))
        if method != "GET":
            lines.append(f"Origin: {self._origin}\r\nContent-Length: {len(body)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _read(reader: asyncio.StreamReader) -> Answer:
    """One answer. Raises EOFError (of asyncio) when the server hangs up before its end."""
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").rstrip("\r\n").split("\r\n")
    status, pairs = int(first.split(" ", 2)[1]), [line.split(": ", 1) for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    cookies = tuple(value for name, value in pairs if name.lower() == "set-cookie")
    if status in (204, 304):
        return Answer(status, headers, cookies, b"")
    return Answer(status, headers, cookies, await reader.readexactly(int(headers["content-length"])))
