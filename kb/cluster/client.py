"""One connection to a cluster: any node of it is asked, another one when that fails, within a deadline."""

from __future__ import annotations

import json
import logging
import threading
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from opensearchpy import OpenSearch
from opensearchpy.exceptions import ConnectionError as NotConnected
from opensearchpy.exceptions import OpenSearchException, SSLError, TransportError

from kb.cluster.refusals import refusal, translated, unsuitable
from kb.errors import ClusterAway, ClusterBusy, ClusterError, ClusterMissing
from kb.turns import SEARCHING

#: who waits for an answer to a question, and who for something to be written or made
QUERY_SECONDS, WRITE_SECONDS = 1.0, 60.0

#: of the time that is left, what one node of several is given; of all time, the least that is worth another try
_SHARE, _LEAST = 0.5, 0.1
#: seconds until the next try, doubled each time; a node that failed is left alone for some
_PAUSE, _REST = 0.02, 2
#: so many questions at a time wait for a cluster that left the one before without answer; threads are for the others
_PROBES = 2
#: bytes of one bulk request, before somebody says that it was too much
_BULK_BYTES = 4 * 2**20

logging.getLogger("opensearch").setLevel(logging.ERROR)  # what is refused becomes an error of ours; 404 is no news

#: one shard, so that what is seen there is seen in the order in which it came; with a copy where there is a second node
_SMALL = {"settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1", "refresh_interval": "1s"}}

#: what to do (``{"create": {"_index": …, "_id": …}}``) and the document, None where there is none
Operation = tuple[Mapping[str, Any], Mapping[str, Any] | None]


