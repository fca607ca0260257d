"""What is handed out again is what was gone through, in memory or on disk."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import StoreError
from kb.ports.catalog import FileVersion
from kb.usecases.spooling import spooled
from tests.unit.article_tree import judge


@pytest.mark.parametrize("count", [0, 1, 199, 200, 401])
def test_everything_comes_again_once_all_was_seen(count: int) -> None:
    seen = []

    def things() -> Iterator[FileVersion]:
        for number in range(count):
            seen.append(number)
            yield judge(f"---\nid: a{number}\ntitle: 标题{number}\n---\n")

    with spooled(things()) as again:
        assert len(seen) == count
        assert [version.article.title for version in again if version.article] == [f"标题{n}" for n in seen]


def test_what_does_not_fit_into_memory_goes_to_a_file_and_a_full_disk_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    large = ["长" * 2**20 for _ in range(12)]  # 3 MB each as UTF-8
    with spooled(large) as again:
        assert list(again) == large
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(StoreError, match="临时文件"), spooled(large):
        pass
