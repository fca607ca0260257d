"""How fast suggestions are, against a plain substring scan over the same strings in the same run.

    python -m tests.bench.bench_suggest [FOLDER …]

Every ``corpus.jsonl`` in or below the folders (default: the environment's ZHIDA_EVAL_DIR) is read. Prints build time,
memory and microseconds a query, once for the strings as they are and once for ten times as many.
"""

from __future__ import annotations

import json
import os
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kb.suggest import CellCutter, Entry, Suggester
from kb.text.normalize import letters_of
from kb.text.pinyin import syllables
from kb.text.tokenizer import Tokenizer

_QUERIES = 3000
_SCAN_QUERIES = 300


def main(folders: Sequence[Path]) -> None:
    """Measure at one time and at ten times the size."""
    entries = [entry for folder in folders for entry in _entries(folder)]
    tokenizer = Tokenizer()
    started = time.perf_counter()
    tokenizer.warm_up()
    print(f"dictionary  {time.perf_counter() - started:6.2f} s")
    once = _measure("1x", entries, tokenizer)
    tenfold = _measure("10x", entries + list(_recombined(entries, 9)), tokenizer)
    print(f"p50 at 10x / p50 at 1x = {tenfold / once:.2f}")


def _entries(folder: Path) -> Iterator[Entry]:
    """The articles of all sets below ``folder``, and a scenario for every category."""
    scenarios = set()
    for path in sorted(folder.glob("**/corpus.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            scenario = row.get("category", ["未分类"])[-1]
            scenarios.add(scenario)
            yield Entry(row["title"], id=row["id"], scenario=scenario, questions=tuple(row["aliases"]))
    yield from (Entry(scenario, "scenario", scenario=scenario) for scenario in sorted(scenarios))


def _recombined(entries: list[Entry], times: int) -> Iterator[Entry]:
    """New entries from the first half of one text and the second half of another."""
    chance = random.Random(2)
    articles = [entry for entry in entries if entry.kind == "article"]
    texts = [entry.text for entry in articles]

    def mixed(text: str) -> str:
        other = chance.choice(texts)
        return text[: len(text) // 2] + other[len(other) // 2 :]

    for number in range(times):
        for entry in articles:
            questions = tuple(mixed(question) for question in entry.questions)
            yield Entry(mixed(entry.text), id=f"{entry.id}-{number}", scenario=entry.scenario, questions=questions)


def _measure(name: str, entries: list[Entry], tokenizer: Tokenizer) -> float:
    """Print the figures of one size; return the p50 of a suggestion in microseconds."""
    strings = [text for entry in entries for text in (entry.text, *entry.questions)]
    started = time.perf_counter()
    suggester = Suggester(entries, CellCutter(tokenizer.is_word))
    seconds = time.perf_counter() - started
    print(f"\n{name}: {len(strings)} strings, built in {seconds:.2f} s, {_megabytes(entries, tokenizer):.0f} MB")
    typed = list(queries([entry.text for entry in entries if entry.kind == "article"]))
    scanned = [query for _, query in typed[:: _QUERIES // _SCAN_QUERIES]]
    scan = _timed(lambda query: [text for text in strings if query in text], scanned)
    _print("substring scan", scan, scan)
    took = _timed(suggester.suggest, [query for _, query in typed])
    for style in sorted({style for style, _ in typed}):
        _print(style, [t for t, (s, _) in zip(took, typed, strict=True) if s == style], scan)
    _print("all suggestions", took, scan)
    return _percentile(took, 50)


def _megabytes(entries: list[Entry], tokenizer: Tokenizer) -> float:
    tracemalloc.start()
    suggester = Suggester(entries, CellCutter(tokenizer.is_word))
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del suggester
    return size / 1e6


def queries(titles: list[str]) -> Iterator[tuple[str, str]]:
    """What agents type: the beginning or a part of a title, as Chinese, pinyin, initials or a mix."""
    chance = random.Random(1)
    styles = [_literal, _pinyin, _initials, _mixed]
    for number in range(_QUERIES):
        keys = letters_of(chance.choice(titles))
        start = chance.choice((0, chance.randrange(len(keys))))
        part = keys[start : start + chance.randint(1, 6)]
        style = styles[number % len(styles)]
        yield style.__name__.strip("_"), style(part)


def _literal(part: str) -> str:
    return part


def _spelled(part: str) -> list[str]:
    return [reading[0] if reading else char for char, reading in zip(part, syllables(part), strict=True)]


def _pinyin(part: str) -> str:
    return "".join(_spelled(part))


def _initials(part: str) -> str:
    return "".join(syllable[0] for syllable in _spelled(part))


def _mixed(part: str) -> str:
    half = len(part) // 2
    return part[:half] + _pinyin(part[half:])


def _timed(answer: Callable[[str], object], queries: list[str]) -> list[float]:
    took = []
    for query in queries:
        started = time.perf_counter()
        answer(query)
        took.append((time.perf_counter() - started) * 1e6)
    return took


def _percentile(values: list[float], percent: int) -> float:
    return sorted(values)[min(len(values) * percent // 100, len(values) - 1)]


def _print(name: str, took: list[float], scan: list[float]) -> None:
    p50, p99 = _percentile(took, 50), _percentile(took, 99)
    shares = f"{p50 / _percentile(scan, 50):5.2f} × {p99 / _percentile(scan, 99):5.2f} ×"
    print(f"{name:16} p50 {p50:7.0f} µs  p99 {p99:7.0f} µs  of the scan: {shares}")


if __name__ == "__main__":
    given = sys.argv[1:] or [os.environ[name] for name in ("ZHIDA_EVAL_DIR",) if name in os.environ]
    if not given:
        sys.exit(__doc__)
    main([Path(folder) for folder in given])