class Cluster:
    """A cluster behind ``urls``; ``ca``: file of the authority that signed its certificates, ``""``: a public one.
    ``seconds``: the deadline of what is only asked, unless a call has its own.

    Every method raises ClusterAway when nobody answers in time, ClusterBusy when the cluster wants to be left alone,
    ClusterMissing (404), ClusterConflict (409) and ClusterError for the rest. Threads may share one.
    """

    def __init__(
        self, urls: Sequence[str], user: str = "", password: str = "", ca: str = "", seconds: float = QUERY_SECONDS
    ) -> None:
        self._seconds = seconds
        self._where, self._user = "、".join(urls), user
        self._alone = len(urls) == 1
        self._transport = OpenSearch(
            hosts=list(urls),
            headers=_login(user, password) if user else None,
            ca_certs=ca or None,
            max_retries=0,  # repeated here, within the deadline
            retry_on_timeout=True,  # that is: another node is asked next
            dead_timeout=_REST,
            pool_maxsize=16,
        ).transport
        self._is_known, self._lock = False, threading.Lock()
        self._is_away, self._probes = False, threading.BoundedSemaphore(_PROBES)

    def ask(
        self, method: str, path: str, body: object = None, seconds: float | None = None, **parameters: object
    ) -> Any:
        """What may be asked twice: reading, and what has the same outcome the second time.

        Without ``seconds`` it is a question that somebody waits for: where the one before was not answered, a few wait
        for this one, and the rest is told at once.
        """
        with self._waiting(seconds is None):
            self._check()
            return self._repeated(method, path, body, self._seconds if seconds is None else seconds, parameters)

    def tell(
        self, method: str, path: str, body: object = None, seconds: float = WRITE_SECONDS, **parameters: object
    ) -> Any:
        """What must not happen twice: a node that may have heard it is not asked again."""
        self._check()
        try:
            return self._once(method, path, body, seconds, parameters)
        except (OpenSearchException, ValueError) as error:
            raise translated(error, self._where, self._user, seconds) from error

    def bulk(
        self, operations: Iterable[Operation], seconds: float = WRITE_SECONDS, existing_is_good: bool = False
    ) -> None:
        """Write many documents in requests of some megabytes, smaller and later ones when the cluster has too much.

        Raises the error of the first document that is refused; the others of its request are written. What is there
        already is refused by ``create``, unless ``existing_is_good``.
        """
        size = _BULK_BYTES
        for lines in _requests(operations):
            pending, until, pause = lines, time.monotonic() + seconds, 0.1
            repeated = existing_is_good
            while pending:
                some = _fitting(pending, size)
                try:
                    refused = self._bulk(some, repeated)
                except (ClusterBusy, ClusterAway):
                    refused = some
                    repeated = True  # it may have been heard: what is there already, is ours
                pending = refused + pending[len(some) :]
                if refused:
                    if time.monotonic() + pause > until:
                        raise ClusterBusy(f"搜索集群在 {seconds:g} 秒内没有写完一批内容，太忙或不可用。请稍后再试。")
                    size = max(size // 2, 64 * 2**10)
                    time.sleep(pause)
                    pause = min(2 * pause, 5.0)

    def make_index(self, name: str, fields: Mapping[str, Any]) -> None:
        """Make a small index of those ``fields`` and no others, if there is none of that name."""
        with suppress(ClusterMissing):
            self.ask("GET", f"/{name}")
            return
        try:
            self.tell("PUT", f"/{name}", {**_SMALL, "mappings": {"dynamic": "strict", "properties": fields}})
        except ClusterError as refused:
            try:
                self.ask("GET", f"/{name}")  # somebody else was quicker
            except ClusterMissing:
                raise refused from None

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _bulk(self, lines: list[bytes], existing_is_good: bool) -> list[bytes]:
        """Those of ``lines`` that should be sent again."""
        answer = self.tell("POST", "/_bulk", b"".join(lines))
        if not answer["errors"]:
            return []
        again = []
        for line, item in zip(lines, answer["items"], strict=True):
            (result,) = item.values()
            status = result["status"]
            if status < 300 or (status == 409 and existing_is_good) or (status == 404 and "delete" in item):
                continue
            error = refusal(status, result.get("error", {}), self._user)
            if not isinstance(error, (ClusterBusy, ClusterAway)):
                raise type(error)(f"{error}（{result['_index']} 的 {result['_id']}）")
            again.append(line)
        return again

    def _repeated(self, method: str, path: str, body: object, seconds: float, parameters: Mapping[str, object]) -> Any:
        until, pause = time.monotonic() + seconds, _PAUSE
        while True:
            left = until - time.monotonic()
            try:
                return self._once(method, path, body, left if self._alone else max(left * _SHARE, _PAUSE), parameters)
            except (OpenSearchException, ValueError) as error:
                if not _is_passing(error) or until - time.monotonic() - pause < _LEAST * seconds:
                    raise translated(error, self._where, self._user, seconds) from error
            time.sleep(pause)
            pause *= 2

    def _once(self, method: str, path: str, body: object, seconds: float, parameters: Mapping[str, object]) -> Any:
        if body is not None and not isinstance(body, bytes):
            body = encoded(body)
        headers = {
            "content-type": "application/x-ndjson" if path.endswith(("_bulk", "_msearch")) else "application/json"
        }
        texts = {name: str(value).lower() if isinstance(value, bool) else value for name, value in parameters.items()}
        with SEARCHING.let_go():
            return self._transport.perform_request(method, path, texts, body, timeout=seconds, headers=headers)

    @contextmanager
    def _waiting(self, is_question: bool) -> Iterator[None]:
        """Note whether somebody answers within the block. Raises ClusterAway instead of waiting with too many."""
        probing = is_question and self._is_away
        if probing and not self._probes.acquire(blocking=False):
            raise ClusterAway(f"搜索集群（{self._where}）没有答复刚才的请求，正在重试。请稍后再试。")
        try:
            yield
            self._is_away = False
        except ClusterAway:
            self._is_away = True
            raise
        finally:
            if probing:
                self._probes.release()

    def _check(self) -> None:
        """Whether this is a cluster that we can work with; asked until one is."""
        if self._is_known:
            return
        with self._lock:
            wrong = None if self._is_known else unsuitable(self._repeated("GET", "/", None, self._seconds, {}))
            if wrong:
                raise wrong
            self._is_known = True


def encoded(value: object) -> bytes:
    """As JSON. What is no text (a lone surrogate) becomes a question mark, which no token is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(errors="replace")


def _login(user: str, password: str) -> dict[str, str]:
    """Basic authentication in UTF-8, as clusters read it; the library's own knows no more than Latin-1."""
    return {"authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def _is_passing(error: Exception) -> bool:
    """Whether another node, or the same a moment later, may answer."""
    if isinstance(error, SSLError):
        return False
    return isinstance(error, NotConnected) or (
        isinstance(error, TransportError) and error.status_code in (429, 502, 503, 504)
    )


def _requests(operations: Iterable[Operation]) -> Iterator[list[bytes]]:
    """The lines of operations, in parts of at most some megabytes."""
    lines: list[bytes] = []
    size = 0
    for action, document in operations:
        line = b"".join(encoded(part) + b"\n" for part in (action, document) if part is not None)
        if lines and size + len(line) > _BULK_BYTES:
            yield lines
            lines, size = [], 0
        lines.append(line)
        size += len(line)
    if lines:
        yield lines


def _fitting(lines: list[bytes], size: int) -> list[bytes]:
    """As many of the first lines as are together below ``size`` bytes, at least one."""
    total, count = 0, 0
    for line in lines:
        total += len(line)
        if count and total > size:
            break
        count += 1
    return lines[:count]
