"""Other search engines on the articles and tokens of ours: built once into a folder, then asked by one bare call.

None of them makes snippets, filters, facets or fallbacks; all are asked for the ids of the ten best.
"""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from whoosh import fields, index
from whoosh.qparser import OrGroup, QueryParser

from kb.text.grams import grams
from kb.text.normalize import normalize

_TOP = 10


@dataclass(frozen=True, slots=True)
class Document:
    """An article as peers get it: our tokens of each field, and the text they were made from."""

    id: str
    head: Sequence[str]
    place: Sequence[str]
    body: Sequence[str]
    text: str

    @property
    def tokens(self) -> list[str]:
        """Of all fields."""
        return [*self.head, *self.place, *self.body]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as it was typed, and as our tokens."""

    text: str
    tokens: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> Asked:
        """Taken apart before any clock starts."""
        return cls(text, tuple(dict.fromkeys(grams(normalize(text)))))


Ask = Callable[[Asked], Sequence[object]]


@dataclass(frozen=True, slots=True)
class Peer:
    """``missing`` says why it can't be measured here, None where it can; ``most`` articles: more take too long."""

    title: str
    build: Callable[[Sequence[Document], Path], None]
    opened: Callable[[Path], AbstractContextManager[Ask]]
    missing: str | None = None
    most: int = 100_000


def _fts5(rows: Iterator[tuple[str, ...]], folder: Path, columns: str) -> None:
    db = sqlite3.connect(folder / "fts5.db")
    db.execute(f"CREATE VIRTUAL TABLE fts USING fts5(id UNINDEXED, {columns})")
    marks = ", ".join("?" for _ in columns.split("tokenize")[0].strip(", ").split(","))
    db.executemany(f"INSERT INTO fts VALUES (?, {marks})", rows)  # noqa: S608  # only question marks
    db.commit()
    db.close()


def _build_tokens(documents: Sequence[Document], folder: Path) -> None:
    rows = ((d.id, " ".join(d.head), " ".join(d.place), " ".join(d.body)) for d in documents)
    _fts5(rows, folder, "head, place, body, tokenize = 'unicode61'")


def _build_trigrams(documents: Sequence[Document], folder: Path) -> None:
    _fts5(((d.id, d.text) for d in documents), folder, "text, tokenize = 'trigram'")


@contextmanager
def _open_fts5(folder: Path, terms: Callable[[Asked], Sequence[str]], weights: str) -> Iterator[Ask]:
    db = sqlite3.connect(folder / "fts5.db")
    statement = f"SELECT id FROM fts WHERE fts MATCH ? ORDER BY bm25(fts, 0, {weights}) LIMIT {_TOP}"  # noqa: S608  # numbers of ours

    def ask(asked: Asked) -> Sequence[object]:
        quoted = (f'"{term}"' for term in terms(asked))
        return db.execute(statement, (" OR ".join(quoted),)).fetchall()

    yield ask
    db.close()


def _open_tokens(folder: Path) -> AbstractContextManager[Ask]:
    return _open_fts5(folder, lambda asked: asked.tokens, "1.0, 0.2, 0.3")


def _open_trigrams(folder: Path) -> AbstractContextManager[Ask]:
    return _open_fts5(folder, lambda asked: _trigrams(asked.text), "1.0")


def _trigrams(text: str) -> list[str]:
    plain = text.replace('"', " ")
    return [plain[at : at + 3] for at in range(max(1, len(plain) - 2))]


def _build_tantivy(documents: Sequence[Document], folder: Path) -> None:
    import tantivy

    writer = tantivy.Index(_tantivy_schema(), str(folder)).writer(256_000_000, 1)
    for document in documents:
        writer.add_document(tantivy.Document(id=document.id, text=" ".join(document.tokens)))
    writer.commit()
    writer.wait_merging_threads()


def _tantivy_schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
    return builder.build()


@contextmanager
def _open_tantivy(folder: Path) -> Iterator[Ask]:
    import tantivy

    schema, should = _tantivy_schema(), tantivy.Occur.Should
    searcher = tantivy.Index(schema, str(folder)).searcher()

    def ask(asked: Asked) -> Sequence[object]:
        terms = [(should, tantivy.Query.term_query(schema, "text", token, "freq")) for token in asked.tokens]
        found = searcher.search(tantivy.Query.boolean_query(terms), _TOP, count=False)
        return [searcher.doc(address)["id"] for _, address in found.hits]

    yield ask


