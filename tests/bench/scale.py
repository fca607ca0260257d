"""``make bench``: how build, update, search, suggest, memory, disk and start grow from 1,000 to 100,000 articles.

Prints what it measures and keeps it in ``results.json`` beside the corpora; then writes the tables of
``docs/benchmarks.md`` and ``docs/scale.svg`` from there. A run with fewer sizes replaces these only.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from kb.errors import KbError
from kb.wiring.search import build_engine
from tests.bench import bench_http
from tests.bench.bench_serve import resident_megabytes
from tests.bench.page import write_page
from tests.bench.peers import PEERS
from tests.bench.probes import WARM_UP, Figures, megabytes_below, probe, settings_for
from tests.bench.scale_corpus import Corpus, find_source, stat_every_file
from tests.e2e.processes import KB, Server

_ENGINES = ("tantivy", "whoosh")
_UPDATES = _REPEATS = 5
_SERVED = 200
#: articles at which a server's requests a second are measured
_THROUGHPUT_AT = 10_000
#: seconds; a server is left alone until it has done so long next to nothing, but not longer than that much
_CALM, _CALM_WITHIN = 2.0, 180.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How thoroughly a size is measured, so that all take less than 15 minutes together.

    ``repeats`` of starts and of ``kb index`` without change; ``asked`` questions; ``all_of_each``: else nothing is
    rebuilt, and the second engine takes over what the first has read: only what it makes of that is measured.
    """

    repeats: int = _REPEATS
    asked: int = 200
    all_of_each: bool = True


_PLANS = {1_000: Plan(asked=100), 10_000: Plan(asked=150), 100_000: Plan(repeats=1, asked=40, all_of_each=False)}
SIZES = tuple(_PLANS)

Results = dict[str, Any]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure every size, then write the page."""
    options = _options(arguments)
    kept = options.cache / "results.json"
    options.cache.mkdir(parents=True, exist_ok=True)
    results: Results = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    started = time.perf_counter()
    for count in options.sizes:
        corpus, load = Corpus(find_source(), count, options.cache), os.getloadavg()[0]
        results[str(count)] = _measure(corpus, started) | {"load": load}
        kept.write_text(json.dumps(results, indent=1), encoding="utf-8")
    _say(started, "done")
    write_page(results)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of articles")
    cache = Path(tempfile.gettempdir()) / "zhida-bench"
    parser.add_argument("--cache", type=Path, default=cache, help="folder that keeps corpora and results")
    return parser.parse_args(arguments)


def _say(started: float, what: str) -> None:
    """With the seconds that it took until now, of these on a processor: on a machine that others use, these count."""
    used = sum(os.times()[:4])
    print(f"{time.perf_counter() - started:6.0f} s ({used:.0f} of a processor)  {what}", file=sys.stderr, flush=True)


def engines() -> list[str]:
    """Those that can be used here."""
    return [name for name in _ENGINES if _works(name)]


def _works(name: str) -> bool:
    try:
        return build_engine(settings_for("articles", tempfile.gettempdir(), name)).name == name
    except KbError:
        return False


def _measure(corpus: Corpus, started: float) -> Results:
    """All figures of one size, by contender."""
    _say(started, f"{corpus.count:,} articles: files")
    plan, articles = _PLANS.get(corpus.count, Plan()), corpus.articles
    questions = corpus.questions(max(plan.asked, _SERVED) + WARM_UP)
    with tempfile.TemporaryDirectory(prefix="kb-bench-", dir=corpus.home) as folder:
        work = Path(folder)
        data = {engine: work / engine for engine in engines()}
        first = next(iter(data))
        results: Results = {}
        for engine in data:
            _say(started, f"{corpus.count:,} articles: {engine}")
            if engine == first or plan.all_of_each:
                results[engine] = _first(articles, data[engine], engine, plan)
            else:
                shutil.copytree(data[first], data[engine], ignore=shutil.ignore_patterns("index"))
                results[engine] = {}
            results[engine] |= _engine(articles, data[engine], engine, questions, plan)
        _say(started, f"{corpus.count:,} articles: suggestions")
        results["suggest"] = probe("suggest", articles, data[first], first)
        results["peers"], folders = _peers(corpus, work, data[first], questions, started)
        _say(started, f"{corpus.count:,} articles: questions to all in turn")
        by_engine = {engine: str(folder) for engine, folder in data.items()}
        took = probe("search", articles, *map(json.dumps, (by_engine, questions[: plan.asked + WARM_UP], folders)))
        for engine in data:
            ours = took.pop(f"ours, {engine}")
            results[engine] |= {f"search_{name}_ms": value for name, value in ours.items()}
            results[engine]["against"] = {peer: ours["p50"] / took[peer]["p50"] for peer in folders}
        for peer, figures in took.items():
            results["peers"][peer] |= figures
        if corpus.count == _THROUGHPUT_AT and "ZHIDA_EVAL_DIR" in os.environ:
            _say(started, f"{corpus.count:,} articles: throughput")
            results["http"] = _throughput(articles, data[first])
    return results


def _throughput(articles: Path, data: Path) -> Figures:
    """Requests a second as a share of those of a bare route, as ``bench_http`` prints them; nothing without wrk."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        bench_http.main(settings_for(str(articles), str(data), "auto"))
    rows = re.findall(r"^\| (.+?) \| [\d,.]+ \| ([\d.]+)% \|$", printed.getvalue(), re.MULTILINE)
    return {name: float(share) / 100 for name, share in rows}


