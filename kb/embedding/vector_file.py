"""Vectors by content hash in a file that only grows at its end; one file per fingerprint (docs/decisions/0008).

::

    header   magic, dimensions (u32), length of fingerprint (u16), fingerprint (UTF-8), CRC-32 of all that
    record   content key (16 bytes), vector (float16), CRC-32 of both, begun with the header's
    record   …

All numbers are little-endian. Records have one size, so damage to one doesn't touch the next: what has a wrong CRC
isn't there, and is embedded again. A record cut short by a kill or a full disk is cut off before the next is written.
The file is a cache; whoever deletes it waits for the vectors to be made anew.
"""

from __future__ import annotations

import logging
import os
import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
from filelock import FileLock, Timeout

from kb.errors import EmbedderError, StoreBusy
from kb.ports.embedder import KEY_SIZE, Vectors
from kb.replacing import replacing, sweep

log = logging.getLogger(__name__)

_SUFFIX = ".vectors"
_MAGIC = b"ZHIDAVEC"
_START = struct.Struct("<8sIH")
_CRC = struct.Struct("<I")
_FLOAT = np.dtype("<f2")


class _Header(NamedTuple):
    fingerprint: str
    dimensions: int

    def to_bytes(self) -> bytes:
        name = self.fingerprint.encode()
        content = _START.pack(_MAGIC, self.dimensions, len(name)) + name
        return content + _CRC.pack(zlib.crc32(content))

    @property
    def crc(self) -> int:
        return int(_CRC.unpack(self.to_bytes()[-_CRC.size :])[0])

    @property
    def record_size(self) -> int:
        return KEY_SIZE + self.dimensions * _FLOAT.itemsize + _CRC.size

    @classmethod
    def read(cls, file: BinaryIO) -> _Header | None:
        """The header at the beginning of ``file``; None when it is damaged."""
        start = file.read(_START.size)
        if len(start) < _START.size:
            return None
        magic, dimensions, length = _START.unpack(start)
        rest = file.read(length + _CRC.size)
        if magic != _MAGIC or rest[length:] != _CRC.pack(zlib.crc32(start + rest[:length])):
            return None
        return cls(rest[:length].decode(), dimensions)


def stored_fingerprints(folder: Path) -> list[str]:
    """The fingerprints of the files in ``folder``, largest file first."""
    found = []
    for path in folder.glob(f"*{_SUFFIX}"):
        with suppress(OSError), path.open("rb") as file:
            if header := _Header.read(file):
                found.append((-path.stat().st_size, header.fingerprint))
    return [fingerprint for _, fingerprint in sorted(found)]


