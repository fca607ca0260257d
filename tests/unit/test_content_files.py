from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kb.content.files import replacing
from tests.unit.article_tree import write


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def put(path: Path, data: bytes) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def fail_with_full_disk(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_file_is_created_and_replaced(tmp_path: Path) -> None:
    put(tmp_path / "a.md", b"one")
    put(tmp_path / "a.md", b"two")
    assert tree(tmp_path) == {"a.md": b"two"}


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = write(tmp_path, "a.md", "one")
    monkeypatch.setattr(os, call, fail_with_full_disk)
    with pytest.raises(OSError, match="No space"):
        put(path, b"two")
    assert tree(tmp_path) == {"a.md": b"one"}


def test_a_file_in_a_folder_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        put(tmp_path / "missing/a.md", b"one")
    assert tree(tmp_path) == {}


def write_half(path: Path) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise ZeroDivisionError


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a.md", "one")
    with pytest.raises(ZeroDivisionError):
        write_half(path)
    assert tree(tmp_path) == {"a.md": b"one"}
