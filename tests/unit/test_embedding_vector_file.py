"""The file of vectors: what is kept, what damage costs, and who may write."""

from __future__ import annotations

import multiprocessing
from collections.abc import Sequence
from multiprocessing.synchronize import Event
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.embedding.vector_file import VectorFile, VectorTail, stored_fingerprints
from kb.errors import EmbedderError, StoreBusy
from kb.ports.embedder import Vectors, content_key
from tests.disks import fill, read_only, small_disk

DIMENSIONS = 4
KEYS = [content_key(f"问题 {number}") for number in range(10)]


def vectors_for(keys: Sequence[bytes]) -> Vectors:
    return np.array([[byte / 256 for byte in key[:DIMENSIONS]] for key in keys], np.float32)


def store(folder: Path, keys: Sequence[bytes] = (), fingerprint: str = "model 1") -> VectorFile:
    """A store with the file's vectors, to which ``keys`` are added."""
    opened = VectorFile(folder, fingerprint)
    opened.refresh()
    if keys:
        with opened.writing():
            opened.add(keys, vectors_for(keys))
    return opened


def the_file(folder: Path) -> Path:
    (path,) = folder.glob("*.vectors")
    return path


def holds(opened: VectorFile, keys: Sequence[bytes]) -> bool:
    return not opened.missing(keys) and (not keys or np.array_equal(opened.matrix(keys), vectors_for(keys)))


def test_what_was_added_is_there_the_next_time(tmp_path: Path) -> None:
    store(tmp_path, KEYS[:4])
    store(tmp_path, KEYS[4:])
    assert holds(store(tmp_path), KEYS)


def test_nothing_is_there_at_first(tmp_path: Path) -> None:
    assert store(tmp_path / "none").missing([KEYS[1], KEYS[0], KEYS[1]]) == [KEYS[1], KEYS[0]]


def test_other_models_have_other_files(tmp_path: Path) -> None:
    store(tmp_path, KEYS[:2])
    other = store(tmp_path, KEYS, "model 2")
    assert stored_fingerprints(tmp_path) == ["model 2", "model 1"]
    assert not store(tmp_path).missing(KEYS[:2])
    with other.writing():
        other.delete_others()
    assert stored_fingerprints(tmp_path) == ["model 2"]


def test_other_dimensions_than_stored_are_refused(tmp_path: Path) -> None:
    store(tmp_path, KEYS[:2])
    with pytest.raises(EmbedderError, match="维"):
        store(tmp_path).add(KEYS[2:3], np.ones((1, DIMENSIONS + 1), np.float32))