def _first(articles: Path, data: Path, engine: str, plan: Plan) -> Figures:
    """The first ``kb index`` into a data folder, and some that find nothing to do."""
    figures = _kb(articles, data, engine, "first", "index")
    again = [_kb(articles, data, engine, "unchanged", "index") for _ in range(plan.repeats)]
    figures |= {name: median(run[name] for run in again) for name in again[0]}
    return figures | {"listed_s": median(_listed(articles) for _ in range(_UPDATES))}


def _engine(articles: Path, data: Path, engine: str, questions: Sequence[str], plan: Plan) -> Figures:
    """What depends on the engine: building its index, and a server with it."""
    if plan.all_of_each:
        shutil.rmtree(data / "index")  # so that there is one generation of it
        figures = _kb(articles, data, engine, "rebuild", "index", "--rebuild")
    else:
        figures = {} if (data / "index").exists() else _kb(articles, data, engine, "switched", "index")
    figures["index_mb"] = megabytes_below(data / "index")
    with _serving(articles, data, engine) as server:
        _until_calm(server)
        figures["update_s"] = median(_updates(server, articles, data))
    figures["database_mb"] = sum(path.stat().st_size for path in data.glob("*.db*")) / 1e6
    repeats = plan.repeats if plan.all_of_each or engine == engines()[0] else 1
    figures["start_s"] = median(_start(articles, data, engine, questions[0]) for _ in range(repeats))
    with _serving(articles, data, engine) as server:
        _until_calm(server)
        for text in questions[:_SERVED]:
            server.search(text)
            server.get("/api/v1/suggest", q=text[:3])
        figures["memory_mb"] = resident_megabytes(server.process.pid)
    return figures


def _start(articles: Path, data: Path, engine: str, question: str) -> float:
    """Seconds from the start of a server's process to its first answer."""
    started = time.perf_counter()
    with _serving(articles, data, engine) as server:
        server.search(question)
        return time.perf_counter() - started


class _PatientServer(Server):
    """Of a large house, which may have to be waited for while others use the machine."""

    timeout = 120.0


