"""One index directory of Whoosh; tokens in, posting arrays out. Nothing else but ``whoosh_segment`` imports Whoosh.

Whoosh keeps the files: segments, term dictionary, deletions, atomic commit. We use its codec
extension point to store postings as plain arrays, because our scoring reads whole posting lists, and because
Whoosh 2.7.4 stats a file per posting when it writes field lengths (measured: half of a build).
"""

from __future__ import annotations

import json
import shutil
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray
from whoosh import columns, fields, formats
from whoosh.codec.whoosh3 import W3Codec, W3FieldWriter, W3Segment, W3TermInfo
from whoosh.filedb.filestore import FileStorage
from whoosh.filedb.structfile import StructFile
from whoosh.matching import ListMatcher
from whoosh.matching.wrappers import WrappingMatcher
from whoosh.reading import SegmentReader, TermNotFound
from whoosh.system import pack_ushort
from whoosh.util import fib
from whoosh.writing import SegmentWriter

from kb.bounded_cache import BoundedCache
from kb.engines.reader import FileReader
from kb.engines.scoring import Postings, bytes_of
from kb.engines.sealing import open_sealed, read_sealed, seal
from kb.engines.whoosh_segment import SegmentFiles
from kb.errors import IndexCorrupt
from kb.ports.engine import KEYWORD_FIELDS, SCORED_FIELDS
from kb.sealed import Unnamed

#: Part of the index fingerprint: raise it whenever the files would be written differently.
FORMAT_VERSION = 5

_LENGTHS = "lengths"
#: of posting lists by segment, which survive a commit
_CACHE_BYTES = 32 * 2**20
_EMPTY: Postings = (np.empty(0, np.int32), np.empty(0, np.float32))

#: a field with its terms: (token, document numbers, frequencies), both in order
_Group = tuple[str, list[tuple[bytes, "array[int]", "array[float]"]]]


class _ArrayFieldWriter(W3FieldWriter):  # type: ignore[misc]  # Whoosh has no types
    """Takes postings grouped by term and writes each list as uint32 document numbers, then float32 frequencies."""

    def _create_file(self, ext: str) -> StructFile:
        """A file kept in memory until it is closed: Whoosh asks it several times a term for its position."""

        def save(file: StructFile) -> None:
            with self._segment.create_file(self._storage, ext) as saved:
                saved.write(file.raw_file().getvalue())

        return StructFile(BytesIO(), onclose=save)

    def add_postings(self, schema: Any, _lengths: object, groups: Iterable[_Group]) -> None:
        for name, terms in groups:
            self.start_field(name, schema[name])
            prefix = pack_ushort(self._fieldid)
            for token, numbers, frequencies in terms:
                extent = self._postfile.tell(), 8 * len(numbers)
                self._postfile.write(numbers.tobytes() + frequencies.tobytes())
                info = W3TermInfo(weight=sum(frequencies), df=len(numbers))
                info.set_extent(*extent)
                self._tindex.add(prefix + token, info.to_bytes())
            self.finish_field()


class _ArrayCodec(W3Codec):  # type: ignore[misc]  # Whoosh has no types
    length_stats = False

    def field_writer(self, storage: Any, segment: Any) -> _ArrayFieldWriter:
        return _ArrayFieldWriter(self, storage, segment)

    def postings_reader(
        self, dbfile: Any, terminfo: Any, format_: Any, term: Any = None, scorer: Any = None
    ) -> ListMatcher:
        offset, _ = terminfo.extent()  # 2.7.4 reads the length back as a tuple
        half = 4 * int(terminfo.doc_frequency())
        raw = dbfile.get(offset, 2 * half)
        documents, weights = array("I", raw[:half]), array("f", raw[half:])
        return ListMatcher(documents, weights, None, format_, scorer=scorer, term=term, terminfo=terminfo)

    def new_segment(self, storage: Any, indexname: str) -> _ArraySegment:
        return _ArraySegment(self, indexname)


