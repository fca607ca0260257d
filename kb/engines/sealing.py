"""Files that end with their own checksum, so that a flipped byte shows when they are opened and not in an answer."""

from __future__ import annotations

import zlib
from pathlib import Path

from kb.errors import IndexCorrupt

_SEAL_BYTES = 4
_CHUNK = 2**20


def seal(path: Path) -> None:
    """Append the CRC-32 of a finished file to it."""
    checksum = 0
    with path.open("r+b") as file:
        while chunk := file.read(_CHUNK):
            checksum = zlib.crc32(chunk, checksum)
        file.write(checksum.to_bytes(_SEAL_BYTES, "little"))


def read_sealed(path: Path) -> bytes:
    """The whole of a sealed file, with its seal. Raises IndexCorrupt when it is not as it was sealed."""
    data = path.read_bytes()
    content = memoryview(data)
    if zlib.crc32(content[:-_SEAL_BYTES]).to_bytes(_SEAL_BYTES, "little") != content[-_SEAL_BYTES:]:
        raise IndexCorrupt(f"索引文件 {path} 已损坏（校验和不符），请执行 kb index --rebuild 重建；知识文件不受影响。")
    return data
