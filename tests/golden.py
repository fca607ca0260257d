"""The golden queries: what they find today, next to what was recorded. ``python -m tests.golden`` prints both.

Every published article takes part and counts as current, whatever the date, so that the same articles and the same
code always give the same figures.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kb.config import Settings, load_settings
from kb.content.checks.page import published_pages
from kb.content.reader import ArticleFiles
from kb.usecases.retrieval import TOP, Trial
from kb.wiring.search import build_vocabulary
from kb.wiring.trials import trial

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).with_name("golden.yaml")

#: Up to so many keystrokes agents look at the suggestions before they search.
FEW_KEYSTROKES = 4

FIGURES = ("search_hit_at_3", "suggest_hit_at_3", "either_hit_at_3")


@dataclass(frozen=True, slots=True)
class Outcome:
    """One query with what came first; ``suggested`` only where suggestions count."""

    query: str
    how: str
    finds: frozenset[str]
    found: tuple[str, ...]
    suggested: tuple[str, ...] | None

    @property
    def by_search(self) -> bool:
        return not self.finds.isdisjoint(self.found)

    @property
    def by_suggestion(self) -> bool:
        return self.suggested is not None and not self.finds.isdisjoint(self.suggested)

    @property
    def hit(self) -> bool:
        return self.by_search or self.by_suggestion


def load() -> dict[str, Any]:
    """The file as it is."""
    document: dict[str, Any] = yaml.safe_load(GOLDEN.read_text(encoding="utf-8"))
    return document


def measure(queries: list[dict[str, Any]], settings: Settings) -> list[Outcome]:
    """Ask them all."""
    files = ArticleFiles(settings.articles, settings.channels)
    scan = files.scan()
    articles = [page.article for page in published_pages(files.read(file, scan.folders) for file in scan.files)]
    with trial(articles, settings, build_vocabulary(settings)) as opened:
        return [_outcome(row, opened) for row in queries]


def _outcome(row: dict[str, Any], opened: Trial) -> Outcome:
    query = str(row["q"])
    short = len(query) <= FEW_KEYSTROKES
    suggested = tuple(row.id for row in opened.suggest(query) if row.id)[:TOP] if short else None
    return Outcome(query, row["how"], frozenset(row["finds"]), tuple(opened.found(query, TOP)), suggested)


def figures(outcomes: list[Outcome]) -> dict[str, float]:
    """Shares of the queries (for suggestions: of the short ones) with a right article among the first three."""
    short = [outcome for outcome in outcomes if outcome.suggested is not None]
    counts = (
        (sum(outcome.by_search for outcome in outcomes), outcomes),
        (sum(outcome.by_suggestion for outcome in short), short),
        (sum(outcome.hit for outcome in outcomes), outcomes),
    )
    return {name: round(hits / len(asked), 4) for name, (hits, asked) in zip(FIGURES, counts, strict=True)}


def report(outcomes: list[Outcome], recorded: dict[str, Any]) -> str:
    """The figures, recorded and measured, and which queries turned."""
    now = figures(outcomes)
    missed = {outcome.query: outcome for outcome in outcomes if not outcome.hit}
    before = set(recorded["missed"])
    lines = [f"{name}: recorded {recorded[name]}, now {now[name]}" for name in FIGURES]
    lines += [f"newly missed: {_shown(missed[query])}" for query in sorted(missed.keys() - before)]
    lines += [f"newly found: {query}" for query in sorted(before - missed.keys())]
    return "\n".join(lines)


def _shown(outcome: Outcome) -> str:
    return (
        f"{outcome.query} ({outcome.how}) → {', '.join(outcome.found) or 'nothing'}; right: {', '.join(outcome.finds)}"
    )


def main() -> None:
    """Print figures, changes, and the block to record; ``--semantic``: with dense retrieval, which is not recorded."""
    document = load()
    with tempfile.TemporaryDirectory() as data:
        semantic = "on" if "--semantic" in sys.argv else "off"
        overrides = {"articles": str(ROOT / "articles"), "data": data, "semantic": semantic}
        outcomes = measure(document["queries"], load_settings(environ={}, overrides=overrides))
    print(report(outcomes, document["recorded"]))
    asked = Counter(outcome.how for outcome in outcomes)
    hits = Counter(outcome.how for outcome in outcomes if outcome.hit)
    print("by kind:", ", ".join(f"{how} {hits[how]}/{count}" for how, count in asked.items()))
    block = {**figures(outcomes), "missed": [outcome.query for outcome in outcomes if not outcome.hit]}
    print(yaml.safe_dump({"recorded": block}, allow_unicode=True, sort_keys=False))


if __name__ == "__main__":
    main()
