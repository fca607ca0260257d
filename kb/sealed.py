"""Files that hold what would take long to make again: replaced as a whole, and of use only as they were written.

Whatever is missing, damaged, cut short or made by another version counts as not there, so nobody has to be told and
nothing has to be mended: it is made anew.
"""

from __future__ import annotations

import mmap
import shutil
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile

from kb.replacing import replacing, sweep

_SEAL_BYTES = 4


def keep_sealed(path: Path, kind: str, parts: Iterable[bytes | memoryview]) -> None:
    """Replace the file at ``path`` by one of this ``kind``, which names all that its content depends on.

    Where that is not possible (no folder, no space, no right) the file stays as it was and nothing is left behind: it
    is a cache, and costs only time. What a killed process has left goes; two that write at once don't harm each other:
    one of them writes in vain.
    """
    with suppress(OSError):
        sweep(path)
        with replacing(path, durably=False) as draft:
            _write(draft, kind, parts)


def _write(path: Path, kind: str, parts: Iterable[bytes | memoryview]) -> None:
    path.touch(mode=0o600)  # it may say what articles say
    checksum = 0
    with path.open("wb") as file:
        for part in (kind.encode() + b"\n", *parts):
            file.write(part)
            checksum = zlib.crc32(part, checksum)
        file.write(checksum.to_bytes(_SEAL_BYTES, "little"))


def read_sealed(path: Path, kind: str) -> memoryview | None:
    """The content of the file at ``path``; None unless it is there, of this ``kind`` and as it was written."""
    try:
        return _content(memoryview(path.read_bytes()), kind)
    except OSError:
        return None


def map_sealed(path: Path, kind: str) -> memoryview | None:
    """As ``read_sealed``, but only what is looked at takes memory, and the system can have that back.

    What is mapped is a copy without a name: reading a mapping past the end of a file that somebody has cut ends the
    process. It takes space on the disk until nobody uses it any more.
    """
    try:
        with path.open("rb") as file, TemporaryFile(dir=path.parent) as copy:
            shutil.copyfileobj(file, copy)
            copy.flush()
            mapped = mmap.mmap(copy.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError):  # mapping nothing is a ValueError
        return None
    content = _content(memoryview(mapped), kind)
    let_go(mapped)  # all of it has just been looked at
    return content


def let_go(mapped: object) -> None:
    """Let the system have what was looked at so far of a mapped file; nothing to do for anything else."""
    if isinstance(mapped, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _content(data: memoryview, kind: str) -> memoryview | None:
    head, sealed, seal = kind.encode() + b"\n", data[:-_SEAL_BYTES], data[-_SEAL_BYTES:]
    if sealed[: len(head)] != head or zlib.crc32(sealed).to_bytes(_SEAL_BYTES, "little") != seal:
        return None
    return sealed[len(head) :]
