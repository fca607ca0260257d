"""Files that hold what would take long to make again: replaced as a whole, and of use only as they were written.

Whatever is missing, damaged, cut short or made by another version counts as not there, so nobody has to be told and
nothing has to be mended: it is made anew.
"""

from __future__ import annotations

import mmap
import os
import shutil
import zlib
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO
from weakref import finalize

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
    """As ``read_sealed``, see ``Unnamed``."""
    try:
        data = Unnamed(path).view
    except OSError:
        return None
    content = _content(data, kind)
    let_go(data)  # all of it has just been looked at
    return content


class Unnamed:
    """The bytes of the file at ``path`` as it was: in a copy without a name, which takes space on the disk as long as
    it is used. Nobody can write to it or cut it, and reading a mapping past the end of a file ends the process.

    ``view`` is mapped: what was looked at takes memory, and the system can have that back. Where there can be no copy,
    all was read. Raises OSError.
    """

    def __init__(self, path: Path) -> None:
        self._copy: IO[bytes] | None = None
        with path.open("rb") as file:
            try:
                self._copy = TemporaryFile(dir=path.parent)  # noqa: SIM115  # closed with the last who uses it
                finalize(self, self._copy.close)
                shutil.copyfileobj(file, self._copy)
                self._copy.flush()
                self.view = memoryview(mmap.mmap(self._copy.fileno(), 0, access=mmap.ACCESS_READ))
            except (OSError, ValueError):  # nothing can't be mapped
                self._copy = None
                file.seek(0)
                self.view = memoryview(file.read())

    def read(self, start: int, size: int) -> bytes:
        """A part, read without mapping what is around it."""
        if self._copy is None or not hasattr(os, "pread"):
            return bytes(self.view[start : start + size])
        return os.pread(self._copy.fileno(), size, start)


def let_go(view: memoryview) -> None:
    """Let the system have what was looked at so far of a mapped file."""
    if isinstance(view.obj, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        view.obj.madvise(mmap.MADV_DONTNEED)


def _content(data: memoryview, kind: str) -> memoryview | None:
    head, sealed, seal = kind.encode() + b"\n", data[:-_SEAL_BYTES], data[-_SEAL_BYTES:]
    if sealed[: len(head)] != head or zlib.crc32(sealed).to_bytes(_SEAL_BYTES, "little") != seal:
        return None
    return sealed[len(head) :]
