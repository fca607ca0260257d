"""A house on a small corpus with everything that ratios are made of: our side, and the yardstick beside it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import cached_property
from itertools import cycle
from pathlib import Path
from typing import Any

import jieba
from flask import Flask, jsonify
from flask.typing import ResponseReturnValue

from kb.config import Settings
from kb.model import Article, SearchRequest
from kb.service import Service
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.wiring.service import build_service
from tests.bench.bench_suggest import queries
from tests.bench.peers import PEERS, Asked, Document
from tests.bench.probes import document_fields, settings_for
from tests.bench.scale_corpus import Corpus, stat_every_file
from tests.callers import ANYBODY
from tests.e2e.processes import KB
from webui import create_app

#: one more than what is kept of answers, so that each is really searched for
_LIMIT = 11
_QUESTIONS = 60


class Workbench:
    """Everything is made when a ratio first needs it; ``stack`` closes what was opened."""

    def __init__(self, corpus: Corpus, work: Path, stack: ExitStack) -> None:
        self._work, self._stack = work, stack
        self._articles = work / "articles"
        shutil.copytree(corpus.articles, self._articles)
        self.asked = [Asked.of(text) for text in corpus.questions(_QUESTIONS)]
        self._services: dict[str, Service] = {}

    # --- ours

    def service(self, engine: str = "whoosh") -> Service:
        """Indexed and warm."""
        if engine not in self._services:
            service = build_service(self._settings(engine))
            service.index()
            service.warm_up()
            self._services[engine] = service
        return self._services[engine]

    def search(self, engine: str) -> Callable[[], None]:
        """Every question once: text in, ranked hits with snippets out."""
        desk = self.service(engine).desk(ANYBODY)
        return lambda: _each(lambda one: desk.search(SearchRequest(one.text, limit=_LIMIT)), self.asked)

    def suggest(self) -> Callable[[], None]:
        """What agents type."""
        desk = self.service().desk(ANYBODY)
        return lambda: _each(desk.suggest, self._typed)

    def rebuild(self, engine: str) -> Callable[[], object]:
        """All articles into a new generation, from the files."""
        fresh = replace(self._settings(engine), data=self._work / f"built-{engine}")

        def build() -> None:
            shutil.rmtree(fresh.data, ignore_errors=True)
            build_service(fresh).index()

        return build

    def index_unchanged(self) -> Callable[[], object]:
        """Find out that nothing has changed."""
        return self.service().index

    def save_one(self, engine: str) -> Callable[[], object]:
        """A file changes, and is indexed."""
        service, path = self.service(engine), next(self._articles.glob("*/*/[!_]*.md"))
        source, numbers = path.read_text(encoding="utf-8"), cycle(range(1000))

        def save() -> None:
            path.write_text(f"{source}\n第{next(numbers)}稿\n", encoding="utf-8")
            service.index()

        return save

    def page(self, path: str, distinct: bool = False) -> Callable[[], None]:
        """Requests to our application, in this process; ``distinct``: none is answered from memory."""
        return _requests(create_app(self.service()), path, self.asked, _LIMIT if distinct else 10)

    def command(self, *words: str) -> Callable[[], object]:
        """A ``kb`` command, from the start of Python to its end."""
        self.service()
        settings = self._settings("whoosh")
        start = [*KB, "--articles", str(settings.articles), "--data", str(settings.data)]
        # an empty PYTHONDONTWRITEBYTECODE is none: every start would compile everything anew
        environment = {**os.environ, "KB_ENGINE": "whoosh", "KB_SEMANTIC": "off", "PYTHONDONTWRITEBYTECODE": ""}
        return lambda: subprocess.run([*start, *words], env=environment, check=True, capture_output=True)

    # --- the yardsticks

    def peer(self, name: str) -> Callable[[], None]:
        """Every question once as a peer's bare call."""
        folder = self._work / f"peer-{name}"
        if not folder.exists():
            folder.mkdir()
            PEERS[name].build([Document(**fields) for fields in self._documents], folder)
        ask = self._stack.enter_context(PEERS[name].opened(folder))
        return lambda: _each(ask, self.asked)

    def scan(self) -> Callable[[], None]:
        """What agents type, looked for in every title and question."""
        strings = [text for article in self._served for text in (article.title, *article.questions)]
        return lambda: _each(lambda typed: [text for text in strings if typed in text], self._typed)

    def jieba(self) -> Callable[[], None]:
        """Cut all texts into words and do nothing with them."""
        texts = [str(fields["text"]) for fields in self._documents]
        jieba.initialize()
        return lambda: _each(lambda text: list(jieba.tokenize(text, mode="search")), texts)

    def listing(self) -> Callable[[], object]:
        """List all files and look at each one's size and time."""
        return lambda: stat_every_file(self._articles)

    def bare_route(self) -> Callable[[], None]:
        """As many requests to a Flask route that does nothing."""
        bare = Flask("bare")

        @bare.get("/bare")
        def answer() -> ResponseReturnValue:
            return jsonify(ok=True)

        return _requests(bare, "/bare", self.asked, 10)

    def bare_python(self) -> Callable[[], object]:
        """Python starts and ends."""
        return lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)

    # --- what both sides need

    def _settings(self, engine: str) -> Settings:
        return settings_for(str(self._articles), str(self._work / engine), engine)

    @cached_property
    def _served(self) -> list[Article]:
        self.service()
        catalog = Catalog(Database(self._settings("whoosh").database))
        return [record.article for record in catalog.records()]

    @cached_property
    def _documents(self) -> list[dict[str, Any]]:
        return [document_fields(article) for article in self._served]

    @cached_property
    def _typed(self) -> list[str]:
        return [typed for _, typed in queries([article.title for article in self._served])][:300]


def _each(call: Callable[[Any], object], arguments: Sequence[Any]) -> None:
    for argument in arguments:
        call(argument)


def _requests(app: Flask, path: str, asked: Sequence[Asked], limit: int) -> Callable[[], None]:
    client = app.test_client()

    def each() -> None:
        for one in asked:
            text = one.text if "search" in path else one.text[:3]
            answer = client.get(path, query_string={"q": text, "limit": limit})
            assert answer.status_code == 200, answer.get_data(as_text=True)

    return each
