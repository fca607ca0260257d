"""Checksums of index files, so that a flipped byte shows when they are opened and not in an answer."""

from __future__ import annotations

import zlib
from pathlib import Path

from kb.errors import IndexCorrupt
from kb.sealed import Unnamed, let_go

_SEAL_BYTES = 4
_CHUNK = 2**20


def checksum(path: Path) -> int:
    """The CRC-32 of a file."""
    found = 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            found = zlib.crc32(chunk, found)
    return found


def damaged(path: Path) -> IndexCorrupt:
    """The error for a file of an index that is not as it was written."""
    return IndexCorrupt(f"索引文件 {path} 已损坏（校验和不符），请执行 kb index --rebuild 重建；知识文件不受影响。")


def seal(path: Path) -> None:
    """Append the CRC-32 of a finished file to it."""
    end = checksum(path).to_bytes(_SEAL_BYTES, "little")
    with path.open("ab") as file:
        file.write(end)


def open_sealed(path: Path) -> Unnamed:
    """As ``read_sealed``, but only what is looked at takes memory."""
    copy = Unnamed(path)
    _check(path, copy.view)
    let_go(copy.view)  # all of it has just been looked at
    return copy


def read_sealed(path: Path) -> bytes:
    """The whole of a sealed file, with its seal. Raises IndexCorrupt when it is not as it was sealed."""
    data = path.read_bytes()
    _check(path, memoryview(data))
    return data


def _check(path: Path, content: memoryview) -> None:
    if zlib.crc32(content[:-_SEAL_BYTES]).to_bytes(_SEAL_BYTES, "little") != content[-_SEAL_BYTES:]:
        raise damaged(path)