class _ArraySegment(W3Segment):  # type: ignore[misc]  # Whoosh has no types
    def codec(self, **_: Any) -> _ArrayCodec:
        return _ArrayCodec()

    def create_compound_file(self, storage: _Storage) -> None:
        super().create_compound_file(storage)
        seal(Path(storage.folder) / self.make_filename(self.COMPOUND_EXT))

    def open_compound_file(self, storage: _Storage) -> SegmentFiles:
        return SegmentFiles(storage.segment(self.make_filename(self.COMPOUND_EXT)))


class _Storage(FileStorage):  # type: ignore[misc]  # Whoosh has no types
    """The folder of an index, in which segments and tables of contents are sealed: all that outlives a commit."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self._segments: WeakValueDictionary[str, Unnamed] = WeakValueDictionary()

    def segment(self, name: str) -> Unnamed:
        """A segment's file; one object for all who read it, for it never changes."""
        content = self._segments.get(name)
        if content is None:
            content = self._segments[name] = open_sealed(Path(self.folder) / name)
        return content

    def rename_file(self, oldname: str, newname: str, safe: bool = False) -> None:
        """Called for a new table of contents only."""
        seal(Path(self.folder) / oldname)
        super().rename_file(oldname, newname, safe)

    def open_file(self, name: str, **options: Any) -> StructFile:
        if name.endswith(".toc"):
            return StructFile(BytesIO(read_sealed(Path(self.folder) / name)), name=name)
        return super().open_file(name, **options)


class _GroupingPool:
    """Collects postings by field and token; Whoosh's own pool sorts them one by one."""

    def __init__(self) -> None:
        self._fields: dict[str, dict[str, tuple[array[int], array[float]]]] = defaultdict(dict)

    def add_document(self, number: int, document: Mapping[str, Mapping[str, int]]) -> None:
        for name, tokens in document.items():
            groups = self._fields[name]
            for token, frequency in tokens.items():
                group = groups.get(token)
                if group is None:
                    groups[token] = array("I", (number,)), array("f", (frequency,))
                else:
                    group[0].append(number)
                    group[1].append(frequency)

    def add(self, posting: tuple[str, bytes, int, float, bytes]) -> None:
        name, token, number, frequency, _ = posting
        self.add_document(number, {name: {token.decode(): int(frequency)}})

    def iter_postings(self) -> Iterator[_Group]:
        for name, groups in sorted(self._fields.items()):
            yield name, sorted((token.encode(), *group) for token, group in groups.items())

    def cleanup(self) -> None:
        self._fields.clear()


class _Writer(SegmentWriter):  # type: ignore[misc]  # Whoosh has no types
    def __init__(self, ix: Any) -> None:
        super().__init__(ix, codec=_ArrayCodec())
        self.pool = _GroupingPool()

    def add(self, document: Mapping[str, Any]) -> None:
        tokens = document["tokens"]
        self.pool.add_document(self.docnum, {**tokens, _LENGTHS: _lengths(tokens)})
        # segments are read into memory, and an escaped Chinese character takes six bytes there instead of three
        stored = json.dumps(document["stored"], ensure_ascii=False, separators=(",", ":"))
        self.add_document(
            identity="\0".join(document["identity"]).encode(), stored=stored.encode(errors="surrogatepass")
        )

    def add_postings_to_pool(self, reader: Any, startdoc: int, docmap: Any) -> None:
        for posting in self._process_posts(reader.iter_postings(), startdoc, docmap):
            self.pool.add(posting)


def _merge_tiers(writer: _Writer, segments: Sequence[Any]) -> list[Any]:
    """Merge policy: Whoosh's own Fibonacci tiers, on live counts, and what is mostly deleted is folded in as well.

    Whoosh counts deleted documents too, so its policy would keep what is all but empty.
    """
    kept, total = [], 0
    for place, segment in enumerate(sorted(segments, key=lambda segment: segment.doc_count())):
        total += segment.doc_count()
        if total < fib(place + 5) or 2 * segment.doc_count() < segment.doc_count_all():
            reader = SegmentReader(writer.storage, writer.schema, segment)
            writer.add_reader(reader)
            reader.close()
        else:
            kept.append(segment)
    return kept