def _until_calm(server: Server) -> None:
    """Wait until a server has read what it had to after its start."""
    pid, deadline = server.process.pid, time.monotonic() + _CALM_WITHIN
    while time.monotonic() < deadline:
        before = _processor_seconds(pid)
        time.sleep(_CALM)
        if _processor_seconds(pid) - before < _CALM / 10:
            return


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _kb(articles: Path, data: Path, engine: str, name: str, *command: str) -> Figures:
    """Seconds and peak megabytes of a command, and the seconds that it says it worked."""
    words = [*KB, "--articles", str(articles), "--data", str(data), *command, "--json"]
    with tempfile.TemporaryFile("w+") as printed:
        started = time.perf_counter()
        process = subprocess.Popen(words, stdout=printed, stderr=subprocess.DEVNULL, env=_environment(engine))
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, words
        printed.seek(0)
        worked = json.load(printed)["seconds"]
    return {f"{name}_s": seconds, f"{name}_inner_s": worked, f"{name}_peak_mb": usage.ru_maxrss / 1024}


def _environment(engine: str) -> dict[str, str]:
    # an empty PYTHONDONTWRITEBYTECODE is none: every start would compile everything anew
    return {**os.environ, "KB_ENGINE": engine, "KB_SEMANTIC": "off", "PYTHONDONTWRITEBYTECODE": ""}


def _listed(articles: Path) -> float:
    """Seconds that finding every file takes at least."""
    started = time.perf_counter()
    stat_every_file(articles)
    return time.perf_counter() - started


@contextmanager
def _serving(articles: Path, data: Path, engine: str) -> Iterator[Server]:
    command = [*KB, "--articles", str(articles), "--data", str(data), "serve", "--port", "0"]
    with _PatientServer(command, _environment(engine)) as server:
        yield server


def _updates(server: Server, articles: Path, data: Path) -> Iterator[float]:
    """Seconds from a PUT to the moment when the new wording is found; the file is as before afterwards."""
    command = [*KB, "--articles", str(articles), "--data", str(data), "token", "add", data.name, "--role", "admin"]
    printed = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    send = _sender(server, json.loads(printed)["token"])
    for number, item in enumerate(server.get("/api/v1/faq", limit=str(_UPDATES))["items"]):
        word, article_id = f"饕餮{chr(ord('㐀') + number)}貔貅", item["id"]
        path = next(articles.glob(f"*/*/{article_id}.md"))
        before = path.read_bytes()
        article = server.get(f"/api/v1/articles/{article_id}")
        started = time.perf_counter()
        send(article_id, article["revision"], article["source"].replace("title: ", f"title: {word}", 1))
        while article_id not in server.search(word):
            time.sleep(0.005)
        yield time.perf_counter() - started
        path.write_bytes(before)
        time.sleep(1)  # nobody saves without a pause


def _sender(server: Server, token: str) -> Callable[[str, str, str], None]:
    def send(article_id: str, revision: str, source: str) -> None:
        headers = {"Authorization": f"Bearer {token}", "If-Match": revision, "Content-Type": "application/json"}
        body = json.dumps({"source": source}).encode()
        request = urllib.request.Request(f"{server.url}/api/v1/articles/{article_id}", body, headers, method="PUT")
        with urllib.request.urlopen(request) as answer:
            answer.read()

    return send


def _peers(
    corpus: Corpus, work: Path, data: Path, questions: Sequence[str], started: float
) -> tuple[dict[str, Figures], dict[str, str]]:
    """Build every peer that is here; what was measured, and where each is."""
    documents, figures, folders = work / "documents.jsonl", {}, {}
    (work / "peers").mkdir()
    figures["tokens"] = probe("tokens", corpus.articles, data, documents)
    for name, peer in PEERS.items():
        if peer.missing or corpus.count > peer.most:
            _say(started, f"{peer.title}: {peer.missing or f'not built beyond {peer.most:,} articles'}")
            continue
        _say(started, f"{corpus.count:,} articles: {peer.title}")
        folders[name] = str(work / "peers" / re.sub(r"\W", "-", name))
        figures[name] = probe("build", name, documents, folders[name])
        figures[name] |= probe("memory", name, folders[name], json.dumps(questions[:40]))
    documents.unlink()
    return figures, folders


if __name__ == "__main__":
    main()
