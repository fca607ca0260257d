"""What is measured in a process of its own: ``probe(name, …)`` starts one and returns the figures that it prints."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

import jieba
import numpy as np

from kb.config import Settings, load_settings
from kb.garbage import keep_for_good
from kb.model import Article, ArticleRecord, SearchRequest
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.usecases.documents import index_document
from kb.wiring.service import build_service
from tests.bench.bench_serve import resident_megabytes
from tests.bench.bench_suggest import queries
from tests.bench.peers import PEERS, Asked, Document
from tests.callers import ANYBODY

Figures = dict[str, float]

_ROUNDS = 5
#: questions that are asked before the others, and not counted
WARM_UP = 20
#: one more than what is kept of answers, so that each is really searched for
_LIMIT = 11
_SCANS = 100
#: articles that jieba alone cuts: the target is about so many
_CUT = 10_000


def probe(name: str, *arguments: object) -> Any:
    """Run a probe in a fresh Python; raises CalledProcessError when it fails."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.bench.probes", name, *map(str, arguments)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


def settings_for(articles: str, data: str, engine: str) -> Settings:
    """Search by words alone, with one engine."""
    return load_settings(overrides={"articles": articles, "data": data, "engine": engine, "semantic": "off"})


def tokens(articles: str, data: str, target: str) -> Figures:
    """Write the articles of a data folder as JSON lines for the peers; what jieba alone takes for ``_CUT`` of them."""
    jieba.initialize()
    spent = 0.0
    with Path(target).open("w", encoding="utf-8") as file:
        for number, record in enumerate(_records(settings_for(articles, data, "whoosh"))):
            fields = document_fields(record.article)
            if number < _CUT:
                spent += _timed(lambda text: list(jieba.tokenize(text, mode="search")), fields["text"])
            file.write(json.dumps(fields, ensure_ascii=False) + "\n")
    return {"jieba_s": spent}


def build(peer: str, documents: str, folder: str) -> Figures:
    """Build a peer's index from what ``tokens`` wrote."""
    read = [Document(**json.loads(line)) for line in Path(documents).read_text(encoding="utf-8").splitlines()]
    Path(folder).mkdir()
    started = time.perf_counter()
    PEERS[peer].build(read, Path(folder))
    return {"build_s": time.perf_counter() - started, "disk_mb": megabytes_below(Path(folder))}


def memory(peer: str, folder: str, texts: str) -> Figures:
    """What asking a peer adds to a process's resident memory; its server's, too, where it has one."""
    asked = [Asked.of(text) for text in json.loads(texts)]
    before = _resident()
    with PEERS[peer].opened(Path(folder)) as ask:
        for one in asked:
            ask(one)
        return {"memory_mb": _resident() - before}


def search(articles: str, ours: str, texts: str, folders: str) -> dict[str, Figures]:
    """Our whole search with each engine and each peer's bare call, taking turns by question; milliseconds.

    ``ours``: engine -> its data folder, ``folders``: peer -> where it was built.
    """
    asked = [Asked.of(text) for text in json.loads(texts)]
    with ExitStack() as stack:
        contenders: dict[str, Callable[[Asked], object]] = {}
        for engine, data in json.loads(ours).items():
            contenders[f"ours, {engine}"] = _searching(settings_for(articles, data, engine))
        for peer, folder in json.loads(folders).items():
            contenders[peer] = stack.enter_context(PEERS[peer].opened(Path(folder)))
        keep_for_good()
        for one in asked[:WARM_UP]:
            for ask in contenders.values():
                ask(one)
        took = _in_turn(contenders, asked[WARM_UP:])
    return {name: _percentiles(seconds, 1e3) for name, seconds in took.items()}


def _searching(settings: Settings) -> Callable[[Asked], object]:
    service = build_service(settings)
    service.warm_up()
    desk = service.desk(ANYBODY)
    return lambda one: desk.search(SearchRequest(one.text, limit=_LIMIT))


def suggest(articles: str, data: str, engine: str) -> Figures:
    """Suggestions and a substring scan over the same strings, taking turns; microseconds."""
    settings = settings_for(articles, data, engine)
    service = build_service(settings)
    started = time.perf_counter()
    service.warm_up()
    warm = time.perf_counter() - started
    keep_for_good()
    served = [record.article for record in _records(settings)]
    strings = [text for article in served for text in (article.title, *article.questions)]
    typed = [query for _, query in queries([article.title for article in served])]
    desk = service.desk(ANYBODY)
    ours = _in_turn({"suggest": desk.suggest}, typed)["suggest"]
    both: dict[str, Callable[[str], object]] = {
        "suggest": desk.suggest,
        "scan": lambda query: [text for text in strings if query in text],
    }
    scan = _in_turn(both, typed[:: len(typed) // _SCANS])["scan"]
    named = {"suggest": _percentiles(ours, 1e6), "scan": _percentiles(scan, 1e6)}
    figures = {f"{name}_{p}_us": value for name, percentiles in named.items() for p, value in percentiles.items()}
    return {"strings": len(strings), "warm_s": warm, **figures}


def megabytes_below(folder: Path) -> float:
    """The size of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def document_fields(article: Article) -> dict[str, Any]:
    """What a peer gets of an article, as the fields of ``Document``."""
    document = index_document(article, "")
    texts = document.analyzed()
    head = texts["title"].tokens + texts["title"].tokens + texts["questions"].tokens
    return {
        "id": document.id,
        "head": head,
        "place": texts["place"].tokens,
        "body": texts["body"].tokens,
        "text": "\n".join(document.text[name] for name in ("title", "questions", "place", "body")),
    }


def _records(settings: Settings) -> Iterator[ArticleRecord]:
    return Catalog(Database(settings.database)).records()


def _resident() -> float:
    children = Path("/proc/self/task").glob("*/children")
    pids = [int(pid) for listed in children for pid in listed.read_text(encoding="ascii").split()]
    return sum(map(resident_megabytes, pids)) + resident_megabytes("self")


def _timed(call: Callable[[Any], object], argument: object) -> float:
    started = time.perf_counter()
    call(argument)
    return time.perf_counter() - started


def _in_turn(contenders: Mapping[str, Callable[[Any], object]], asked: Sequence[Any]) -> dict[str, list[float]]:
    """Seconds of each question: the median of the rounds, so that who else uses the machine counts little.

    Who begins changes with the question.
    """
    names = list(contenders)
    took: dict[str, list[list[float]]] = {name: [[] for _ in asked] for name in names}
    for _ in range(_ROUNDS):
        for number, one in enumerate(asked):
            at = number % len(names)
            for name in names[at:] + names[:at]:
                took[name][number].append(_timed(contenders[name], one))
    return {name: [median(rounds) for rounds in of_questions] for name, of_questions in took.items()}


def _percentiles(took: Sequence[float], unit: float) -> Figures:
    return {f"p{p}": float(np.percentile(took, p)) * unit for p in (50, 95, 99)}


_PROBES: Mapping[str, Callable[..., object]] = {
    probe.__name__: probe for probe in (tokens, build, memory, search, suggest)
}

if __name__ == "__main__":
    logging.disable(logging.WARNING)  # what jieba loads is no news here
    print(json.dumps(_PROBES[sys.argv[1]](*sys.argv[2:])))
