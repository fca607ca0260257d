"""What each part of retrieval is worth: every set under ZHIDA_EVAL_DIR, searched with one part more each time.

    ZHIDA_EVAL_DIR=… python -m tests.ablation

prints the Markdown table of docs/quality.md: recall@1 / recall@3 per set and on average, and the p-value of the
average recall@1 and recall@3 against the line before (``kb.evaluation.significance``).
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from kb.config import Settings, load_settings
from kb.evaluation.asking import Evaluation, evaluate
from kb.evaluation.comparing import differences, pair
from kb.evaluation.sets import QrelsSet, find_sets, load_qrels_set
from kb.ports.engine import EngineQuery, EngineResult, Searchable
from kb.rules import paraphrases, vector_index
from kb.text.grams import unit_spans
from kb.usecases import question
from kb.usecases.retrieval import Trial
from kb.usecases.searching import Searcher
from kb.wiring.search import build_semantic
from kb.wiring.trials import evaluation_search


@dataclass(frozen=True, slots=True)
class Configuration:
    """A line of the table. ``adapt`` takes parts out of the searcher as it is in service; ``constants`` (module, name,
    value) hold other values meanwhile.
    """

    name: str
    adapt: Callable[[Searcher], Searcher] = lambda searcher: searcher
    semantic: bool = False
    constants: tuple[tuple[ModuleType, str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class _UnitsOnly:
    """An engine that isn't asked for pairs: as much of one as a Searcher uses."""

    engine: Searchable

    def search(self, query: EngineQuery) -> EngineResult:
        """Ask for single characters, runs of letters and runs of digits; the index is the same."""
        units = tuple(term for term in query.terms if len(list(unit_spans(term.text))) == 1)
        return self.engine.search(replace(query, terms=units))

    def generation(self) -> str:
        """That of the real one."""
        return self.engine.generation()


def without_pairs(searcher: Searcher) -> Searcher:
    """Characters are looked for wherever they stand."""
    return replace(searcher, engine=_UnitsOnly(searcher.engine))


def without_stop_words(searcher: Searcher) -> Searcher:
    """All words of a question count alike."""
    return replace(searcher, vocabulary=replace(searcher.vocabulary, stop_words=frozenset()))


_NO_READINGS = ((question, "MOST_REWRITINGS", 0),)
_WORDINGS_ONLY = (
    (vector_index, "_TITLES_PART", 0.0),
    (vector_index, "_CONTENTS", 0.0),
    (vector_index, "_CONTENTS_BY_TRUST", 0.0),
)
_NO_METRIC = ((paraphrases, "_FEWEST", 10**9), (vector_index, "_WORDINGS", 0.75))

#: From the least to the whole. A new part of retrieval gets a line at the end, and the lines before it an ``adapt``
#: that takes it out, unless it only comes with ``semantic``.
CONFIGURATIONS = (
    Configuration("characters", lambda searcher: without_pairs(without_stop_words(searcher)), constants=_NO_READINGS),
    Configuration("+ pairs of characters (bigrams)", without_stop_words, constants=_NO_READINGS),
    Configuration("+ function words weigh little", constants=_NO_READINGS),
    Configuration("+ mended spelling as a reading (all of lexical search)"),
    Configuration("+ cosine of the nearest wording", semantic=True, constants=_WORDINGS_ONLY + _NO_METRIC),
    Configuration("+ metric of the house's paraphrases", semantic=True, constants=_WORDINGS_ONLY),
    Configuration("+ content, title's part (all of hybrid search)", semantic=True),
)


def measure(configuration: Configuration, sets: Mapping[str, QrelsSet], settings: Settings) -> dict[str, Evaluation]:
    """Ask every set."""
    results = {}
    for name, data in sets.items():
        with ExitStack() as stack:
            for module, constant, value in configuration.constants:
                stack.enter_context(patch.object(module, constant, value))
            stack.enter_context(_vectors_kept(settings.data / name))
            opened = stack.enter_context(evaluation_search(data.articles, settings, configuration.semantic))
            adapted = Trial(configuration.adapt(opened.searcher), opened.suggest)
            results[name] = evaluate(data, adapted.found)
    return results


@contextmanager
def _vectors_kept(folder: Path) -> Iterator[None]:
    """Texts are embedded for the first configuration that needs their vectors only."""
    with patch("kb.wiring.trials.build_semantic", lambda settings: build_semantic(replace(settings, data=folder))):
        yield


def table(configurations: Sequence[Configuration], sets: Mapping[str, QrelsSet], settings: Settings) -> Iterator[str]:
    """The lines of the Markdown table, each as soon as it is measured."""
    yield f"| R@1 / R@3 | {' | '.join(sets)} | average | p, R@1 / R@3 |"
    yield f"|---|{'---|' * len(sets)}---|---|"
    before: dict[str, Evaluation] | None = None
    for configuration in configurations:
        results = measure(configuration, sets, settings)
        recalls = [[result.scores.recall[k] for result in results.values()] for k in (1, 3)]
        columns = [*zip(*recalls, strict=True), tuple(sum(each) / len(each) for each in recalls)]
        cells = [" / ".join(_share(value) for value in column) for column in columns]
        yield f"| {' | '.join([configuration.name, *cells, _p_values(before, results, sets)])} |"
        before = results


def _p_values(
    before: Mapping[str, Evaluation] | None, after: Mapping[str, Evaluation], sets: Mapping[str, QrelsSet]
) -> str:
    if before is None:
        return ""
    found = differences([pair(before[name].run, after[name].run, data.relevant) for name, data in sets.items()])
    return " / ".join(f"{found[measure].test.p:.4f}" for measure in ("recall@1", "recall@3"))


def _share(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def main() -> None:
    """Print the table for all sets."""
    if "ZHIDA_EVAL_DIR" not in os.environ:
        sys.exit("Set ZHIDA_EVAL_DIR to the folder that holds the sets.")
    found = find_sets([Path(os.environ["ZHIDA_EVAL_DIR"])])
    sets = {name: load_qrels_set(folder) for name, folder in found.items()}
    with tempfile.TemporaryDirectory() as data:
        settings = load_settings(environ={}, overrides={"data": data})
        for line in table(CONFIGURATIONS, sets, settings):
            print(line, flush=True)


if __name__ == "__main__":
    main()