def _schema() -> fields.Schema:
    names = (*SCORED_FIELDS, *KEYWORD_FIELDS, "id", _LENGTHS)
    return fields.Schema(
        stored=fields.COLUMN(columns.VarBytesColumn()),
        identity=fields.COLUMN(columns.VarBytesColumn()),
        **{name: fields.FieldType(formats.Frequency(), None) for name in names},
    )


class WhooshIndex:
    """An index directory. One thread writes at a time; the caller holds the lock between processes."""

    def __init__(self, path: Path) -> None:
        """Open the index at ``path``; any exception means that it is damaged or missing."""
        self._index = _Storage(str(path)).open_index()
        self._cache = BoundedCache[Postings](_CACHE_BYTES, bytes_of)

    @classmethod
    def create(cls, path: Path) -> WhooshIndex:
        """Make an empty index in an existing directory."""
        _Storage(str(path)).create_index(_schema()).close()
        return cls(path)

    def write(
        self,
        documents: Iterable[Mapping[str, Any]],
        deleted_ids: Iterable[str] = (),
        adopt: Callable[[], Path] | None = None,
    ) -> None:
        """Delete, add and commit as one change; any exception leaves the index as it was.

        A document maps ``tokens`` to {field: {token: frequency}}, ``identity`` to (id, revision), and ``stored`` to
        what ``Reader.stored`` returns (JSON values). ``adopt``, called last, names another index whose segments
        move in here.
        """
        writer = _Writer(self._index)
        try:
            reader, _ = self.reader()
            for article_id in deleted_ids:
                for number in reader.numbers(article_id):
                    writer.delete_document(number)
            for document in documents:
                writer.add(document)
            adopted = self._move_in(adopt()) if adopt else []
            writer.commit(mergetype=lambda writer, segments: [*_merge_tiers(writer, segments), *adopted])
        except BaseException:
            if not writer.is_closed:
                writer.cancel()
            raise

    def _move_in(self, other: Path) -> list[Any]:
        """Take over the files of another index; return its segments. Their names are random, so none collide."""
        source = _Storage(str(other)).open_index()
        segments: list[Any] = source._segments()
        source.close()
        for segment in segments:
            for path in other.glob(f"*{segment.segment_id()}*"):
                path.rename(Path(self._index.storage.folder) / path.name)
        shutil.rmtree(other)
        return segments

    def version(self) -> int:
        """The number of the latest commit on disk, by this or any other process."""
        return int(self._index.latest_generation())

    def reader(self) -> tuple[Reader, str]:
        """A view of the latest commit that later commits don't change, and the commit's name. Raises IndexCorrupt."""
        try:
            commit = str(self.version())
            return Reader(self._index.reader(), self._cache), commit
        except FileNotFoundError as error:
            gone = f"索引文件 {error.filename} 不见了，请执行 kb index --rebuild 重建；知识文件不受影响。"
            raise IndexCorrupt(gone) from error

    @staticmethod
    def is_intact() -> bool:
        """Always: what is open was read into memory whole."""
        return True

    def close(self) -> None:
        """Release the files of the directory; open readers stay usable."""
        self._index.close()


