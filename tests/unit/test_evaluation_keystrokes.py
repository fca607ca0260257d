"""Keystrokes to the answer: counted by hand on a small suggester, and on a real one."""

from __future__ import annotations

from kb.config import load_settings
from kb.evaluation.keystrokes import as_json, average, type_all
from kb.evaluation.sets import QrelsSet, load_qrels_set
from kb.model import Suggestion
from kb.wiring.trials import evaluation_search
from tests.unit.article_factory import make_article
from tests.unit.qrels import REFUNDS


def test_keys_are_counted_until_a_right_article_is_among_the_first_five() -> None:
    shown = {
        "怎么": ["b", "c", "d", "e", "f", "a"],
        "怎么退": ["b", "c", "d", "e", "a"],
        "tui": ["a"],
        "t": ["b"],
        "tk": ["a"],
    }

    def suggest(text: str, limit: int = 10) -> list[Suggestion]:
        return [Suggestion(row, "article", row, None, None, None) for row in shown.get(text, [])]

    texts = {"q1": " 怎么退款 ", "q2": "犇骉"}
    data = QrelsSet(
        (make_article("a", title="退款！"), make_article("b", title="开票")),
        texts,
        dict.fromkeys(texts, frozenset({"a"})),
    )
    document = as_json(type_all(data, suggest))
    assert document == {
        "top": 5,
        "question": {"asked": 2, "reached": 0.5, "median": 3, "mean": 3.0, "saved": 0.125},
        "pinyin": {"asked": 1, "reached": 1.0, "median": 3, "mean": 3.0, "saved": round(1 - 3 / 7, 4)},
        "initials": {"asked": 1, "reached": 1.0, "median": 2, "mean": 2.0, "saved": 0.0},
    }


def test_without_any_success_there_is_no_median() -> None:
    data = QrelsSet((), {"q": "退款"}, {"q": frozenset({"gone"})})
    document = as_json(type_all(data, lambda text, limit=10: []))
    assert document["question"] == {"asked": 1, "reached": 0.0, "median": None, "mean": None, "saved": 0.0}
    assert document["pinyin"]["asked"] == 0


def test_only_shares_are_averaged() -> None:
    one, two = (
        {kind: {"reached": share, "saved": share / 2} for kind in ("question", "pinyin", "initials")}
        for share in (0.2, 0.6)
    )
    assert average([one, two]) == {kind: {"reached": 0.4, "saved": 0.2} for kind in one}


def test_real_suggestions_show_every_title_before_it_is_typed_out() -> None:
    data = load_qrels_set(REFUNDS)
    with evaluation_search(data.articles, load_settings(environ={})) as opened:
        typed = type_all(data, opened.suggest)
    assert [len(typed[kind]) for kind in ("question", "pinyin", "initials")] == [8, 7, 7]
    assert all(one.keys is not None and one.keys <= 3 for one in typed["initials"])
    assert 0 < sum(one.keys is not None for one in typed["question"]) <= 8
