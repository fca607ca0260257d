"""The one file that imports tantivy: one index folder; prepared documents in, candidates out.

tantivy finds and orders candidates by its own BM25, whose k1 is fixed; what it finds is scored again by our formula
(``kb.engines.rescoring``). For that each document has a number that is never given again within its generation,
and carries its entries of ``kb.engines.forward``.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from tantivy import Document, Index, Occur, Query, Schema, SchemaBuilder, Searcher

from kb.engines import manifest
from kb.engines.forward import ForwardIndex, Numbers, describe, pack
from kb.engines.found import Found, Wanted
from kb.engines.preparing import prepare, texts_of
from kb.ports.engine import KEYWORD_FIELDS, SCORED_FIELDS, IndexDocument
from kb.text.analyzer import AnalyzedText

#: Part of the index fingerprint: raise it whenever the files would be written differently.
FORMAT_VERSION = 1

#: where in a generation
FOLDER = "segments"

_K1 = 1.2
#: bytes that a writer collects before it writes a segment: tantivy's least; enough for some 30,000 articles
_SMALL_HEAP, _LARGE_HEAP = 15_000_000, 100_000_000
#: bytes of forward entries, some 90,000 articles
_FORWARD_BYTES = 96 * 2**20
#: term queries kept of one commit, each with the most that tantivy gives for it
_MOST_TERMS = 20_000
#: documents whose texts are kept, some 2 KB each
_MOST_TEXTS = 2_000
_KEPT_HIDDEN = 2

#: whether documents must match (or must not), and what
Condition = tuple[bool, Query]


class TantivyIndex:
    """An index folder. One thread writes at a time; the caller holds the lock between processes."""

    def __init__(self, path: Path) -> None:
        """Open the index at ``path``; any exception means that it is damaged or missing."""
        self._path = path
        self._verified = manifest.Verified(path)
        self._verified.look()
        self._index = Index.open(str(path))
        self._index.config_reader("manual")
        self._forward = ForwardIndex(_FORWARD_BYTES)
        self._open_files = manifest.OpenFiles(())

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
        _write(path, index, documents, deleted_ids, start, _SMALL_HEAP)

    def version(self) -> tuple[int, int]:
        """Differs after each commit or merge by this or any other process."""
        stat = (self._path / "meta.json").stat()
        return stat.st_ino, stat.st_mtime_ns

    def reader(self) -> tuple[Reader, str]:
        """A view of the latest commit that later commits don't change, and the commit's name. Raises IndexCorrupt."""
        while True:
            version = self.version()
            meta = json.loads((self._path / "meta.json").read_bytes())
            self._verified.look()
            self._index.reload()
            if version == self.version():
                break
        self._open_files = manifest.OpenFiles.of(self._path)
        documents = sum(segment["max_doc"] for segment in meta["segments"])
        schema = self._index.schema
        return Reader(self._index.searcher(), schema, documents, self._forward), str(meta["opstamp"])

    def is_intact(self) -> bool:
        """Whether no open file was written to or cut: tantivy maps files, and reading a mapping past its file's end
        ends the process.
        """
        return self._open_files.are_intact()


def in_memory(document: IndexDocument) -> Reader:
    """An index of one document that is nowhere on disk."""
    index = Index(_schema())
    _fill(index, [document], (), 0, _SMALL_HEAP)
    index.reload()
    return Reader(index.searcher(), index.schema, 1, ForwardIndex(_FORWARD_BYTES))


def _schema() -> Schema:
    builder = SchemaBuilder()
    for name in SCORED_FIELDS:
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
        builder.add_unsigned_field(f"{name}_length", fast=True)
    for name in (*KEYWORD_FIELDS, "id", "identity"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    builder.add_unsigned_field("number", indexed=True, fast=True)
    for name in ("description", "entries", "texts"):
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
        document.add_text(name, " ".join(token for token, times in tokens.items() for _ in range(times)))
        document.add_unsigned(f"{name}_length", sum(tokens.values()))
    for name in KEYWORD_FIELDS:
        for value in given.keywords.get(name, ()):
            document.add_text(name, value)
    document.add_text("id", given.id)
    document.add_text("identity", "\0".join(prepared["identity"]))
    document.add_unsigned("number", number)
    document.add_bytes("description", describe(prepared, given.keywords))
    document.add_bytes("entries", pack(prepared["tokens"]))
    document.add_bytes("texts", json.dumps(prepared["stored"]).encode())
    return document


def _bytes(document: Document, name: str) -> bytes:
    value: bytes = document.get_first(name)  # type: ignore[assignment]  # we stored bytes
    return value


@contextmanager
def _rust_errors() -> Iterator[None]:
    """tantivy says everything as ValueError; what the system refused becomes the OSError that it was."""
    try:
        yield
    except ValueError as error:
        if number := re.search(r"os error (\d+)", str(error)):
            raise OSError(int(number[1]), os.strerror(int(number[1]))) from error
        raise


class Reader:
    """Those documents of one commit that meet ``scope``. Deleted documents never show."""

    def __init__(
        self,
        searcher: Searcher,
        schema: Schema,
        indexed: int,
        forward: ForwardIndex,
        scope: tuple[Condition, ...] = (),
    ) -> None:
        self._searcher, self._schema, self._indexed, self.forward, self._scope = (
            searcher,
            schema,
            indexed,
            forward,
            scope,
        )
        self._whole = not scope and searcher.num_docs == indexed  # then tantivy's own statistics are exact
        self._terms: dict[tuple[str, str], tuple[Query, float]] = {}
        self._texts: dict[int, dict[str, AnalyzedText]] = {}
        #: documents with these ids; the hidden ones are the same all day
        self.hidden = lru_cache(_KEPT_HIDDEN)(self._carrying_ids)
        self.live = self.count(()) if scope else int(searcher.num_docs)

    def where(self, *conditions: Condition) -> Reader:
        """The same commit, as if there were no other documents than those that meet ``conditions`` too."""
        return Reader(self._searcher, self._schema, self._indexed, self.forward, (*self._scope, *conditions))

    # --- conditions

    def carrying(self, name: str, tokens: Collection[str]) -> Query:
        """Documents with one of ``tokens`` in a field."""
        return Query.term_set_query(self._schema, name, list(tokens))

    def _carrying_ids(self, article_ids: frozenset[str]) -> Query:
        return self.carrying("id", article_ids)

    def holding(self, name: str, character: str) -> Query:
        """Documents with a token that holds a character in a field."""
        return Query.regex_query(self._schema, name, f".*{re.escape(character)}.*")

    def among(self, numbers: Numbers) -> Query:
        """Documents with these numbers."""
        return Query.term_set_query(self._schema, "number", numbers.tolist())

    @staticmethod
    def all_of(queries: Iterable[Query]) -> Query:
        """Documents that meet every one of ``queries``."""
        return Query.boolean_query([(Occur.Must, query) for query in queries])

    @staticmethod
    def any_of(queries: Iterable[Query]) -> Query:
        """Documents that meet one of ``queries``."""
        return Query.boolean_query([(Occur.Should, query) for query in queries])

    # --- documents

    def ranking(self, selecting: Iterable[Wanted], helping: Iterable[Wanted], given: Sequence[Condition]) -> Query:
        """Documents that meet ``given`` and carry something ``selecting``; ``helping`` only adds to their scores."""
        clauses = [(Occur.Must, self.any_of(map(self._weighted, selecting)))]
        clauses.extend((Occur.Should, self._weighted(wanted)) for wanted in helping)
        return Query.boolean_query([*clauses, *self._passing(given)])

    def page(self, query: Query, start: int, size: int) -> Found:
        """The documents of a ranking from place ``start`` on."""
        hits = self._searcher.search(query, size, count=False, offset=start).hits
        addresses = [address for _, address in hits]
        numbers = self._searcher.fast_field_values("number", addresses)
        scores = [score for score, _ in hits]
        return Found(np.array(numbers, np.int64), np.array(scores, np.float64), addresses)

    def all(self, given: Sequence[Condition]) -> Found:
        """Every document that meets ``given``."""
        query = Query.boolean_query([(Occur.Must, Query.all_query()), *self._passing(given)])
        return self.page(query, 0, max(self.live, 1))

    def count(self, given: Sequence[Condition]) -> int:
        """How many documents meet ``given``."""
        query = Query.boolean_query([(Occur.Must, Query.all_query()), *self._passing(given)])
        return int(self._searcher.search(query, 1).count or 0)  # type: ignore[attr-defined]  # its stubs forgot it

    def frequency(self, name: str, token: str) -> int:
        """How many documents carry a token in a field."""
        if self._whole:
            return int(self._searcher.doc_freq(name, token))
        return self.count([(True, self._term(name, token))])

    def total_length(self, name: str) -> float:
        """The token counts of a scored field, added up."""
        query = Query.boolean_query([(Occur.Must, Query.all_query()), *self._passing(())])
        found = self._searcher.aggregate(query, {"sum": {"sum": {"field": f"{name}_length"}}})
        return float(found["sum"]["value"] or 0)

    def take_up(self, found: Found) -> None:
        """See to it that ``forward`` has the documents of ``found``."""
        missing = self.forward.missing(found.numbers)
        self.forward.add(self._record(int(found.numbers[at]), found.addresses[at]) for at in missing)

    def _record(self, number: int, address: Any) -> tuple[int, bytes, bytes]:
        document = self._searcher.doc(address)
        return number, _bytes(document, "description"), _bytes(document, "entries")

    def texts(self, number: int, address: Any) -> dict[str, AnalyzedText]:
        """The texts of a document."""
        found = self._texts.get(number)
        if found is None:
            if len(self._texts) >= _MOST_TEXTS:
                self._texts.clear()
            found = self._texts[number] = texts_of(json.loads(_bytes(self._searcher.doc(address), "texts")))
        return found

    def tokens(self, name: str, prefix: str, limit: int | None = None) -> list[str]:
        """The indexed tokens of a field that start with ``prefix``, in order; of deleted documents too."""
        return [token for token, _ in self._searcher.terms_with_prefix(name, prefix, limit=limit)]

    def identities(self) -> Iterator[tuple[str, str]]:
        """(id, revision) of every document."""
        found = self._searcher.terms_with_prefix("identity", "", filter_query=Query.all_query())
        for identity, _ in found:
            article_id, revision = identity.split("\0")
            yield article_id, revision

    # --- queries

    def _term(self, name: str, token: str) -> Query:
        return Query.term_query(self._schema, name, token, "freq")

    def _weighted(self, wanted: Wanted) -> Query:
        """What gives about ``wanted.weight`` to a document that repeats the token for ever."""
        known = self._terms.get(wanted[:2])
        if known is None:
            if len(self._terms) >= _MOST_TERMS:
                self._terms.clear()
            frequency = self._searcher.doc_freq(wanted.field, wanted.token)
            own = math.log(1 + (self._indexed - frequency + 0.5) / (frequency + 0.5))
            known = self._terms[wanted[:2]] = self._term(wanted.field, wanted.token), (_K1 + 1) * own
        return Query.boost_query(known[0], wanted.weight / known[1])

    def _passing(self, given: Sequence[Condition]) -> list[tuple[Occur, Query]]:
        """Conditions that add nothing to scores."""
        return [
            (Occur.Must, Query.const_score_query(query, 0.0)) if wanted else (Occur.MustNot, query)
            for wanted, query in (*self._scope, *given)
        ]