def _build_stock_whoosh(documents: Sequence[Document], folder: Path) -> None:
    from jieba.analyse import ChineseAnalyzer

    schema = fields.Schema(id=fields.ID(stored=True), text=fields.TEXT(analyzer=ChineseAnalyzer()))
    writer = index.create_in(folder, schema).writer()
    for document in documents:
        writer.add_document(id=document.id, text=document.text)
    writer.commit()


@contextmanager
def _open_stock_whoosh(folder: Path) -> Iterator[Ask]:
    found = index.open_dir(folder)
    parser = QueryParser("text", found.schema, group=OrGroup)
    with found.searcher() as searcher:
        parser.parse("加载词典")
        yield lambda asked: [hit["id"] for hit in searcher.search(parser.parse(asked.text), limit=_TOP)]


def _build_bm25s(documents: Sequence[Document], folder: Path) -> None:
    import bm25s

    engine = bm25s.BM25()
    engine.index([document.tokens for document in documents], show_progress=False)
    engine.save(folder)
    (folder / "ids.json").write_text(json.dumps([document.id for document in documents]), encoding="utf-8")


@contextmanager
def _open_bm25s(folder: Path) -> Iterator[Ask]:
    import bm25s

    engine = bm25s.BM25.load(folder)
    ids = json.loads((folder / "ids.json").read_text(encoding="utf-8"))

    def ask(asked: Asked) -> Sequence[object]:
        found = engine.retrieve([list(asked.tokens)], k=_TOP, show_progress=False)
        return [ids[number] for number in found.documents[0]]

    yield ask


def _build_groonga(documents: Sequence[Document], folder: Path) -> None:
    commands = [
        "table_create Articles TABLE_HASH_KEY ShortText",
        "column_create Articles text COLUMN_SCALAR Text",
        "table_create Terms TABLE_PAT_KEY ShortText --default_tokenizer TokenBigram --normalizer NormalizerAuto",
        "load --table Articles",
        json.dumps([{"_key": d.id, "text": d.text} for d in documents], ensure_ascii=False),
        "column_create Terms articles_text COLUMN_INDEX|WITH_POSITION Articles text",
    ]
    command = ["groonga", "-n", str(folder / "groonga.db")]
    subprocess.run(command, input="\n".join(commands), text=True, capture_output=True, check=True)


@contextmanager
def _open_groonga(folder: Path) -> Iterator[Ask]:
    """Its own HTTP server, one kept connection, as an application would ask it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["groonga", "-s", "--protocol", "http", "--bind-address", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen([*command, str(folder / "groonga.db")])
    connection = HTTPConnection("127.0.0.1", port)
    try:
        _connect(connection)
        yield lambda asked: _asked_groonga(connection, asked)
    finally:
        connection.close()
        server.terminate()
        server.wait()


def _connect(connection: HTTPConnection) -> None:
    for _ in range(100):
        try:
            return connection.connect()
        except ConnectionRefusedError:
            time.sleep(0.1)
    raise TimeoutError("groonga did not start")


def _asked_groonga(connection: HTTPConnection, asked: Asked) -> Sequence[object]:
    pairs = [token for token in asked.tokens if len(token) > 1 and token.isalnum()]
    wanted = {
        "table": "Articles",
        "match_columns": "text",
        "query": " OR ".join(f'"{pair}"' for pair in pairs or asked.tokens if pair.isalnum()),
        "sort_keys": "-_score",
        "limit": str(_TOP),
        "output_columns": "_key",
    }
    connection.request("GET", f"/d/select?{urlencode(wanted)}")
    rows: Sequence[object] = json.loads(connection.getresponse().read())[1][0][2:]
    return rows


def _unless(found: object, hint: str) -> str | None:
    return None if found else hint


PEERS: Mapping[str, Peer] = {
    "fts5": Peer("SQLite FTS5, our tokens", _build_tokens, _open_tokens),
    "trigram": Peer("SQLite FTS5 trigram, raw text", _build_trigrams, _open_trigrams),
    "tantivy": Peer(
        "raw tantivy, our tokens",
        _build_tantivy,
        _open_tantivy,
        _unless(find_spec("tantivy"), "tantivy is not installed (pip install -e '.[bench]')"),
    ),
    "bm25s": Peer(
        "bm25s, our tokens",
        _build_bm25s,
        _open_bm25s,
        _unless(find_spec("bm25s"), "bm25s is not installed (pip install -e '.[bench]')"),
    ),
    "groonga": Peer(
        "Groonga server over HTTP, its bigrams",
        _build_groonga,
        _open_groonga,
        _unless(shutil.which("groonga"), "groonga is not installed (apt install groonga-bin)"),
    ),
    "stock whoosh": Peer("raw Whoosh, stock ChineseAnalyzer", _build_stock_whoosh, _open_stock_whoosh, most=10_000),
}