@given(cut=st.integers(0, 10_000), batches=st.lists(st.integers(1, 4), min_size=1, max_size=4))
def test_a_file_cut_short_loses_only_what_was_cut(
    tmp_path_factory: pytest.TempPathFactory, cut: int, batches: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    store(folder, KEYS[:1])
    header = the_file(folder).stat().st_size - record_size()
    written = 1
    for size in batches:
        store(folder, KEYS[written : written + size] or KEYS[:1])
        written = min(len(KEYS), written + size)
    content = the_file(folder).read_bytes()
    cut = min(cut, len(content))
    the_file(folder).write_bytes(content[:cut])
    whole = max(0, (cut - header) // record_size())
    after = store(folder)
    assert holds(after, KEYS[: min(whole, written)])
    assert len(after.missing(KEYS)) >= len(KEYS) - written
    store(folder, after.missing(KEYS) or KEYS[:1])
    assert holds(store(folder), KEYS), "what is added after a cut can be read again"


def record_size() -> int:
    return 16 + 2 * DIMENSIONS + 4


@given(place=st.integers(0, 10_000), flip=st.integers(1, 255))
def test_a_damaged_byte_costs_one_record(tmp_path_factory: pytest.TempPathFactory, place: int, flip: int) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    store(folder, KEYS)
    content = bytearray(the_file(folder).read_bytes())
    header = len(content) - len(KEYS) * record_size()
    place %= len(content)
    content[place] ^= flip
    the_file(folder).write_bytes(content)
    after = store(folder)
    lost = KEYS if place < header else [KEYS[(place - header) // record_size()]]
    assert after.missing(KEYS) == lost
    store(folder, lost)
    assert holds(store(folder), KEYS)


@given(st.binary(max_size=200))
def test_any_file_can_be_in_its_place(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.mktemp("vectors")
    store(folder, KEYS)
    the_file(folder).write_bytes(content)
    assert store(folder).missing(KEYS) == KEYS
    store(folder, KEYS)
    assert holds(store(folder), KEYS)


def test_one_reads_what_another_added(tmp_path: Path) -> None:
    reader = store(tmp_path)
    store(tmp_path, KEYS[:3])
    reader.refresh()
    assert holds(reader, KEYS[:3])
    store(tmp_path, KEYS[3:])
    reader.refresh()
    assert holds(reader, KEYS)


def test_a_deleted_file_is_made_anew(tmp_path: Path) -> None:
    opened = store(tmp_path, KEYS)
    the_file(tmp_path).unlink()
    opened.refresh()
    assert opened.missing(KEYS) == KEYS
    store(tmp_path, KEYS[:5])
    assert holds(store(tmp_path), KEYS[:5])


def test_what_few_use_is_compacted(tmp_path: Path) -> None:
    reader = store(tmp_path, KEYS)
    opened = store(tmp_path)
    before = the_file(tmp_path).stat().st_size
    with opened.writing():
        opened.compact(KEYS[:5])
        assert the_file(tmp_path).stat().st_size == before, "half of it is in use"
        opened.compact(KEYS[:4])
    assert the_file(tmp_path).stat().st_size == before - 6 * record_size()
    for store_after in (opened, store(tmp_path)):
        assert holds(store_after, KEYS[:4])
        assert store_after.missing(KEYS) == KEYS[4:]
    reader.refresh()
    with reader.writing():
        reader.add(KEYS[6:7], vectors_for(KEYS[6:7]))
    assert holds(store(tmp_path), [*KEYS[:4], KEYS[6]])


def test_only_one_process_embeds(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, done = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(tmp_path, held, done))
    other.start()
    try:
        assert held.wait(60)
        opened = store(tmp_path)
        with pytest.raises(StoreBusy, match="另一个"), opened.writing():
            pass
        done.set()
        other.join(60)
        with opened.writing():
            assert holds(opened, KEYS[:2]), "what the other did meanwhile is seen at once"
    finally:
        other.kill()
        other.join()


def _hold(folder: Path, held: Event, done: Event) -> None:
    opened = VectorFile(folder, "model 1")
    with opened.writing():
        held.set()
        done.wait(60)
        opened.add(KEYS[:2], vectors_for(KEYS[:2]))


def test_a_read_only_disk_leaves_them_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "vectors"
    store(folder, KEYS[:2])
    with read_only(folder):
        opened = store(folder, KEYS[2:])
        assert holds(opened, KEYS)
        assert "暂存在内存" in opened.trouble
    with opened.writing():
        opened.add(KEYS[:1], vectors_for(KEYS[:1]))
    assert opened.trouble == ""
    assert holds(store(folder), KEYS), "what was in memory is written once that is possible"


def test_a_full_disk_leaves_them_in_memory(tmp_path: Path) -> None:
    folder = tmp_path / "disk"
    with small_disk(folder, "64k"):
        many = [content_key(f"{number}") for number in range(1000)]
        opened = store(folder, KEYS)
        filler = fill(folder)
        with opened.writing():
            opened.add(many, vectors_for(many))
        assert holds(opened, [*KEYS, *many])
        assert "暂存在内存" in opened.trouble
        assert holds(store(folder), KEYS), "nothing half-written is left"
        filler.unlink()
        with opened.writing():
            opened.add(many[:1], vectors_for(many[:1]))
        assert holds(store(folder), [*KEYS, *many]), "what was in memory is written with the next"


# --- what is added to the file, told to somebody who doesn't keep it


def told(tail: VectorTail) -> list[bytes]:
    """The keys of all that is new."""
    keys: list[bytes] = []
    while some := tail.read(3)[1]:
        assert holds_vectors(some)
        keys += some
    return keys


def holds_vectors(some: dict[bytes, bytes]) -> bool:
    return all(vector == vectors_for([key]).astype("<f2").tobytes() for key, vector in some.items())


def test_what_is_added_is_told_once(tmp_path: Path) -> None:
    tail = VectorTail(tmp_path, "model 1")
    assert tail.read(3) == (False, {})
    store(tmp_path, KEYS[:5])
    assert tail.read(3)[0], "it begins"
    assert told(tail) == KEYS[3:5]
    store(tmp_path, KEYS[5:])
    begins, _ = tail.read(1)
    assert not begins
    assert told(tail) == KEYS[6:]
    assert told(tail) == []
    tail.rewind()
    assert told(tail) == KEYS


def test_a_file_that_was_replaced_is_told_anew(tmp_path: Path) -> None:
    opened, tail = store(tmp_path, KEYS), VectorTail(tmp_path, "model 1")
    told(tail)
    with opened.writing():
        opened.compact(KEYS[:2])
    begins, some = tail.read(10)
    assert begins
    assert list(some) == KEYS[:2]


def test_damaged_records_are_not_told(tmp_path: Path) -> None:
    store(tmp_path, KEYS)
    path, size = the_file(tmp_path), record_size()
    content = bytearray(path.read_bytes())
    for number in range(3, 9):  # more than are read at once
        content[len(content) - (10 - number) * size] ^= 1
    path.write_bytes(content + b"cut short")
    assert told(VectorTail(tmp_path, "model 1")) == [*KEYS[:3], KEYS[9]]


def test_another_models_file_is_not_told(tmp_path: Path) -> None:
    store(tmp_path, KEYS)
    mine = the_file(tmp_path)
    store(tmp_path, KEYS, "model 2")
    (other,) = set(tmp_path.glob("*.vectors")) - {mine}
    other.write_bytes(mine.read_bytes())
    assert told(VectorTail(tmp_path, "model 2")) == []
