"""Segments made of lines; what takes long of a large one is kept in a file for the next time.

Sorting and cutting ten thousand articles takes two seconds of a core, and its result 30 MB. So it is written down once
and mapped from there: that takes milliseconds, and memory only for what is looked at.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kb.sealed import keep_sealed, let_go, map_sealed
from kb.suggest.cells import CellCutter
from kb.suggest.lines import Layout, Line
from kb.suggest.segment import Frame, Segment
from kb.suggest.suffixes import Order

#: raise it whenever lines would be laid out, sorted or written differently
_FORMAT = 1
_TEXTS = ("literal", "spelled", "initials")
_ARRAYS = {"readings": "<i4", "line_of": "<i4", "letters": "<i4", "origin": "<i4", "grades": "u1"}
_ORDER = {"cells": "<i4", "places": "<i4", "heads": "<i8", "bounds": "<i4"}
#: of the file: the types of all arrays one after the other, texts as UTF-8
_TYPES = ["u1"] * len(_TEXTS) + [*_ARRAYS.values()] + [*_ORDER.values()] * len(_TEXTS)
#: bytes; arrays begin at multiples of it, and the length of what is before them takes as many
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True)
class SegmentMaker:
    """``cells_of`` cuts lines; ``kept`` is the file of the large segment, None for none."""

    cells_of: CellCutter
    kept: Path | None = None

    def small(self, lines: Iterable[Line]) -> Segment:
        """A segment of few lines."""
        return Segment.of(lines, self.cells_of)

    def large(self, lines: Iterable[Line]) -> Segment:
        """A segment of many lines, from the file if it is of the same; else the file is of these from now on."""
        lines = list(lines)
        frame = self._frame(lines)
        segment = Segment(lines, frame)
        if frame.source is not None:
            let_go(frame.source)  # suggesting looks at little of it
        return segment

    def _frame(self, lines: list[Line]) -> Frame:
        kind = f"frame {_FORMAT} of {_digest(lines)} {self.cells_of.kind}"
        frame = _read(self.kept, kind) if self.kept else None
        if frame is None:
            with self.cells_of.remembering() as cells_of:
                frame = Frame.of(lines, cells_of)
            if self.kept:
                keep_sealed(self.kept, kind, _written(frame, kind))
                frame = _read(self.kept, kind) or frame
        return frame


def _digest(lines: Iterable[Line]) -> str:
    digest = sha256()
    for line in lines:
        digest.update(f"{line.text}\0{line.group}{line.is_title}\n".encode(errors="surrogatepass"))
    return digest.hexdigest()


def _written(frame: Frame, kind: str) -> Iterator[bytes | memoryview]:
    """``frame`` as the content of a sealed file of this ``kind``."""
    layout = frame.layout
    arrays: list[NDArray[np.generic]] = [
        *(np.frombuffer(getattr(layout, name).encode(errors="surrogatepass"), np.uint8) for name in _TEXTS),
        *(getattr(layout, name) for name in _ARRAYS),
        *(getattr(order, name) for order in frame.orders for name in _ORDER),
    ]
    head = json.dumps([layout.syllables, [array.size for array in arrays]]).encode()
    head += b" " * _gap(len(kind) + 1 + _ALIGNMENT + len(head))
    yield b"%*d" % (_ALIGNMENT, len(head))
    yield head
    for array, kept_as in zip(arrays, _TYPES, strict=True):
        yield array.astype(kept_as, copy=False).tobytes()
        yield b" " * _gap(array.nbytes)


def _read(path: Path, kind: str) -> Frame | None:
    """The frame in a file of this ``kind``; None when there is nothing to rely on."""
    content = map_sealed(path, kind)
    if content is None:
        return None
    at = _ALIGNMENT + int(bytes(content[:_ALIGNMENT]))
    syllables, sizes = json.loads(bytes(content[_ALIGNMENT:at]))
    arrays: list[NDArray[np.generic]] = []
    for size, kept_as in zip(sizes, _TYPES, strict=True):
        arrays.append(np.frombuffer(content, kept_as, size, at))
        at += arrays[-1].nbytes + _gap(arrays[-1].nbytes)
    found = iter(arrays)
    texts = {name: next(found).tobytes().decode(errors="surrogatepass") for name in _TEXTS}
    layout = Layout(**texts, **{name: next(found) for name in _ARRAYS}, syllables=syllables)  # type: ignore[arg-type]  # by name
    one, two, three = (Order(**{name: next(found) for name in _ORDER}) for _ in _TEXTS)  # type: ignore[arg-type]  # by name
    return Frame(layout, (one, two, three), content)


def _gap(size: int) -> int:
    """How many bytes are missing to the next multiple."""
    return -size % _ALIGNMENT
