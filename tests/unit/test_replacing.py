from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from kb.replacing import replacing
from kb.sealed import keep_sealed, read_sealed
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


#: Ends itself with SIGKILL while it writes the cache.
_KILLED = """
import os, signal, sys
from collections.abc import Iterator
from pathlib import Path
from kb.sealed import keep_sealed

def parts() -> Iterator[bytes]:
    yield b"half"
    os.kill(os.getpid(), signal.SIGKILL)

keep_sealed(Path(sys.argv[1]), "words", parts())
"""


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a thing of POSIX")
def test_what_a_killed_process_has_left_of_a_cache_goes_when_it_is_written_next(tmp_path: Path) -> None:
    path = tmp_path / "words.cache"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(tree(tmp_path)) == 1
    assert read_sealed(path, "words") is None

    keep_sealed(path, "words", [b"all"])

    assert set(tree(tmp_path)) == {"words.cache"}
    assert bytes(read_sealed(path, "words") or b"") == b"all"
    assert path.stat().st_mode & 0o077 == 0
