"""Which questions other dictionaries would change, on the repository's articles."""

from __future__ import annotations

from kb.checking.dictionary_preview import preview
from kb.config import Settings
from kb.content.dictionaries import read_dictionaries
from kb.service import Service
from kb.text.dictionaries import Dictionaries
from kb.usecases.question import Vocabulary
from kb.wiring.search import vocabulary_of
from tests.conftest import ARTICLES

QUERIES = ["抹零头", "没收到货怎么退款", "发票", "", "退" * 300]


def vocabulary(settings: Settings, synonyms: str) -> Vocabulary:
    text = (ARTICLES / "_dict/synonyms.txt").read_text(encoding="utf-8")
    dictionaries: Dictionaries = read_dictionaries(ARTICLES, {"synonyms.txt": text + synonyms})[0]
    return vocabulary_of(dictionaries, settings)


def test_the_same_dictionaries_change_nothing(service: Service, settings: Settings) -> None:
    searcher = service.system.snapshots.current().searcher
    assert preview(searcher, vocabulary(settings, ""), QUERIES) == []


def test_a_new_synonym_shows_the_question_that_finds_something_else(service: Service, settings: Settings) -> None:
    searcher = service.system.snapshots.current().searcher
    (change,) = preview(searcher, vocabulary(settings, "\n抹零头 发票\n"), [*QUERIES[:2], *QUERIES[3:]])
    assert change.query == "抹零头"
    assert change.finds_otherwise
    assert any("发票" in reading for reading in change.after.readings)
    assert any("发票" in title for _, title in change.after.hits)
    assert change.before.hits != change.after.hits


def test_a_stop_word_shows_as_a_word_less(service: Service, settings: Settings) -> None:
    searcher = service.system.snapshots.current().searcher
    dictionaries = read_dictionaries(ARTICLES, {"stopwords.txt": "退款\n"})[0]
    changes = preview(searcher, vocabulary_of(dictionaries, settings), QUERIES)
    (change,) = (change for change in changes if change.query == "没收到货怎么退款")
    assert "退款" in change.before.words
    assert "退款" not in change.after.words
