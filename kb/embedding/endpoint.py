"""Any server with OpenAI's ``POST /v1/embeddings``, by httpx. The key is sent, and stands nowhere else.

Messages are made here and not by httpx, whose own may quote headers. httpx takes a third of a second to load, so that
is left to the first request.
"""

from __future__ import annotations

import logging
import weakref
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from kb.embedding.validation import checked
from kb.errors import EmbedderError, SettingsError
from kb.ports.embedder import Vectors
from kb.text.once import once

if TYPE_CHECKING:
    import httpx

#: seconds; a query that takes longer than the search's deadline still fills the cache of query vectors
QUERY_TIMEOUT = 5.0
PASSAGES_TIMEOUT = 60.0

#: what this logs of each request would drown everything else
logging.getLogger("httpx").setLevel(logging.WARNING)

_PROVIDER = "endpoint"


def model_of(fingerprint: str, url: str) -> str | None:
    """The model's name in a fingerprint made for ``url``; None when it was made for something else."""
    start = f"{_PROVIDER} {_public(_parsed(url))} "
    return fingerprint[len(start) :] if fingerprint.startswith(start) else None


class EndpointEmbedder:
    """``model`` at ``url``, which ends in ``/v1`` or ``/v1/embeddings``; timeouts in seconds.

    Raises SettingsError for a useless url or key.
    """

    def __init__(
        self,
        url: str,
        model: str,
        key: str = "",
        query_timeout: float = QUERY_TIMEOUT,
        timeout: float = PASSAGES_TIMEOUT,
    ) -> None:
        address = _parsed(url)
        self._url, self._host, self._model_name = address.geturl(), address.hostname, model
        if not (key.isascii() and key.isprintable()):
            raise SettingsError("设置 embeddings_key 含有密钥里不会有的字符（例如换行或汉字），请重新复制。")
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._client = once(self._connect)
        self._query_timeout, self._timeout = query_timeout, timeout
        self.fingerprint = f"{_PROVIDER} {_public(address)} {model}"
        self._dimensions: int | None = None
        self._says_what_for = True  # what is compared are questions; servers that make no difference may refuse it

    def embed_query(self, text: str) -> Vectors:
        """See the port."""
        vector: Vectors = self._embed([text], self._query_timeout)[0]
        return vector

    def embed_texts(self, texts: Sequence[str]) -> Vectors:
        """See the port."""
        return self._embed(texts, self._timeout)

    def _embed(self, texts: Sequence[str], timeout: float) -> Vectors:
        body: dict[str, Any] = {"model": self._model_name, "input": list(texts), "encoding_format": "float"}
        response = None
        if self._says_what_for:
            response = self._post({**body, "input_type": "query"}, timeout)
        if response is None or response.status_code in (400, 422):
            response = self._post(body, timeout)
            self._says_what_for &= not response.is_success
        _raise_for_status(response)
        vectors = checked(_embeddings(response), len(texts), self._dimensions)
        self._dimensions = vectors.shape[1]
        return vectors

    def _connect(self) -> httpx.Client:
        import httpx

        client = httpx.Client(headers=self._headers)
        weakref.finalize(self, client.close)
        return client

    def _post(self, body: dict[str, Any], timeout: float) -> httpx.Response:
        import httpx

        try:
            return self._client().post(self._url, json=body, timeout=timeout)
        except httpx.TimeoutException:
            raise EmbedderError(f"嵌入服务 {self._host} 在 {timeout:g} 秒内没有回答，请检查该服务。") from None
        except (httpx.HTTPError, OSError) as error:
            raise EmbedderError(
                f"连不上嵌入服务 {self._host}（{type(error).__name__}），请检查设置 embeddings_url 和该服务。"
            ) from None


def _parsed(url: str) -> SplitResult:
    try:
        parsed = urlsplit(url)
        known = parsed.scheme in ("http", "https") and parsed.hostname and parsed.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        known = False
    if not known:
        raise SettingsError("设置 embeddings_url 不是网址，应像 http://127.0.0.1:8001/v1/embeddings。")
    path = parsed.path.rstrip("/")
    return parsed._replace(path=path if path.endswith("/embeddings") else f"{path}/embeddings")


def _public(url: SplitResult) -> str:
    """Without what may be secret; it is written into files and shown."""
    return url._replace(netloc=url.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _raise_for_status(response: httpx.Response) -> None:
    if response.is_success:
        return
    status, host = response.status_code, response.url.host
    if status == 429:
        raise EmbedderError(f"嵌入服务 {host} 要求放慢（429），稍后再试。", _retry_after(response))
    if status >= 500:
        raise EmbedderError(f"嵌入服务 {host} 出错（{status}），请检查该服务。", _retry_after(response))
    suspect = "embeddings_key" if status in (401, 403) else "embeddings_url 和 embeddings_model"
    raise EmbedderError(f"嵌入服务 {host} 拒绝了请求（{status}），请检查设置 {suspect}。")


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds by the header of that name, which holds a number or a date."""
    text = response.headers.get("Retry-After", "")
    try:
        return max(0.0, float(text))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, TypeError):
        return None


def _embeddings(response: httpx.Response) -> list[Any]:
    """The vectors in the order of the texts."""
    try:
        rows = response.json()["data"]
        return [row["embedding"] for row in sorted(rows, key=lambda row: row["index"])]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise EmbedderError(
            f"嵌入服务 {response.url.host} 的回答不是 OpenAI 的格式，请检查设置 embeddings_url。"
        ) from None
