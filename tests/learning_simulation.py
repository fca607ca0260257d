"""Learning from use, simulated: half of a set's queries are clicked on, the other half is asked.

``python -m tests.learning_simulation [--noise PERCENT] [--semantic] [FOLDER…]`` prints recall before and after. The
clicks go the real way: events in a database, evidence, rule. Each query of the first half is chosen by three people
from addresses of their own for its right article; with noise, for so many queries all three choose the same wrong one,
which is worse than any rule can see. Without folders, every set of real questions in ZHIDA_EVAL_DIR takes part.
"""

from __future__ import annotations

import random
import tempfile
import zlib
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import numpy as np

from kb.config import load_settings
from kb.evaluation.asking import evaluate
from kb.evaluation.sets import QrelsSet, load_qrels_set
from kb.model import Article
from kb.ports.events import Event
from kb.rules.learned_words import LearnedWords
from kb.rules.learning import MIN_PEOPLE, WINDOW, learn
from kb.rules.query import has_content
from kb.rules.vector_index import ArticleTexts
from kb.store.database import Database
from kb.store.events import EventLog
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.learning import LearnedQuestions
from kb.usecases.retrieval import Trial
from kb.usecases.semantic import Semantic
from kb.wiring.trials import evaluation_search
from tests.bench.corpus import eval_dir

#: recall@1 and recall@3, before and after
Gain = tuple[tuple[float, float], tuple[float, float]]

NOW = datetime(2026, 11, 21, 9, tzinfo=timezone.utc)
DEPTHS = (1, 3)


def halves(data: QrelsSet) -> tuple[QrelsSet, QrelsSet]:
    """The set twice, each with one half of the judged queries; which half, their names decide."""
    clicked = {qid for qid in data.relevant if zlib.crc32(qid.encode()) % 2 == 0}
    parts = [{q: ids for q, ids in data.relevant.items() if (q in clicked) == first} for first in (True, False)]
    return replace(data, relevant=parts[0]), replace(data, relevant=parts[1])


def learned_from(data: QrelsSet, noise: float = 0.0) -> LearnedQuestions:
    """What the system learns when three people choose the right article for every judged query, or a wrong one."""
    chance, texts = random.Random(1), data.texts  # nothing secret
    ids = [article.id for article in data.articles]
    content = partial(has_content, tokenizer=Tokenizer(), stop_words=function_words())
    with tempfile.TemporaryDirectory(prefix="kb-learning-") as folder:
        database = Database(Path(folder) / "zhida.db")
        log = EventLog(database)
        for qid, right in data.relevant.items():
            chosen = chance.choice(ids) if chance.random() < noise else min(right)
            for person in range(MIN_PEOPLE):
                log.record(Event(NOW, "pick", chosen, str(person), texts[qid], 2, origin=f"10.0.0.{person}"))
        evidence = log.evidence(NOW - WINDOW, MIN_PEOPLE)
        database.close()
    return LearnedQuestions.of(learn(evidence, NOW.date(), content))


def taught(opened: Trial, articles: Sequence[Article], learned: LearnedQuestions) -> Trial:
    """The search that has learned that."""
    texts = tuple(ArticleTexts.of(article, learned.trusted(article.id)) for article in articles)
    if isinstance(opened.searcher.semantic, Semantic):
        opened.searcher.semantic.follow(texts)
        opened.searcher.semantic.embed()
    return replace(opened, searcher=replace(opened.searcher, learned=LearnedWords(texts)))


def simulate(data: QrelsSet, noise: float = 0.0, semantic: bool = False) -> Gain:
    """Recall of the second half without and with what the first half taught."""
    clicked, asked = halves(data)
    with evaluation_search(data.articles, load_settings(environ={}), semantic) as opened:
        before = _recall(asked, opened)
        after = _recall(asked, taught(opened, data.articles, learned_from(clicked, noise)))
    return before, after


def _recall(asked: QrelsSet, opened: Trial) -> tuple[float, float]:
    recall = evaluate(asked, opened.found).scores.recall
    return recall[1], recall[3]


def main() -> None:
    """Print one line a set and the average."""
    parser = ArgumentParser(description=__doc__)
    parser.add_argument("--noise", type=float, default=0.0, help="queries in a hundred that teach something wrong")
    parser.add_argument("--semantic", action="store_true", help="with search by meaning")
    parser.add_argument("folders", nargs="*", type=Path)
    given = parser.parse_args()
    folders = given.folders or sorted(path.parent for path in eval_dir().glob("*/qrels.tsv"))
    gains = []
    for folder in folders:
        gains.append(simulate(load_qrels_set(folder), given.noise / 100, given.semantic))
        _print(folder.name, np.array(gains[-1]))
    _print("average", np.mean(gains, axis=0))


def _print(name: str, gain: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    before, after = gain * 100
    shown = (f"R@{k} {b:5.1f} → {a:5.1f} ({a - b:+.1f})" for k, b, a in zip(DEPTHS, before, after, strict=True))
    print(f"{name:12}", "  ".join(shown), flush=True)


if __name__ == "__main__":
    main()
