"""The lease: one holder at a time on a real cluster, whoever waits, dies, stands still or restarts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest

from kb.cluster.lease import Lease
from kb.cluster.notes import NotesIndex
from kb.errors import WriterElsewhere
from tests.cluster.nodes import Node, clear, patient

LASTS = 15.0


class Clock:
    """A clock that goes on while somebody waits; ``meanwhile`` happens then."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.meanwhile: list[Callable[[], None]] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += seconds
        for one in self.meanwhile:
            one()


@pytest.fixture
def notes(cluster_node: Node) -> Iterator[NotesIndex]:
    cluster = patient(cluster_node)
    yield NotesIndex(cluster, "lease-test")
    cluster.close()
    clear(cluster_node)


def lease(notes: NotesIndex, holder: str, clock: Clock | None = None) -> Lease:
    clock = clock or Clock()
    return Lease(notes, "writer", holder, LASTS, WriterElsewhere, clock, clock.wait)


def test_a_second_one_is_refused_and_told_who_the_first_is(notes: NotesIndex) -> None:
    first, clock = lease(notes, "alpha:/srv/kb"), Clock()
    first.acquire()
    clock.meanwhile.append(first.renew)
    with pytest.raises(WriterElsewhere, match="alpha:/srv/kb"):
        lease(notes, "beta:/srv/kb", clock).acquire()
    assert clock.now < 1000.0 + LASTS


def test_who_does_not_renew_is_outlived_and_hears_it(notes: NotesIndex) -> None:
    first, clock = lease(notes, "alpha"), Clock()
    first.acquire()
    second = lease(notes, "beta", clock)
    second.acquire()
    assert clock.now >= 1000.0 + LASTS
    with pytest.raises(WriterElsewhere, match="beta"):
        first.renew()
    with pytest.raises(WriterElsewhere):
        first.check()
    second.renew()
    second.check()


def test_of_two_who_outlive_the_same_one_only_one_gets_it(notes: NotesIndex) -> None:
    lease(notes, "alpha").acquire()
    clock, third = Clock(), lease(notes, "gamma")

    def overtake() -> None:
        if clock.now >= 1000.0 + LASTS:
            third.acquire()

    clock.meanwhile.append(overtake)
    with pytest.raises(WriterElsewhere, match="gamma"):
        lease(notes, "beta", clock).acquire()


def test_who_let_go_or_restarts_is_not_waited_for(notes: NotesIndex) -> None:
    clock = Clock()
    lease(notes, "alpha", clock).acquire()
    again = lease(notes, "alpha", clock)  # killed, and started again in the same place
    again.acquire()
    again.release()
    lease(notes, "beta", clock).acquire()
    assert clock.now == 1000.0


def test_who_could_not_renew_must_not_go_on_until_it_can(notes: NotesIndex) -> None:
    clock = Clock()
    first = lease(notes, "alpha", clock)
    first.acquire()
    clock.now += LASTS
    with pytest.raises(WriterElsewhere, match="失去联系"):
        first.check()
    first.renew()
    first.check()


def test_a_patient_one_gets_it_when_it_is_let_go(notes: NotesIndex) -> None:
    first, clock = lease(notes, "alpha"), Clock()
    first.acquire()
    clock.meanwhile.append(lambda: first.renew() if clock.now < 1040.0 else first.release())
    lease(notes, "beta", clock).acquire(patience=100.0)
    assert 1040.0 <= clock.now < 1041.0


def test_who_holds_it_for_long_keeps_it(notes: NotesIndex) -> None:
    """It is renewed by a thread of its own, on real clocks."""

    def quick(holder: str) -> Lease:
        return Lease(notes, "writer", holder, 1.0, WriterElsewhere)

    with quick("alpha").held(0.0):
        with pytest.raises(WriterElsewhere, match="alpha"), quick("beta").held(3.0):
            pass
        assert "lease" in [thread.name for thread in threading.enumerate()]
    with quick("beta").held(0.0):
        pass
    assert "lease" not in [thread.name for thread in threading.enumerate()]