def _lengths(tokens: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    lengths = {name: sum(tokens.get(name, {}).values()) for name in SCORED_FIELDS}
    return {name: length for name, length in lengths.items() if length}


def _alive(segment: Any) -> NDArray[np.bool_] | None:
    """Which documents of a segment are not deleted; None when all are there."""
    if not segment.has_deletions():
        return None
    alive = np.ones(segment.doc_count_all(), np.bool_)
    alive[list(segment.deleted_docs())] = False
    return alive


def _kept(postings: Postings, among: NDArray[np.bool_] | None) -> Postings:
    """The part of ``postings`` that falls on documents that are ``among`` them; None: on all."""
    documents, frequencies = postings
    if among is None:
        return postings
    kept = among[documents]
    return documents[kept], frequencies[kept]


class Reader(FileReader):
    """Posting arrays of one commit; document numbers run over all segments. Deleted documents never show, nor do those
    that are not ``shown``.
    """

    def __init__(self, reader: Any, cache: BoundedCache[Postings], shown: NDArray[np.bool_] | None = None) -> None:
        super().__init__()
        self._reader, self._cache, self._shown = reader, cache, shown
        self._leaves = [(leaf, base) for leaf, base in reader.leaf_readers() if leaf.segment()]
        self.size = int(reader.doc_count_all())
        self.live = int(reader.doc_count() if shown is None else np.count_nonzero(shown))
        self._identities = reader.column_reader("identity") if self._leaves else {}
        self._stored = reader.column_reader("stored") if self._leaves else {}
        self._alive = [_alive(leaf.segment()) for leaf, _ in self._leaves]

    def only(self, name: str, token: str) -> Reader:
        """The same commit, as if there were no other documents than those that carry ``token`` in field ``name``."""
        shown = np.zeros(self.size, np.bool_)
        shown[self.postings(name, token)[0]] = True
        return Reader(self._reader, self._cache, shown)

    def postings(self, name: str, token: str) -> Postings:
        """All live documents that carry ``token`` in field ``name``."""
        parts = []
        for (leaf, base), alive in zip(self._leaves, self._alive, strict=True):
            documents, frequencies = self._leaf_postings(leaf, name, token)
            if documents.size:
                documents, frequencies = _kept((documents, frequencies), alive)
                parts.append((documents + np.int32(base) if base else documents, frequencies))
        if not parts:
            return _EMPTY
        joined = (np.concatenate([d for d, _ in parts]), np.concatenate([f for _, f in parts]))
        return _kept(parts[0] if len(parts) == 1 else joined, self._shown)

    def _leaf_postings(self, leaf: Any, name: str, token: str) -> Postings:
        key = (leaf.segment().segment_id(), name, token)
        return self._cache.get(key, partial(self._read, leaf, name, token))

    @staticmethod
    def _read(leaf: Any, name: str, token: str) -> Postings:
        try:
            matcher = leaf.postings(name, token.encode())
        except TermNotFound:
            return _EMPTY
        while isinstance(matcher, WrappingMatcher):  # a filter of deleted documents; we filter whole arrays
            matcher = matcher.child
        return np.array(matcher._ids, np.int32), np.array(matcher._weights, np.float32)

    def lengths(self, name: str) -> NDArray[np.float32]:
        """Token counts of a scored field, one per document number."""
        lengths = np.zeros(self.size, np.float32)
        documents, values = self.postings(_LENGTHS, name)
        lengths[documents] = values
        return lengths

    def numbers(self, article_id: str) -> list[int]:
        """Document numbers of an id: one, or none."""
        return [int(number) for number in self.postings("id", article_id)[0]]

    def identity(self, number: int) -> tuple[str, str]:
        """(id, revision) of a document."""
        article_id, revision = bytes(self._identities[number]).decode().split("\0")
        return article_id, revision

    def stored(self, number: int) -> dict[str, Any]:
        """What was stored with a document."""
        stored: dict[str, Any] = json.loads(bytes(self._stored[number]))
        return stored

    def live_numbers(self) -> NDArray[np.int32]:
        """All documents that are not deleted."""
        masks = [
            np.ones(leaf.doc_count_all(), np.bool_) if alive is None else alive
            for (leaf, _), alive in zip(self._leaves, self._alive, strict=True)
        ]
        live = np.flatnonzero(np.concatenate(masks)).astype(np.int32) if masks else _EMPTY[0]
        return live if self._shown is None else live[self._shown[live]]

    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """The indexed tokens of a field that start with ``prefix``, in order."""
        for token in self._reader.expand_prefix(name, prefix):
            yield token.decode() if isinstance(token, bytes) else token
