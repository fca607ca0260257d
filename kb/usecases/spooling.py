"""What has to be complete before it is used, without having all of it in memory."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TypeVar

from kb.errors import StoreError

T = TypeVar("T")

_BUNDLE = 200
_IN_MEMORY = 32 * 2**20  # bytes


@contextmanager
def spooled(things: Iterable[T]) -> Iterator[Iterator[T]]:
    """Go through ``things`` now; give them once more within the block, from a temporary file if they are many.

    Raises StoreError when there is no room for that.
    """
    source, bundles = iter(things), 0
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
        while bundle := list(islice(source, _BUNDLE)):
            try:
                pickle.dump(bundle, file)
            except OSError as error:
                where = tempfile.gettempdir()
                raise StoreError(
                    f"写不了临时文件（{error.strerror}），没有更新；请清理 {where} 所在的磁盘。"
                ) from error
            bundles += 1
        file.seek(0)
        yield (thing for _ in range(bundles) for thing in pickle.load(file))  # noqa: S301  # our own
