"""Whatever an engine raises on damaged files is one error to our callers."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from kb.errors import EngineError, IndexCorrupt, KbError


@contextmanager
def damage_is_corruption() -> Iterator[None]:
    """Struct, pickle, zlib, key errors, panics … become IndexCorrupt; too many open files are no damage."""
    try:
        yield
    except (KbError, MemoryError):
        raise
    except BaseException as error:
        # a panic of a library in Rust is no Exception, and its class can't be imported
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
            raise EngineError("打开的文件太多，暂时读不了索引；请调高系统的文件数上限（ulimit -n）。") from error
        raise IndexCorrupt(
            f"索引文件损坏（{type(error).__name__}），请执行 kb index --rebuild 重建；知识文件不受影响。"
        ) from error
