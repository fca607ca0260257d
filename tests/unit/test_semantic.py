"""Embedding the articles and asking for neighbours, with real stores and a real server, which may misbehave."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from kb.embedding.endpoint import EndpointEmbedder
from kb.embedding.vector_file import VectorFile, stored_fingerprints
from kb.errors import EmbedderError
from kb.model import Script
from kb.rules.paraphrases import BACKGROUND
from kb.rules.vector_index import ArticleTexts
from kb.usecases.embedding import BATCH
from kb.usecases.query_vectors import LATE
from kb.usecases.semantic import Semantic
from tests.e2e.processes import wait_until
from tests.embedding_servers import EmbeddingServer, embeddings, good, serving
from tests.local_servers import Reply
from tests.unit.article_factory import make_article

DEADLINE = 60.0


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with serving() as running:
        yield running


ANSWER = (Script(None, "您好，可以退款。"),)


def article(number: int, *more: str) -> ArticleTexts:
    """With one question and ``more``."""
    questions = (f"问法 {number}", *more)
    return ArticleTexts.of(make_article(f"a{number}", title=f"标题 {number}", questions=questions, scripts=ANSWER))


def articles(count: int) -> list[ArticleTexts]:
    return [article(number) for number in range(count)]


def texts_of(count: int) -> int:
    """So many texts do ``articles(count)`` need: title, question and content of each, and what all questions share."""
    return 3 * count + len(BACKGROUND)


def semantic(folder: Path, url: str, model: str = "m", former: str = "", deadline: float = DEADLINE) -> Semantic:
    """On the vectors in ``folder``; ``former`` is the model that made some of them."""
    embedder, old = EndpointEmbedder(url, model), EndpointEmbedder(url, former or "none")
    stores = [(old, VectorFile(folder, old.fingerprint))] if former else []
    return Semantic(embedder, VectorFile(folder, embedder.fingerprint), lambda: stores, deadline)


def following(made: Semantic, wanted: Sequence[ArticleTexts]) -> Semantic:
    made.follow(tuple(wanted))
    return made


def nearest(made: Semantic, text: str) -> str | None:
    found = made.ask(text).wait()
    return found.ids[int(np.argmax(found.nearest))] if found is not None and found.ids else None


class Background:
    """``made.run`` in a thread, as in a server; a context manager that stops it."""

    def __init__(self, made: Semantic) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=made.run, args=(self.stop,))

    def __enter__(self) -> Background:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join()


def test_a_title_and_a_question_find_their_article(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url), articles(5))
    assert made.ask("标题 3").wait() is None, "nothing is embedded while somebody waits"
    report = made.embed()
    assert (report.articles, report.texts, report.embedded, report.cached) == (5, texts_of(5), texts_of(5), 0)
    for asked, wanted in (("标题 3", "a3"), ("问法 2", "a2")):
        found = made.ask(asked).wait()
        assert found is not None
        assert found.nearest[found.places[wanted]] == pytest.approx(1, abs=1e-3)
        assert found.nearest.argmax() == found.places[wanted]


def test_a_command_uses_what_is_on_disk_and_embeds_only_the_question(tmp_path: Path, server: EmbeddingServer) -> None:
    following(semantic(tmp_path, server.url), articles(5)).embed()
    before = len(server.requests)
    assert nearest(following(semantic(tmp_path, server.url), articles(5)), "标题 3") == "a3"
    assert [request["input"] for request in server.requests[before:]] == [["标题 3"]]


def test_the_same_articles_once_more_change_nothing(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url), articles(5))
    made.embed()
    edition = made.edition
    assert nearest(following(made, articles(5)), "标题 3") == "a3"
    assert made.edition == edition


def test_personal_numbers_never_reach_the_model(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url), articles(5))
    made.embed()
    made.ask("我的手机13812345678收不到验证码").wait()
    (asked,) = server.requests[-1]["input"]
    assert "138" not in asked
    assert "收不到验证码" in asked


def test_after_an_edit_only_what_is_new_is_embedded(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url), articles(5))
    made.embed()
    edition = made.edition
    report = following(made, [*articles(4), article(4, "新的问法")]).embed()
    assert (report.embedded, report.cached) == (1, texts_of(5))
    assert set(server.embedded().values()) == {1}
    assert made.edition > edition
    assert nearest(made, "新的问法") == "a4"


def test_a_server_embeds_in_the_background_and_follows(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url), articles(20))
    with Background(made):
        wait_until(lambda: made.state().serves)
        made.follow(tuple(articles(21)))
        wait_until(lambda: made.state().embedded == texts_of(21))
        assert nearest(made, "问法 20") == "a20"
    assert made.state().trouble == ""


def test_stopping_is_prompt_and_nothing_is_done_twice(tmp_path: Path, server: EmbeddingServer) -> None:
    reached, held = threading.Event(), threading.Event()

    def slow(request: dict[str, Any]) -> Reply:
        if len(server.requests) > 3:
            reached.set()
            held.wait()
        return good(request)

    server.reply = slow
    with Background(following(semantic(tmp_path, server.url), articles(50))) as background:
        assert reached.wait(60)
        background.stop.set()
        held.set()
    assert 0 < len(server.embedded()) < texts_of(50)
    following(semantic(tmp_path, server.url), articles(50)).embed()
    counts = server.embedded()
    del counts["直达"]  # each run warms the model up with it
    assert set(counts.values()) == {1}
    assert len(counts) == texts_of(50)


def test_a_killed_process_loses_no_more_than_the_batch_in_hand(tmp_path: Path, server: EmbeddingServer) -> None:
    process = multiprocessing.get_context("spawn").Process(target=_embed, args=(tmp_path, server.url))
    reached, held = threading.Event(), threading.Event()

    def slow(request: dict[str, Any]) -> Reply:
        if len(server.requests) == 4:
            reached.set()
            held.wait()
        return good(request)

    server.reply = slow
    process.start()
    assert process.pid is not None
    try:
        assert reached.wait(60)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        held.set()
    in_hand = set(server.requests[-1]["input"])
    report = following(semantic(tmp_path, server.url), articles(50)).embed()
    assert (report.cached, report.embedded) == (3 * BATCH, texts_of(50) - 3 * BATCH)
    assert {text for text, count in server.embedded().items() if count > 1} == in_hand


def _embed(folder: Path, url: str) -> None:
    following(semantic(folder, url), articles(50)).embed()


def test_of_two_processes_one_embeds_and_both_serve(tmp_path: Path, server: EmbeddingServer) -> None:
    one, two = (following(semantic(tmp_path, server.url), articles(30)) for _ in range(2))
    with Background(one), Background(two):
        wait_until(lambda: one.state().serves and two.state().serves)
    counts = server.embedded()
    assert counts.pop("直达") == 2
    assert set(counts.values()) == {1}
    assert nearest(one, "标题 7") == nearest(two, "标题 7") == "a7"


def test_few_vectors_do_not_serve_but_nearly_all_do(tmp_path: Path, server: EmbeddingServer) -> None:
    following(semantic(tmp_path, server.url), articles(90)).embed()
    assert following(semantic(tmp_path, server.url), articles(101)).ask("标题 1").wait() is None
    assert nearest(following(semantic(tmp_path, server.url), articles(100)), "标题 1") == "a1"


def test_the_former_model_serves_until_the_new_one_can(tmp_path: Path, server: EmbeddingServer) -> None:
    following(semantic(tmp_path, server.url, "old"), articles(40)).embed()
    reached, held = threading.Event(), threading.Event()

    def slow(request: dict[str, Any]) -> Reply:
        if request["model"] == "new" and len(request["input"]) > 1:
            reached.set()
            held.wait()
        return good(request)

    server.reply = slow
    made = following(semantic(tmp_path, server.url, "new", former="old"), articles(40))
    with Background(made):
        assert reached.wait(60)
        assert nearest(made, "标题 7") == "a7"
        assert server.requests[-1]["model"] == "old"
        held.set()
        wait_until(lambda: made.state().embedded == texts_of(40))
        wait_until(lambda: len(stored_fingerprints(tmp_path)) == 1)
        assert nearest(made, "标题 8") == "a8"
        assert server.requests[-1]["model"] == "new"


def test_a_model_that_hangs_costs_the_deadline_and_no_more(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url, deadline=0.01), articles(3))
    with Background(made):
        wait_until(lambda: made.state().serves)
        held = threading.Event()

        def hang(request: dict[str, Any]) -> Reply:
            held.wait()
            return good(request)

        server.reply = hang
        pending = made.ask("标题 1")
        assert pending.wait() is None
        assert pending.trouble == LATE
        for number in range(10):
            made.ask(f"别的 {number}").wait()
        assert made.state().trouble == LATE
        held.set()


def test_nan_is_never_kept(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path, server.url), articles(5))
    made.embed()
    server.reply = lambda r: (200, {}, embeddings(r["input"], lambda _: [float("nan")] * 8))
    with pytest.raises(EmbedderError, match="NaN"):
        following(made, articles(6)).embed(attempts=1)
    pending = made.ask("标题 4")
    assert pending.wait() is None
    assert "暂不可用" in pending.trouble
    server.reply = good
    made.embed()
    assert nearest(made, "问法 5") == "a5"


def test_who_is_told_to_wait_waits(tmp_path: Path, server: EmbeddingServer) -> None:
    replies = iter([(429, {"Retry-After": "0"}, b""), (503, {"Retry-After": "0"}, b"")])
    server.reply = lambda request: next(replies, None) or good(request)
    report = following(semantic(tmp_path, server.url), articles(5)).embed()
    assert report.embedded == texts_of(5)
    assert len(server.requests) > 3


def test_a_text_that_is_always_refused_does_not_keep_the_others_out(tmp_path: Path, server: EmbeddingServer) -> None:
    bad = {"标题 3", "问法 20"}

    def picky(request: dict[str, Any]) -> Reply:
        return (500, {"Retry-After": "0"}, b"") if bad & set(request["input"]) else good(request)

    server.reply = picky
    made = following(semantic(tmp_path, server.url), articles(40))
    with Background(made):
        wait_until(lambda: made.state().embedded == texts_of(40) - len(bad))
        wait_until(lambda: nearest(made, "标题 39") == "a39")
        assert "500" in made.state().trouble
        bad.clear()
        wait_until(lambda: made.state().embedded == texts_of(40))
        wait_until(lambda: made.state().trouble == "")
        assert nearest(made, "问法 20") == "a20"


def test_nobody_needs_every_background_question(tmp_path: Path, server: EmbeddingServer) -> None:
    def picky(request: dict[str, Any]) -> Reply:
        return (500, {"Retry-After": "0"}, b"") if BACKGROUND[3] in request["input"] else good(request)

    server.reply = picky
    made = following(semantic(tmp_path, server.url), articles(5))
    with Background(made):
        wait_until(lambda: made.state().embedded == texts_of(5) - 1)
        wait_until(lambda: nearest(made, "标题 3") == "a3")
        assert "500" in made.state().trouble


def test_a_changed_dimension_is_a_failure_and_not_a_crash(tmp_path: Path, server: EmbeddingServer) -> None:
    following(semantic(tmp_path, server.url), articles(3)).embed()
    server.reply = lambda r: (200, {}, embeddings(r["input"], lambda _: [1.0, 2.0]))
    pending = following(semantic(tmp_path, server.url), articles(3)).ask("标题 1")
    assert pending.wait() is None
    assert "暂不可用" in pending.trouble


def test_vectors_that_no_article_uses_are_dropped_in_the_end(tmp_path: Path, server: EmbeddingServer) -> None:
    following(semantic(tmp_path, server.url), articles(40)).embed()
    (path,) = tmp_path.glob("*.vectors")
    before = path.stat().st_size
    following(semantic(tmp_path, server.url), ()).embed()
    assert path.stat().st_size == before, "no articles at all is more likely an accident"
    following(semantic(tmp_path, server.url), articles(5)).embed()
    assert path.stat().st_size < before / 2


def test_requests_are_json_of_moderate_size(tmp_path: Path, server: EmbeddingServer) -> None:
    following(semantic(tmp_path, server.url), articles(30)).embed()
    assert max(len(request["input"]) for request in server.requests) == BATCH
    assert max(len(json.dumps(request)) for request in server.requests) < 64_000


def test_neighbours_for_an_audience_are_those_of_its_articles_alone(tmp_path: Path, server: EmbeddingServer) -> None:
    made = following(semantic(tmp_path / "all", server.url), articles(30))
    made.follow(tuple(articles(7)), "public")
    alone = following(semantic(tmp_path / "alone", server.url), articles(7))
    for each in (made, alone):
        each.embed()
    found, expected, everything = (
        made.ask("标题 1", "public").wait(),
        alone.ask("标题 1").wait(),
        made.ask("标题 1").wait(),
    )
    assert found is not None
    assert expected is not None
    assert everything is not None
    assert (found.ids, len(everything.ids)) == (expected.ids, 30)
    assert np.array_equal(found.meaning, expected.meaning)
    assert np.array_equal(found.nearest, expected.nearest)
