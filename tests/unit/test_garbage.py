"""What a server has loaded is no longer looked through by the collector."""

from __future__ import annotations

import gc

from kb.garbage import keep_for_good


def test_what_is_kept_for_good_is_not_looked_through() -> None:
    loaded = [[number] for number in range(1000)]
    try:
        keep_for_good()
        assert not any(one is loaded for one in gc.get_objects())
        assert gc.get_freeze_count() > len(loaded)
    finally:
        gc.unfreeze()
    assert any(one is loaded for one in gc.get_objects())
