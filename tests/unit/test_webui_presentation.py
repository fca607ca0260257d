"""How scripts and snippets are marked up for the pages."""

from __future__ import annotations

import re

import pytest

from kb.model import ArticleRecord, Freshness, Hit, ScoreParts, Script, Snippet, State
from tests.unit.article_factory import make_article
from webui.http.assets import FOLDER
from webui.pages.presentation import browser_label, labels, reasons, repeats, script_html

SCRIPTS = (
    Script(None, "您好{{客户称呼}}，没收到货也可以申请退款，**不用等**包裹送到。"),
    Script("电话", "您说“拒收”就可以了。"),
)


def test_blanks_and_matches_are_marked_and_all_else_is_text() -> None:
    shown = script_html("<b>{{订单号}}可以退款，再退PLUS", ["退款", "plus", "退"])
    assert shown == ('&lt;b&gt;<var data-blank="订单号">{{订单号}}</var>可以<mark>退款</mark>，再退<mark>PLUS</mark>')
    assert script_html("退款") == "退款"
    assert script_html("{{}}{{a\nb}}", ["退款"]) == "{{}}{{a\nb}}", "no blank has such a name"
    assert script_html('{{"><img>}}') == '<var data-blank="&#34;&gt;&lt;img&gt;">{{&#34;&gt;&lt;img&gt;}}</var>'


FOUND = {"title": Snippet("退款", ((0, 2),))}


@pytest.mark.parametrize(
    ("parts", "by_meaning", "found", "state", "labelled", "explained"),
    [
        (ScoreParts(0.3, 0.4), False, FOUND, State.FRESH, [], []),
        (ScoreParts(0.1, 0.4), True, {}, State.FRESH, ["语义相近"], ["语义"]),
        (ScoreParts(0.1, 0.4, 0.2), True, FOUND, State.FRESH, ["语义相近", "同事常选"], ["语义", "使用"]),
        (ScoreParts(0.1), False, {}, State.FRESH, [], ["字词"]),
        (ScoreParts(0.0), False, {}, State.FRESH, [], ["读音"]),
        (ScoreParts(0.0), False, {}, State.STALE, [], ["读音", "排序"]),
    ],
)
def test_a_hit_says_what_brought_it_beside_its_words(
    parts: ScoreParts,
    by_meaning: bool,
    found: dict[str, Snippet],
    state: State,
    labelled: list[str],
    explained: list[str],
) -> None:
    record = ArticleRecord(make_article("a"), "a.md", "1")
    nothing = Snippet("")
    hit = Hit(record, parts, Freshness(state, (), None, 0), nothing, nothing, (), "", found, by_meaning)
    assert [label for label, _ in labels(hit)] == labelled
    assert [by for by, _ in reasons(hit)] == explained


def test_a_snippet_repeats_what_stands_in_any_script() -> None:
    assert repeats(Snippet("…没收到货也可以申请退款，不用等…", ((9, 11),)), SCRIPTS)
    assert repeats(Snippet("您说“拒收”就可以", ((3, 5),)), SCRIPTS)
    assert not repeats(Snippet("没收到货的退款先查物流", ((5, 7),)), SCRIPTS)
    assert not repeats(Snippet("您说“拒收”就可以。催查工单", ((3, 5), (10, 12))), SCRIPTS)
    assert not repeats(Snippet("退款", ((0, 2),)), ())


def test_suggestions_warn_in_the_words_of_the_badges() -> None:
    source = (FOLDER / "js" / "combobox.js").read_text(encoding="utf-8")
    warnings = dict(re.findall(r'(\w+): "(\w+)"', source.split("const WARNINGS")[1].splitlines()[0]))
    assert warnings == {state.value: state.label for state in State if state not in (State.FRESH, State.DUE)}


@pytest.mark.parametrize(
    ("agent", "label"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0",
            "Edge（Windows）",
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 Version/17.5 Safari/605.1.15",
            "Safari（macOS）",
        ),
        ("curl/8.5.0", "未知浏览器"),
        ("", "未知浏览器"),
    ],
)
def test_people_know_their_browsers_by_name(agent: str, label: str) -> None:
    assert browser_label(agent) == label
