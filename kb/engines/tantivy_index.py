"""The one file that imports tantivy: one index folder; documents in, posting arrays out.

tantivy keeps the files: segments, term dictionary, deletions, merging, atomic commit. It hands out no posting lists,
but it finds all documents that carry a term. So the frequency of a token is part of the indexed term (``退款#2``), and
one search over a token's variants, each of which scores what it stands for, reads a whole posting list.
"""

from __future__ import annotations

import errno
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tantivy import Document, Index, Occur, Query, Schema, SchemaBuilder, Searcher

from kb.bounded_cache import BoundedCache
from kb.engines import manifest
from kb.engines.preparing import prepare
from kb.engines.reader import FileReader
from kb.engines.scoring import Postings, bytes_of
from kb.ports.engine import KEYWORD_FIELDS, SCORED_FIELDS, IndexDocument
from kb.text.once import once

#: Part of the index fingerprint: raise it whenever the files would be written differently.
FORMAT_VERSION = 1

#: where in a generation
FOLDER = "segments"

#: bytes that a writer collects before it writes a segment: tantivy's least; enough for some 30,000 articles
_SMALL_HEAP, _LARGE_HEAP = 15_000_000, 100_000_000
#: of posting lists kept of one commit: what tokens add to scores is kept by the view
_CACHE_BYTES = 2**20
#: tokens whose scores add up to what a float32 holds exactly
_DIGITS = 24
_NOWHERE: Postings = np.empty(0, np.int32), np.empty(0, np.float32)
#: between a token and its frequency; no token holds it
_TIMES = "#"


class TantivyIndex:
    """An index folder. One thread writes at a time; the caller holds the lock between processes."""

    def __init__(self, path: Path) -> None:
        """Open the index at ``path``; any exception means that it is damaged or missing."""
        self._path = path
        self._verified = manifest.Verified(path)
        self._verified.look()
        self._open_files = manifest.OpenFiles(())
        self._identities: dict[int, tuple[str, str]] = {}

    @staticmethod
    def create(path: Path, documents: Iterable[IndexDocument]) -> None:
        """Fill an existing empty folder."""
        _write(path, Index(_schema(), str(path)), documents, (), 0, _LARGE_HEAP)

    @staticmethod
    def change(path: Path, documents: Iterable[IndexDocument], deleted_ids: Collection[str]) -> None:
        """Delete, add and commit as one change; any exception leaves the index as it was."""
        manifest.Verified(path).look()
        index = Index.open(str(path))
        found = index.searcher().aggregate(Query.all_query(), {"last": {"max": {"field": "number"}}})["last"]["value"]
        start = max(manifest.next_number(path), 0 if found is None else int(found) + 1)
        if manifest.is_unfinished(path):  # the highest number may be about to be deleted: it must not come again
            manifest.finish(path, start)
        _write(path, index, documents, deleted_ids, start, _SMALL_HEAP)

    def version(self) -> tuple[int, int]:
        """Differs after each commit or merge by this or any other process."""
        stat = (self._path / "meta.json").stat()
        return stat.st_ino, stat.st_mtime_ns

    def reader(self) -> tuple[TantivyReader, str]:
        """A view of the latest commit that later commits don't change, and the commit's name. Raises IndexCorrupt."""
        while True:
            version = self.version()
            commit = json.loads((self._path / "meta.json").read_bytes())["opstamp"]
            self._verified.look()
            with _lockable(self._path) as folder:
                index = Index.open(str(folder))
                index.config_reader("manual")
                searcher = index.searcher()
            if version == self.version():
                break
        self._open_files = manifest.OpenFiles.of(self._path)
        return TantivyReader(searcher, index.schema, self._identities), str(commit)

    def is_intact(self) -> bool:
        """Whether no open file was written to or cut: tantivy maps files, and reading a mapping past its file's end
        ends the process.
        """
        return self._open_files.are_intact()


@contextmanager
def _lockable(path: Path) -> Iterator[Path]:
    """Where the index at ``path`` can be opened: tantivy locks even to read, so where it may not write to the folder
    it is given links to the files, which it needs until they are open.
    """
    if os.access(path, os.W_OK):
        yield path
        return
    with TemporaryDirectory(prefix="kb-index-") as links:
        for file in path.iterdir():
            if file.suffix != ".lock":
                (Path(links) / file.name).symlink_to(file.resolve())
        yield Path(links)


