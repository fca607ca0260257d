"""The articles and questions that the scale curve is measured on."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from kb.content.reader import ArticleFiles
from kb.model import Folder
from kb.text.grams import grams
from kb.text.normalize import normalize
from tests.bench.recombining import Row, Source, articles, coined, questions
from tests.bench.scale_corpus import Corpus, own_source
from tests.unit.article_tree import CHANNELS, REPOSITORY

SOURCE = own_source(REPOSITORY / "articles")
REAL = len(SOURCE.rows)
MANY = list(articles(SOURCE, 4 * REAL))


def texts(row: Row) -> tuple[str, ...]:
    return (row.title, *row.questions)


def test_the_same_seed_gives_the_same_articles_and_another_seed_others() -> None:
    assert list(articles(SOURCE, REAL + 50)) == MANY[: REAL + 50]
    assert list(articles(SOURCE, REAL + 50, seed=1))[REAL:] != MANY[REAL : REAL + 50]


def test_real_articles_come_first() -> None:
    assert {row.id for row in MANY[:REAL]} == {row.id for row in SOURCE.rows}
    assert set(articles(SOURCE, 10)) <= set(SOURCE.rows)


@pytest.mark.parametrize("what", ["id", "title", "body"])
def test_no_two_articles_are_the_same(what: str) -> None:
    assert len({getattr(row, what) for row in MANY}) == len(MANY)


def test_what_is_one_name_in_the_original_is_one_name_in_its_recombination() -> None:
    folder = Folder("phones", "手机")
    original = Row("a", "X900怎么保修", ("X900坏了",), "X900保修7天，X900以外的15天。", folder, folder)
    made = list(articles(Source((original,), ()), 2))[1]
    title, body = re.findall("[A-Z][0-9]+", made.title)[-1], re.findall("[A-Z][0-9]+", made.body)[:2]
    assert body == [title, title] != ["X900", "X900"]
    assert "7天" not in made.body


def test_vocabulary_grows_and_ever_more_slowly() -> None:
    seen: set[str] = set()
    sizes = [0]
    for quarter in range(4):
        for row in MANY[quarter * REAL : (quarter + 1) * REAL]:
            seen.update(grams(normalize("\n".join((*texts(row), row.body)))))
        sizes.append(len(seen))
    grown = [after - before for before, after in pairwise(sizes)]
    assert grown[0] > grown[1] > grown[3] > 100


def test_names_do_not_run_out() -> None:
    assert len({coined(rank) for rank in range(1000)}) > 900


def test_questions_stand_in_no_article() -> None:
    known = {text for row in MANY for text in texts(row)}
    asked = questions(SOURCE, 200)
    assert len(set(asked)) == 200
    assert known.isdisjoint(asked)
    assert len(set(asked) & set(SOURCE.held_out)) == 100
    assert asked == questions(SOURCE, 200)


def test_files_are_read_without_an_error(tmp_path: Path) -> None:
    corpus = Corpus(SOURCE, REAL + 100, tmp_path)
    files = ArticleFiles(corpus.articles, CHANNELS)
    scan = files.scan()
    read = [files.read(file, scan.folders) for file in scan.files]
    assert len(read) == REAL + 100
    problems = [problem for version in read for problem in version.problems if problem.severity == "error"]
    assert (problems, list(scan.problems)) == ([], [])


def test_a_corpus_is_written_once(tmp_path: Path) -> None:
    folder = Corpus(SOURCE, 5, tmp_path).articles
    before = folder.stat().st_mtime_ns
    assert Corpus(SOURCE, 5, tmp_path).articles == folder
    assert folder.stat().st_mtime_ns == before
    assert Corpus(Source(SOURCE.rows[:9], ()), 5, tmp_path).articles != folder
