"""``make bench-check``: fail when a ratio has got worse than it was recorded to be, beyond a margin.

``--record`` writes ``tests/bench/recorded.toml`` instead. ``--short`` takes a small corpus and fewer rounds (CI).
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.bench.peers import PEERS
from tests.bench.ratios import RATIOS, Ratio, measure
from tests.bench.scale import engines
from tests.bench.scale_corpus import Corpus, find_source, own_source
from tests.bench.workbench import Workbench
from tests.unit.article_tree import REPOSITORY

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECORDED = Path(__file__).with_name("recorded.toml")
_HEAD = (
    "# Ratios of processor time, ours / yardstick, written by `make bench-check RECORD=1`; see docs/benchmarks.md.\n"
)


@dataclass(frozen=True, slots=True)
class Form:
    """``articles`` articles; a ratio may be ``margin`` times the recorded one, which noise alone never reached."""

    name: str
    articles: int
    rounds: int
    margin: float


SHORT, FULL = Form("short", 200, 5, 2.0), Form("full", 5_000, 9, 1.3)


@dataclass(frozen=True, slots=True)
class Verdict:
    """One ratio: as recorded (None: not yet) and as measured (None: can't be measured here)."""

    name: str
    recorded: float | None
    measured: float | None

    def is_worse(self, margin: float) -> bool:
        """Whether it got slower than the margin allows."""
        return bool(self.recorded and self.measured and self.measured > self.recorded * margin)

    def row(self, margin: float) -> str:
        """A line of the table."""
        figures = [f"{figure:8.3f}" if figure else "       –" for figure in (self.recorded, self.measured)]
        change = f"{self.measured / self.recorded:5.2f} ×" if self.recorded and self.measured else "      –"
        remark = "SLOWER" if self.is_worse(margin) else "" if self.measured else "not measured here"
        return f"{self.name:45} {'  '.join(figures)}  {change}  {remark}".rstrip()


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, return the exit code: 1 when something got slower."""
    options = _options(arguments)
    logging.disable(logging.WARNING)  # what is built anew is no news here
    form = SHORT if options.short else FULL
    measured = _measured(form)
    recorded = read_recorded(RECORDED)
    if options.record:
        RECORDED.write_text(rendered({**recorded, form.name: measured}), encoding="utf-8")
        print(f"recorded {len(measured)} ratios in {RECORDED.name}")
        return 0
    verdicts = list(compared(recorded.get(form.name, {}), measured))
    print(f"{'ratio (ours / yardstick, processor time)':45} recorded  measured   change")
    for verdict in verdicts:
        print(verdict.row(form.margin))
    worse = [verdict.name for verdict in verdicts if verdict.is_worse(form.margin)]
    print(f"slower than {form.margin} × what was recorded: {', '.join(worse) or 'nothing'}")
    return 1 if worse else 0


def compared(recorded: Mapping[str, float], measured: Mapping[str, float]) -> Iterator[Verdict]:
    """Every ratio that was recorded or measured, in the order of ``RATIOS``."""
    for ratio in RATIOS:
        if ratio.name in recorded or ratio.name in measured:
            yield Verdict(ratio.name, recorded.get(ratio.name), measured.get(ratio.name))


def read_recorded(path: Path) -> dict[str, dict[str, float]]:
    """form -> ratio -> figure; nothing where nothing was recorded."""
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def rendered(recorded: Mapping[str, Mapping[str, float]]) -> str:
    """What ``read_recorded`` reads."""
    tables = (
        "\n".join([f"[{form}]", *(f'"{name}" = {figure:.4g}' for name, figure in ratios.items())])
        for form, ratios in sorted(recorded.items())
    )
    return _HEAD + "\n" + "\n\n".join(tables) + "\n"


def _measured(form: Form) -> dict[str, float]:
    usable, source = engines(), own_source(REPOSITORY / "articles") if form is SHORT else find_source()
    with tempfile.TemporaryDirectory(prefix="kb-bench-") as folder, ExitStack() as stack:
        corpus = Corpus(source, form.articles, Path(folder))
        bench = Workbench(corpus, Path(folder) / "work", stack)
        return {ratio.name: measure(ratio, bench, form.rounds) for ratio in RATIOS if _can(ratio, usable)}


def _can(ratio: Ratio, usable: Sequence[str]) -> bool:
    return not ratio.needs or (ratio.needs in usable and PEERS[ratio.needs].missing is None)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gate", description=__doc__)
    parser.add_argument("--short", action="store_true", help="on the project's own articles, about half a minute")
    parser.add_argument("--record", action="store_true", help="write down what is measured as what holds from now on")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