def _schema() -> Schema:
    builder = SchemaBuilder()
    for name in SCORED_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="basic")
        builder.add_unsigned_field(f"{name}_length", fast=True)
    for name in (*KEYWORD_FIELDS, "id"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", fast=True)
    for name in ("identity", "texts"):
        builder.add_bytes_field(name, stored=True)
    return builder.build()


def _write(
    path: Path, index: Index, documents: Iterable[IndexDocument], deleted: Collection[str], start: int, heap: int
) -> None:
    manifest.begin(path)
    try:
        start = _fill(index, documents, deleted, start, heap)
    finally:
        if (path / "meta.json").exists():
            manifest.finish(path, start)


def _fill(index: Index, documents: Iterable[IndexDocument], deleted: Collection[str], number: int, heap: int) -> int:
    """Commit a change, numbering documents from ``number``; returns the number after the last."""
    with _rust_errors():
        writer = index.writer(heap, 1)
    try:
        for article_id in deleted:
            writer.delete_documents_by_term("id", article_id)
        for document in documents:
            with _rust_errors():
                writer.add_document(_document(document, number))
            number += 1
        with _rust_errors():
            writer.commit()
            writer.garbage_collect_files()
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()  # and lets go of tantivy's own lock
    return number


def _document(given: IndexDocument, number: int) -> Document:
    prepared = prepare(given)
    document = Document()
    for name in SCORED_FIELDS:
        tokens = prepared["tokens"][name]
        document.add_text(name, " ".join(_variant(token, times) for token, times in tokens.items()))
        document.add_unsigned(f"{name}_length", sum(tokens.values()))
    for name in KEYWORD_FIELDS:
        for value in given.keywords.get(name, ()):
            document.add_text(name, value)
    document.add_text("id", given.id)
    document.add_unsigned("number", number)
    document.add_bytes("identity", "\0".join(prepared["identity"]).encode())
    document.add_bytes("texts", json.dumps(prepared["stored"]).encode())
    return document


@contextmanager
def _rust_errors() -> Iterator[None]:
    """tantivy says everything as ValueError; what the system refused becomes the OSError that it was. A writer whose
    thread has ended doesn't know why, but nothing else than writing can fail there.
    """
    try:
        yield
    except ValueError as error:
        number = re.search(r"os error (\d+)", str(error))
        code = int(number[1]) if number else errno.EIO
        raise OSError(code, os.strerror(code)) from error


class TantivyReader(FileReader):
    """Posting arrays of one commit, see ``kb.engines.reader.Reader``. Live documents only, in the order of numbers.

    ``identities``: id and revision by a document's own number, which no other ever has; what one commit's reader looks
    up, the next knows.
    """

    def __init__(self, searcher: Searcher, schema: Schema, identities: dict[int, tuple[str, str]]) -> None:
        super().__init__()
        self._searcher, self._schema, self._identities = searcher, schema, identities
        self.size = self.live = int(searcher.num_docs)
        self._all = once(lambda: self._found(Query.all_query(), self.size)[:2])  # numbers in order, addresses
        self._shown: NDArray[np.bool_] | None = None
        self._postings = BoundedCache[Postings](_CACHE_BYTES, bytes_of)
        self._keywords = {name: once(partial(self._read_keywords, name)) for name in KEYWORD_FIELDS}

    def only(self, name: str, token: str) -> TantivyReader:
        """See ``Reader``."""
        part = copy(self)
        part._shown = np.zeros(self.size, np.bool_)
        part._shown[self.postings(name, token)[0]] = True
        part.live = int(np.count_nonzero(part._shown))
        return part

    def postings(self, name: str, token: str) -> Postings:
        """See ``Reader``."""
        if name in KEYWORD_FIELDS:
            found = self._keywords[name]().get(token, _NOWHERE)
        else:
            found = self._postings.get((name, token), partial(self._read, name, token))
        if self._shown is None:
            return found
        kept = self._shown[found[0]]
        return found[0][kept], found[1][kept]

    def _read(self, name: str, token: str) -> Postings:
        more = self._searcher.terms_with_prefix(name, f"{token}{_TIMES}") if name in SCORED_FIELDS else ()
        return self._carrying(name, [(token, 1), *((term, int(term.rpartition(_TIMES)[2])) for term, _ in more)])

    def _read_keywords(self, name: str) -> dict[str, Postings]:
        """Those of all tokens of a keyword field. One search finds many: each token scores what another binary digit
        does, so that the sum tells which ones a document carries.
        """
        found, tokens = {}, list(self.tokens(name))
        for start in range(0, len(tokens), _DIGITS):
            some = list(enumerate(tokens[start : start + _DIGITS]))
            numbers, scores = self._carrying(name, [(token, 1 << digit) for digit, token in some])
            digits = scores.astype(np.int32)
            for digit, token in some:
                carrying = numbers[digits >> digit & 1 == 1]
                found[token] = carrying, np.ones(carrying.size, np.float32)
        return found

    def _carrying(self, name: str, terms: Sequence[tuple[str, int]]) -> Postings:
        """The documents that carry one of ``terms``, each with the sum of the scores given for those it carries."""
        most = sum(self._searcher.doc_freq(name, term) for term, _ in terms)
        if not most:
            return _NOWHERE  # one for all: most tokens stand in few of the fields
        carried = [
            (Occur.Should, Query.const_score_query(Query.term_query(self._schema, name, term, "basic"), float(score)))
            for term, score in terms
        ]
        numbers, _, scores = self._found(Query.boolean_query(carried), most)
        return np.searchsorted(self._all()[0], numbers).astype(np.int32), scores.astype(np.float32)

    def _found(self, query: Query, most: int) -> tuple[NDArray[np.int64], Sequence[Any], NDArray[np.float64]]:
        """Numbers in order, addresses and scores of all that matches, which is no more than ``most``."""
        hits = self._searcher.search(query, max(most, 1), count=False).hits
        addresses = [address for _, address in hits]
        numbers = np.array(self._searcher.fast_field_values("number", addresses), np.int64)
        order = np.argsort(numbers)
        scores = np.array([score for score, _ in hits], np.float64)
        return numbers[order], [addresses[place] for place in order.tolist()], scores[order]

    def lengths(self, name: str) -> NDArray[np.float32]:
        """See ``Reader``."""
        lengths = np.array(self._searcher.fast_field_values(f"{name}_length", list(self._all()[1])), np.float32)
        if self._shown is not None:
            lengths[~self._shown] = 0
        return lengths

    def numbers(self, article_id: str) -> list[int]:
        """See ``Reader``."""
        return [int(number) for number in self.postings("id", article_id)[0]]

    def identity(self, number: int) -> tuple[str, str]:
        """See ``Reader``."""
        own = int(self._all()[0][number])
        if own not in self._identities:
            article_id, revision = self._bytes(number, "identity").decode().split("\0")
            self._identities[own] = article_id, revision
        return self._identities[own]

    def stored(self, number: int) -> dict[str, Any]:
        """See ``Reader``."""
        stored: dict[str, Any] = json.loads(self._bytes(number, "texts"))
        return stored

    def _bytes(self, number: int, name: str) -> bytes:
        value: bytes = self._searcher.doc(self._all()[1][number]).get_first(name)  # type: ignore[assignment]  # every document has it
        return value

    def live_numbers(self) -> NDArray[np.int32]:
        """See ``Reader``."""
        return np.flatnonzero(np.ones(self.size, np.bool_) if self._shown is None else self._shown).astype(np.int32)

    def tokens(self, name: str, prefix: str = "") -> Iterator[str]:
        """See ``Reader``; some may be of deleted documents."""
        terms = self._searcher.terms_with_prefix(name, prefix)  # the commonest first
        scored = name in SCORED_FIELDS
        return iter(sorted({term.partition(_TIMES)[0] if scored else term for term, _ in terms}))


def _variant(token: str, times: int) -> str:
    """How a token is indexed in a document that has it so many times: its frequency is part of it."""
    return token if times == 1 else f"{token}{_TIMES}{times}"
