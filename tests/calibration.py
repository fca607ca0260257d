"""Fits the constants of ``kb/rules/classification.py`` and says what they are worth.

``python -m tests.calibration [--semantic]``

``ZHIDA_EVAL_DIR`` holds qrels sets (see ``kb eval``); those whose articles carry categories take part. A question's
true place is that of its right article. One set without categories gives questions about something else, which must
stay uncertain. To be run anew whenever the score of search changes; takes about a minute, with meaning some more.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.config import load_settings
from kb.evaluation.sets import QrelsSet, load_qrels_set
from kb.model import ArticleRecord, Message
from kb.rules import classification as rules
from kb.usecases.classifying import Classifier, learn_wordings
from kb.usecases.library import Library
from kb.wiring.trials import evaluation_search
from tests.bench.corpus import eval_dir

Floats = NDArray[np.float64]

FOREIGN = "samsung"
FOREIGN_FITTED, FOREIGN_TESTED = 100, 200
WANTED = 0.9
BINS = 10


@dataclass(frozen=True, slots=True)
class Level:
    """Scenarios or products of one set: figures and truth (0 or 1) of its questions, figures of foreign ones."""

    group: str
    name: str
    figures: Floats
    right: Floats
    foreign: Floats

    @property
    def title(self) -> str:
        return f"{self.group}/{self.name}"

    def fitted(self) -> tuple[Floats, Floats]:
        """What a fit sees."""
        foreign = self.foreign[:FOREIGN_FITTED]
        return np.vstack([self.figures, foreign]), np.concatenate([self.right, np.zeros(len(foreign))])


def collect(folder: Path, semantic: bool) -> list[Level]:
    """Classify every question of every set with categories."""
    foreign = [*load_qrels_set(folder / FOREIGN).texts.values()][: FOREIGN_FITTED + FOREIGN_TESTED]
    sets = {path.name: load_qrels_set(path) for path in sorted(folder.iterdir()) if (path / "corpus.jsonl").exists()}
    found = []
    for name, data in sets.items():
        if len({article.scenario_path for article in data.articles}) > 1:
            found += list(_levels(name, data, foreign, semantic))
    return found


def _levels(group: str, data: QrelsSet, foreign: Sequence[str], semantic: bool) -> Iterator[Level]:
    records = {article.id: ArticleRecord(article, article.id, article.id) for article in data.articles}
    asked = [(text, data.relevant[qid]) for qid, text in data.texts.items() if qid in data.relevant]
    with evaluation_search(data.articles, load_settings(environ={}), semantic) as opened:
        library = Library.of((record.article for record in records.values()), date.max)
        classifier = Classifier(opened.searcher.search, library, learn_wordings(records.values()))
        evidence = [classifier.evidence([Message(text)]) for text, _ in asked]
        strange = [classifier.evidence([Message(text)]) for text in foreign]
    places: tuple[tuple[str, Callable[[Any], str]], ...] = (
        ("scenario", lambda article: article.scenario_path),
        ("product", lambda article: article.product.slug),
    )
    for at, (name, place) in enumerate(places):
        if len({place(article) for article in data.articles}) == 1:
            continue
        rows, right = [], []
        for found, (_, ids) in zip(evidence, asked, strict=True):
            rows.append(found[at].figures if found else rules.Figures(-7, 0, 0, 0))
            right.append(
                found is not None and found[at].best in {place(records[i].article) for i in ids if i in records}
            )
        odd = [found[at].figures for found in strange if found]
        yield Level(group, name, np.array(rows), np.array(right, float), np.array(odd))


def fit(levels: Sequence[Level], ridge: float = 1.0) -> Floats:
    """Logistic regression by Newton's method: intercept and one weight per figure."""
    figures, right = (np.concatenate(parts) for parts in zip(*(level.fitted() for level in levels), strict=True))
    inputs = np.column_stack([np.ones(len(figures)), figures])
    penalty = ridge * np.diag([0.0, *np.ones(figures.shape[1])])
    weights = np.zeros(inputs.shape[1])
    for _ in range(30):
        expected = 1 / (1 + np.exp(-inputs @ weights))
        slope = inputs.T @ (expected - right) + penalty @ weights
        bend = (inputs * (expected * (1 - expected))[:, None]).T @ inputs + penalty
        weights -= np.linalg.solve(bend, slope)
    return weights


