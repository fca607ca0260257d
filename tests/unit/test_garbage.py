"""What a server has loaded is no longer looked through by the collector."""

from __future__ import annotations

import gc
from weakref import ref

from kb.config import Settings
from kb.garbage import keep_for_good, keep_for_now
from tests.conftest import indexed


class _Weakly:
    ring: object


def test_what_is_kept_for_good_is_not_looked_through() -> None:
    loaded = [[number] for number in range(1000)]
    try:
        keep_for_good()
        assert not any(one is loaded for one in gc.get_objects())
        assert gc.get_freeze_count() > len(loaded)
    finally:
        gc.unfreeze()
    assert any(one is loaded for one in gc.get_objects())


def test_what_is_kept_for_now_is_looked_through_before_it_is_kept_for_good() -> None:
    held = _Weakly()
    held.ring, gone = held, ref(held)  # nothing but the collector finds out that nobody needs it
    try:
        keep_for_now()
        del held
        gc.collect()
        assert gone() is not None
        keep_for_good()
        assert gone() is None
    finally:
        gc.unfreeze()


def test_nothing_of_a_service_outlives_it(small: Settings) -> None:
    """Not even the dictionary, which something kept for all of a process would hold on to."""
    service = indexed(small)
    snapshot = service.system.snapshots.current()
    snapshot.searcher.vocabulary.parse("退款")
    parts = service, snapshot.library, snapshot.searcher.vocabulary.tokenizer, service.system.engine
    left = [ref(part) for part in parts if type(part).__weakrefoffset__]
    del service, snapshot, parts
    gc.collect()
    assert len(left) >= 2
    assert [part() for part in left] == [None] * len(left)
