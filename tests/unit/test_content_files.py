from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from kb.content.files import write_atomically
from tests.unit.article_tree import write


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def fail_with_full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_created_and_replaced(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a.md", b"one")
    write_atomically(tmp_path / "a.md", b"two")
    assert tree(tmp_path) == {"a.md": b"two"}


def test_the_permissions_of_a_file_survive(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "one")
    path.chmod(0o640)
    write_atomically(path, b"two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


def test_a_link_goes_on_pointing_to_the_file_that_is_written(tmp_path: Path) -> None:
    write(tmp_path, "real.md", "one")
    (tmp_path / "link.md").symlink_to("real.md")
    write_atomically(tmp_path / "link.md", b"two")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_bytes() == b"two"


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = write(tmp_path, "a.md", "one")
    monkeypatch.setattr(os, call, fail_with_full_disk)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"two")
    assert tree(tmp_path) == {"a.md": b"one"}


def test_a_file_in_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_atomically(tmp_path / "missing/a.md", b"one")
    assert tree(tmp_path) == {}