def predict(figures: Floats, weights: Floats) -> Floats:
    """Confidence by row."""
    sure: Floats = 1 / (1 + np.exp(-(weights[0] + figures @ weights[1:])))
    return sure


def calibration_error(sure: Floats, right: Floats) -> float:
    """Expected calibration error: mean distance of confidence and accuracy over ten bins."""
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    gaps = [abs(sure[bins == b].sum() - right[bins == b].sum()) for b in range(BINS)]
    return float(sum(gaps) / len(sure))


def coverage_at(wanted: float, sure: Floats, right: Floats) -> float:
    """The largest share of the questions, surest first, that is answered with ``wanted`` accuracy."""
    accuracy = np.cumsum(right[np.argsort(-sure, kind="stable")]) / np.arange(1, len(right) + 1)
    good = np.flatnonzero(accuracy >= wanted)
    return float((good[-1] + 1) / len(right)) if good.size else 0.0


def line(level: Level, weights: Floats) -> str:
    """One row of the report."""
    sure = predict(level.figures, weights)
    answered = sure >= rules.CERTAIN
    accuracy = level.right[answered].mean() if answered.any() else float("nan")
    foreign = predict(level.foreign[FOREIGN_FITTED:], weights) >= rules.CERTAIN
    return (
        f"{level.title:22} {len(sure):5} {level.right.mean():8.3f} {calibration_error(sure, level.right):6.3f}"
        f" {answered.mean():9.3f} {accuracy:9.3f} {coverage_at(WANTED, sure, level.right):10.3f} {foreign.mean():8.3f}"
    )


def reliability(levels: Sequence[Level], weights: Floats) -> Iterator[str]:
    """Confidence against accuracy, by bin, over all levels."""
    sure = np.concatenate([predict(level.figures, weights) for level in levels])
    right = np.concatenate([level.right for level in levels])
    for low in np.arange(0, 1, 1 / BINS):
        high = low + 1 / BINS
        inside = (sure >= low) & (sure < high)
        if inside.any():
            yield f"{low:.1f}-{high:.1f} {inside.sum():5} {sure[inside].mean():9.3f} {right[inside].mean():9.3f}"


def curve(level: Level, weights: Floats) -> str:
    """Risk-coverage: accuracy of the surest 10 %, 20 % …"""
    order = np.argsort(-predict(level.figures, weights), kind="stable")
    parts = (int(np.ceil(len(order) * tenth / 10)) for tenth in range(1, 11))
    return f"{level.title:22}" + " ".join(f"{level.right[order[:part]].mean():.3f}" for part in parts)


def main() -> None:
    """Print everything; ``--semantic``: for scores with meaning."""
    semantic = "--semantic" in sys.argv
    levels = collect(eval_dir(), semantic)
    calibration = rules.BY_MEANING if semantic else rules.BY_WORDS
    shipped = np.array([calibration.intercept, *calibration.weights])
    pooled = fit(levels)
    head = f"{'':22} asked accuracy    ECE  answered  accuracy    at 90 %  foreign"
    print(f"answered: confidence of at least {rules.CERTAIN}; at 90 %: the most that can be answered that accurately")
    print("\nfitted on the other sets\n" + head)
    for level in levels:
        print(line(level, fit([other for other in levels if other.group != level.group])))
    for name, weights in (("fitted on all sets", pooled), ("as shipped", shipped)):
        print(f"\n{name}\n{head}")
        print("\n".join(line(level, weights) for level in levels))
    print("\nreliability as shipped\nbin     asked confidence  accuracy\n" + "\n".join(reliability(levels, shipped)))
    print(
        "\naccuracy of the surest 10, 20 … 100 %, as shipped\n" + "\n".join(curve(level, shipped) for level in levels)
    )
    named = ", ".join(f"{name}={weight:.3f}" for name, weight in zip(rules.Figures._fields, pooled[1:], strict=True))
    print(f"\n{'BY_MEANING' if semantic else 'BY_WORDS'} = Calibration({pooled[0]:.3f}, Figures({named}))")


if __name__ == "__main__":
    main()
