"""Questions on their way through a model that is slow, fails, or never answers; time is a number here."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from kb.errors import EmbedderError
from kb.ports.embedder import Vectors
from kb.usecases.query_vectors import BUSY, FAILED, FAILURES, KEPT, LATE, MOST, PAUSE, QueryVectors

PATIENT = 60.0


class Model:
    """Embeds after ``go``; ``asked`` are the texts in order, ``begun`` tells that one has come in."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.go, self.begun = threading.Event(), threading.Semaphore(0)
        self.go.set()
        self.error: Exception | None = None

    def embed(self, text: str) -> Vectors:
        self.asked.append(text)
        self.begun.release()
        assert self.go.wait(PATIENT)
        if self.error:
            raise self.error
        return np.full(2, len(text), np.float32)


@pytest.fixture
def model() -> Iterator[Model]:
    made = Model()
    yield made
    made.go.set()


@pytest.fixture
def vectors(model: Model) -> Iterator[QueryVectors]:
    made = QueryVectors(model.embed)
    yield made
    made.close()


def test_a_question_is_embedded_once(model: Model, vectors: QueryVectors) -> None:
    for _ in range(3):
        got = vectors.ask("退款", PATIENT).wait()
        assert got is not None
        assert got.tolist() == [2, 2]
    assert model.asked == ["退款"]


def test_who_asks_the_same_meanwhile_shares_it(model: Model, vectors: QueryVectors) -> None:
    model.go.clear()
    asked = [vectors.ask("退款", PATIENT) for _ in range(5)]
    model.go.set()
    assert all(one.wait() is not None for one in asked)
    assert model.asked == ["退款"]


def test_a_late_answer_is_kept_for_the_next(model: Model, vectors: QueryVectors) -> None:
    model.go.clear()
    asked = vectors.ask("退款", 0.01)
    model.begun.acquire()
    assert asked.wait() is None
    assert asked.trouble == LATE
    model.go.set()
    assert vectors.ask("退款", PATIENT).wait() is not None
    assert model.asked == ["退款"]


def test_what_nobody_waits_for_is_not_begun(model: Model) -> None:
    now = [0.0]
    vectors = QueryVectors(model.embed, lambda: now[0])
    model.go.clear()
    threads = os.cpu_count() or 1
    for number in range(threads + 3):
        vectors.ask(f"{number}", 1.0)
    for _ in range(threads):
        model.begun.acquire()
    now[0] = 2.0
    last = vectors.ask("再问", PATIENT)
    model.go.set()
    assert last.wait() is not None
    assert len(model.asked) == threads + 1
    vectors.close()


def test_a_model_that_hangs_gets_no_more_than_so_many(model: Model, vectors: QueryVectors) -> None:
    model.go.clear()
    others = set(threading.enumerate())
    asked = [vectors.ask(f"{number}", PATIENT) for number in range(MOST + 3)]
    assert [one.trouble for one in asked] == [""] * MOST + [BUSY] * 3
    assert asked[-1].wait() is None
    assert len(set(threading.enumerate()) - others) == (os.cpu_count() or 1)


def test_after_failures_in_a_row_nobody_asks_for_a_while(model: Model) -> None:
    now = [0.0]
    vectors = QueryVectors(model.embed, lambda: now[0])
    model.error = EmbedderError("坏了")
    for number in range(FAILURES):
        assert vectors.trouble == ""
        asked = vectors.ask(f"{number}", PATIENT)
        assert asked.wait() is None
        assert asked.trouble == FAILED
    assert vectors.trouble == "坏了"
    assert vectors.ask("x", PATIENT).wait() is None
    assert len(model.asked) == FAILURES
    now[0] += PAUSE
    assert vectors.ask("y", PATIENT).wait() is None
    assert vectors.ask("z", PATIENT).wait() is None
    assert len(model.asked) == FAILURES + 1, "one is enough to see that it still fails"
    model.error, now[0] = None, now[0] + PAUSE
    assert vectors.ask("x", PATIENT).wait() is not None
    assert vectors.trouble == ""
    vectors.close()


def test_a_model_that_is_late_is_asked_again_at_once(model: Model) -> None:
    now = [0.0]
    vectors = QueryVectors(model.embed, lambda: now[0])
    model.go.clear()
    for number in range(2 * FAILURES):
        asked = vectors.ask(f"{number}", 0.0)
        assert (asked.wait(), asked.trouble) == (None, LATE)
    assert vectors.trouble == LATE
    model.go.set()
    assert vectors.ask("退款", PATIENT).wait() is not None
    assert vectors.trouble == ""
    vectors.close()


def test_any_error_of_a_model_is_only_a_failure(model: Model, vectors: QueryVectors) -> None:
    model.error = ZeroDivisionError()
    assert vectors.ask("退款", PATIENT).wait() is None
    model.error = None
    assert vectors.ask("退款", PATIENT).wait() is not None, "what failed is not kept"


def test_the_oldest_are_forgotten(model: Model, vectors: QueryVectors) -> None:
    for number in range(KEPT):
        vectors.ask(f"{number}", PATIENT).wait()
    vectors.ask("0", PATIENT).wait()
    vectors.ask("one more", PATIENT).wait()
    before = len(model.asked)
    vectors.ask("0", PATIENT).wait()
    assert len(model.asked) == before
    vectors.ask("1", PATIENT).wait()
    assert len(model.asked) == before + 1
