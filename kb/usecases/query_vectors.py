"""Vectors of questions: from memory, or from the model in threads of their own, so that nobody has to wait for it.

A model that hangs or fails costs little: only so many questions are on their way at once, whoever asks for one that is
already on its way shares it, one that nobody waits for any more isn't begun, and after some errors in a row nobody
asks for a while. An answer that comes too late is kept for the next who asks.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from queue import SimpleQueue

from kb.errors import KbError
from kb.ports.embedder import Vectors

log = logging.getLogger(__name__)

#: vectors kept, some 2 KB each
KEPT = 1000
#: questions on their way at once; about as many as the server has threads, twice
MOST = 16
#: so many failures in a row mean that asking is useless for so many seconds
FAILURES = 5
PAUSE = 10.0

LATE = "语义检索超时，本次只按字词查找。"
BUSY = "语义检索太忙，本次只按字词查找。"
FAILED = "语义检索暂不可用，本次只按字词查找。"

Clock = Callable[[], float]


class Breaker:
    """Says when asking has become useless; ``trouble`` is the latest failure until there is a success."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0
        self._latest = ""

    def blocks(self) -> bool:
        """Whether nobody should ask now."""
        return self._clock() < self._closed_until

    def succeeded(self) -> None:
        """An answer came in time."""
        self._failures = 0

    def failed(self, reason: str) -> None:
        """The model can't."""
        self.was_late(reason)
        if self._failures >= FAILURES:
            self._closed_until = self._clock() + PAUSE

    def was_late(self, reason: str = LATE) -> None:
        """None came in time. That closes nothing: a busy model is soon quick again, one that hangs is soon asked by
        as many as may wait for it, and then nobody waits.
        """
        self._latest = reason
        self._failures += 1

    @property
    def trouble(self) -> str:
        """What goes wrong again and again, until an answer comes in time; "" for nothing."""
        return self._latest if self._failures >= FAILURES else ""


class _Question:
    """A text on its way through the model; several may wait for it, the last of them until ``until``."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.until = 0.0
        self.done = threading.Event()
        self.vector: Vectors | None = None
        self.error = ""


class Asked:
    """What one asker waits for."""

    def __init__(self, question: _Question, until: float, breaker: Breaker, clock: Clock) -> None:
        self._question, self._until, self._breaker, self._clock = question, until, breaker, clock
        self.trouble = ""

    def wait(self) -> Vectors | None:
        """The vector, or None when it can't be had in time; ``trouble`` says why then."""
        question = self._question
        if not question.done.wait(max(0.0, self._until - self._clock())):
            self.trouble = LATE
            self._breaker.was_late()
        elif question.error:
            self.trouble = FAILED
            self._breaker.failed(question.error)
        else:
            self._breaker.succeeded()
        return None if self.trouble else question.vector


class Known:
    """What needs no waiting: a vector from memory, or none and why."""

    def __init__(self, vector: Vectors | None, trouble: str = "") -> None:
        self._vector, self.trouble = vector, trouble

    def wait(self) -> Vectors | None:
        """The vector, if there is one."""
        return self._vector


class QueryVectors:
    """Asks one model by ``embed``; thread-safe."""

    def __init__(self, embed: Callable[[str], Vectors], clock: Clock = time.monotonic) -> None:
        self._embed, self._clock = embed, clock
        self._breaker = Breaker(clock)
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._running: dict[str, _Question] = {}
        self._queue: SimpleQueue[_Question | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    @property
    def trouble(self) -> str:
        """What keeps the model from answering in time, lately; "" for nothing."""
        return self._breaker.trouble

    def ask(self, text: str, seconds: float) -> Asked | Known:
        """Begin to embed ``text``, which is wanted within ``seconds``; returns at once."""
        with self._lock:
            if (vector := self._kept.get(text)) is not None:
                self._kept.move_to_end(text)
                return Known(vector)
            if self._breaker.blocks():
                return Known(None, FAILED)
            question = self._running.get(text)
            if question is None:
                if len(self._running) >= MOST:
                    return Known(None, BUSY)
                question = self._begin(text)
            question.until = max(question.until, self._clock() + seconds)
        return Asked(question, self._clock() + seconds, self._breaker, self._clock)

    def close(self) -> None:
        """End the threads when they have done what was asked for."""
        for _ in self._threads:
            self._queue.put(None)

    def _begin(self, text: str) -> _Question:
        question = self._running[text] = _Question(text)
        if len(self._threads) < (os.cpu_count() or 1):
            self._threads.append(threading.Thread(target=self._work, name="query embedder", daemon=True))
            self._threads[-1].start()
        self._queue.put(question)
        return question

    def _work(self) -> None:
        while (question := self._queue.get()) is not None:
            if self._is_worth_it(question):
                self._answer(question)

    def _is_worth_it(self, question: _Question) -> bool:
        with self._lock:
            if self._clock() < question.until:
                return True
            del self._running[question.text]
            return False

    def _answer(self, question: _Question) -> None:
        try:
            question.vector = self._embed(question.text)
        except KbError as error:
            question.error = str(error)
        except Exception as error:
            log.exception("嵌入模型出错")
            question.error = f"嵌入模型出错（{type(error).__name__}），详见日志。"
        with self._lock:
            del self._running[question.text]
            if question.vector is not None:
                self._kept[question.text] = question.vector
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
        question.done.set()
