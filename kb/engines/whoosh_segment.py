"""The files of a segment of Whoosh, read from one without taking memory for all of it.

Whoosh would map the file, and a mapped file that is cut short ends the process; or copy every part of it.
"""

from __future__ import annotations

from io import SEEK_CUR, SEEK_END, SEEK_SET, BufferedReader, RawIOBase
from typing import Any

from whoosh.filedb.compound import CompoundStorage
from whoosh.filedb.structfile import BufferFile, StructFile

from kb.sealed import Unnamed

#: postings and stored texts: looked at in few places, so they are read from the file; the rest is searched, and mapped
_READ = (".pst", ".col")


class _Window(RawIOBase):
    """A part of what is mapped, as a file."""

    def __init__(self, part: memoryview) -> None:
        self._part, self._at = part, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        read = self._part[self._at : self._at + len(buffer)]
        buffer[: len(read)] = read
        self._at += len(read)
        return len(read)

    def seek(self, offset: int, whence: int = SEEK_SET) -> int:
        self._at = offset + {SEEK_SET: 0, SEEK_CUR: self._at, SEEK_END: len(self._part)}[whence]
        return self._at


class _Mapped(BufferFile):  # type: ignore[misc]  # Whoosh has no types
    def __init__(self, part: memoryview, name: str) -> None:
        StructFile.__init__(self, BufferedReader(_Window(part)), name=name)
        self._buf, self.is_real = part, False


class _Read(_Mapped):
    def __init__(self, whole: Unnamed, start: int, size: int, name: str) -> None:
        super().__init__(whole.view[start : start + size], name)
        self._whole, self._start, self._size = whole, start, size

    def get(self, position: int, length: int) -> bytes:
        return self._whole.read(self._start + position, min(length, self._size - position))


class SegmentFiles(CompoundStorage):  # type: ignore[misc]  # Whoosh has no types
    """The files in the file of a segment."""

    def __init__(self, whole: Unnamed) -> None:
        super().__init__(StructFile(BufferedReader(_Window(whole.view))), use_mmap=False)
        self._whole, self._file = whole, None

    def open_file(self, name: str, *_: Any, **__: Any) -> _Mapped:
        """The part ``name``; closing it does nothing."""
        start, size = self.range(name)
        if name.endswith(_READ):
            return _Read(self._whole, start, size, name)
        return _Mapped(self._whole.view[start : start + size], name)

    def close(self) -> None:
        """Nothing: whoever reads a part goes on."""
        self.is_closed = True