class VectorFile:
    """The vectors of ``fingerprint`` in ``folder``; see the port VectorStore. For one thread at a time."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._folder, self._fingerprint = folder, fingerprint
        self._path = _path(folder, fingerprint)
        self._vectors: dict[bytes, bytes] = {}
        self._unsaved: dict[bytes, bytes] = {}
        self._header: _Header | None = None
        self._read_to = 0  # everything before has been read; 0: not even the header
        self._inode = 0
        self.trouble = ""

    def refresh(self) -> None:
        """See the port."""
        try:
            with self._path.open("rb") as file:
                self._read(file)
        except FileNotFoundError:
            self._forget()
        except OSError as error:
            self._note(error)

    def missing(self, keys: Collection[bytes]) -> list[bytes]:
        """See the port."""
        return [key for key in dict.fromkeys(keys) if key not in self._vectors]

    def matrix(self, keys: Sequence[bytes]) -> Vectors:
        """See the port."""
        joined = b"".join([self._vectors[key] for key in keys])
        dimensions = self._header.dimensions if self._header else 0
        return np.frombuffer(joined, _FLOAT).reshape(len(keys), dimensions).astype(np.float32)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """See the port. A disk that takes no lock takes no vectors either: then they stay in memory."""
        with ExitStack() as stack:
            try:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                stack.enter_context(FileLock(self._folder / "LOCK", timeout=0))
            except Timeout:
                raise StoreBusy("另一个 kb 进程正在嵌入，请等它完成。") from None
            except OSError as error:
                self._note(error)
            else:
                self.refresh()
                self._mend()
            yield

    def add(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """See the port."""
        header = _Header(self._fingerprint, vectors.shape[1])
        if self._header not in (None, header):
            raise EmbedderError(
                f"嵌入模型返回 {header.dimensions} 维的向量，已存的不是这个维数。"
                f"换过模型的话，请修改设置 embeddings_model，或删除 {self._path} 后重新启动。"
            )
        self._header = header
        for key, vector in zip(keys, vectors.astype(_FLOAT), strict=True):
            self._vectors[key] = self._unsaved[key] = vector.tobytes()
        self._save(header)

    def compact(self, used: Collection[bytes]) -> None:
        """See the port."""
        if self._header is None or not self._read_to:
            return
        kept = {key: self._vectors[key] for key in dict.fromkeys(used) if key in self._vectors}
        records = (self._read_to - len(self._header.to_bytes())) // self._header.record_size
        if records <= 2 * len(kept):
            return
        try:
            sweep(self._path)
            with replacing(self._path) as temporary:
                temporary.write_bytes(self._header.to_bytes() + _records(self._header, kept))
        except OSError as error:
            self._note(error)
            return
        log.info("向量缓存已整理：%d 个留下 %d 个", records, len(kept))
        self.refresh()

    def delete_others(self) -> None:
        """See the port."""
        for path in self._folder.glob(f"*{_SUFFIX}"):
            if path != self._path:
                with suppress(OSError):
                    path.unlink()

    # --- inside

    def _read(self, file: BinaryIO) -> None:
        status = os.fstat(file.fileno())
        if status.st_ino != self._inode or status.st_size < self._read_to:  # another file, or cut short
            self._forget()
        self._inode = status.st_ino
        if not self._read_to:
            header = _Header.read(file)
            if header is None or header.fingerprint != self._fingerprint:
                return
            self._header, self._read_to = header, len(header.to_bytes())
        assert self._header is not None  # noqa: S101  # whoever has read anything has read the header
        file.seek(self._read_to)
        content = file.read()
        self._vectors.update(_sound(content, self._header))
        self._read_to += len(content) - len(content) % self._header.record_size

    def _forget(self) -> None:
        """Begin anew, but for what is in memory only."""
        self._vectors = dict(self._unsaved)
        self._read_to = self._inode = 0
        if not self._unsaved:
            self._header = None

    def _mend(self) -> None:
        """Cut off what was left behind by somebody who was killed while writing."""
        with suppress(FileNotFoundError):
            if self._path.stat().st_size > self._read_to:
                try:
                    os.truncate(self._path, self._read_to)
                except OSError as error:
                    self._note(error)

    def _save(self, header: _Header) -> None:
        content = _records(header, self._unsaved)
        try:
            with self._path.open("ab", buffering=0) as file:
                start = file.tell()
                if not start:
                    content = header.to_bytes() + content
                try:
                    _write_all(file, content)
                except OSError:
                    os.truncate(self._path, start)
                    raise
                self._inode = os.fstat(file.fileno()).st_ino
        except OSError as error:
            self._note(error)
            return
        self._read_to = start + len(content)
        self._unsaved.clear()
        self.trouble = ""

    def _note(self, error: OSError) -> None:
        if not self.trouble:
            log.warning("向量暂存在内存里：%s", error)
        self.trouble = f"向量写不进磁盘（{error.strerror or error}），暂存在内存里；请检查磁盘和权限。"


class VectorTail:
    """What is added to the file of ``fingerprint`` in ``folder``, told once and not kept; for one thread at a time."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self._path, self._fingerprint = _path(folder, fingerprint), fingerprint
        self._read_to = self._inode = 0

    def rewind(self) -> None:
        """Begin anew."""
        self._read_to = 0

    def read(self, at_most: int) -> tuple[bool, dict[bytes, bytes]]:
        """Whether the file is told from its beginning, and so many of its next vectors (float16) by content key.

        Nothing: that is all by now. Raises OSError.
        """
        try:
            with self._path.open("rb") as file:
                return self._next(file, at_most)
        except FileNotFoundError:
            return False, {}

    def _next(self, file: BinaryIO, at_most: int) -> tuple[bool, dict[bytes, bytes]]:
        header, status = _Header.read(file), os.fstat(file.fileno())
        if header is None or header.fingerprint != self._fingerprint:
            return False, {}
        begins = not self._read_to or status.st_ino != self._inode or status.st_size < self._read_to
        self._inode = status.st_ino
        if begins:
            self._read_to = len(header.to_bytes())
        found: dict[bytes, bytes] = {}
        while not found:  # a stretch of damaged records is not the end
            file.seek(self._read_to)
            content = file.read(at_most * header.record_size)
            if len(content) < header.record_size:
                break
            found = dict(_sound(content, header))
            self._read_to += len(content) - len(content) % header.record_size
        return begins, found


def _path(folder: Path, fingerprint: str) -> Path:
    return folder / f"{blake2b(fingerprint.encode(), digest_size=8).hexdigest()}{_SUFFIX}"


def _sound(content: bytes, header: _Header) -> Iterator[tuple[bytes, bytes]]:
    """Key and vector of every whole record in ``content`` whose CRC is right."""
    size, begun = header.record_size, header.crc
    for start in range(0, len(content) - len(content) % size, size):
        record = content[start : start + size]
        if record[-_CRC.size :] == _CRC.pack(zlib.crc32(record[: -_CRC.size], begun)):
            yield record[:KEY_SIZE], record[KEY_SIZE : -_CRC.size]


def _records(header: _Header, vectors: dict[bytes, bytes]) -> bytes:
    contents = (key + vector for key, vector in vectors.items())
    begun = header.crc
    return b"".join(content + _CRC.pack(zlib.crc32(content, begun)) for content in contents)


def _write_all(file: BinaryIO, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[file.write(view) :]
