"""The simulation teaches through the real log, never asks what it clicked on, and counts what changes."""

from __future__ import annotations

from kb.evaluation.sets import QrelsSet
from kb.model import Article, Folder
from kb.usecases.learning import LearnedQuestions
from tests.learning_simulation import halves, learned_from, simulate

PLACE = Folder("a", "甲")
ARTICLES = tuple(Article(i, title, PLACE, PLACE, "") for i, title in (("r", "退款时效"), ("i", "发票抬头")))
#: customers' words that the titles don't have, in pairs that are near each other
QUERIES = {f"q{n}": f"钱几天才能回到卡上{tail}" for n, tail in enumerate("呢啊呀嘛吧哦哈了")}
DATA = QrelsSet(ARTICLES, QUERIES, {qid: frozenset("r") for qid in QUERIES})


def test_every_query_is_in_one_half() -> None:
    clicked, asked = halves(DATA)
    assert clicked.relevant
    assert asked.relevant
    assert {**clicked.relevant, **asked.relevant} == DATA.relevant
    assert not clicked.relevant.keys() & asked.relevant.keys()
    assert halves(DATA) == (clicked, asked)


def test_every_clicked_query_is_learned_for_its_article() -> None:
    clicked, _ = halves(DATA)
    ((article_id, questions),) = learned_from(clicked).of_article.items()
    assert article_id == "r"
    assert {text for text, _ in questions} == {text for qid, text in QUERIES.items() if qid in clicked.relevant}
    assert {strength for _, strength in questions} == {0.5}


def test_noise_teaches_something_wrong() -> None:
    clicked, _ = halves(DATA)
    assert "i" in learned_from(clicked, noise=1.0).of_article


def test_what_was_learned_from_one_half_helps_the_other() -> None:
    (before, _), (after, _) = simulate(DATA)
    assert (before, after) == (0.0, 1.0)


def test_without_articles_to_help_nothing_is_learned() -> None:
    assert learned_from(QrelsSet(ARTICLES, {}, {})) == LearnedQuestions()
