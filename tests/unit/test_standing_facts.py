"""Where an old value still stands, and who has a question already: over a real catalog."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kb.checking.duplicates import Wordings
from kb.checking.standing_facts import StandingFacts
from kb.content.reader import ArticleFiles
from kb.model import Article
from kb.rules.rewriting import Synonyms
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.question import Vocabulary
from tests.unit.article_tree import CHANNELS, write

VOCABULARY = Vocabulary(Tokenizer(), function_words(), Synonyms([("退款", "退钱")]))


def source(name: str, title: str, *questions: str, body: str = "您好。", status: str = "published") -> str:
    listed = "".join(f"  - {question}\n" for question in questions)
    head = f"---\nid: {name}\ntitle: {title}\nstatus: {status}\n"
    return f"{head}questions:\n{listed}---\n## 标准话术\n{body}\n" if questions else f"{head}---\n## 标准话术\n{body}\n"


class Tree:
    """Articles in files and in the catalog."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "articles"
        self.files = ArticleFiles(self.root, CHANNELS)
        self.catalog = Catalog(Database(folder / "kb.db"))
        for path, title in (("mall", "商城"), ("mall/refund", "退款"), ("mall/order", "订单"), ("app", "软件")):
            write(self.root, f"{path}/_index.md", f"---\ntitle: {title}\n---\n")

    def put(self, path: str, text: str) -> Article:
        write(self.root, path, text)
        scan = self.files.scan()
        read = [self.files.read(file, scan.folders) for file in scan.files]
        self.catalog.apply(read, [], self.files.parser)
        (article,) = (version.article for version in read if version.path == path)
        assert article is not None
        return article


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    tree = Tree(tmp_path)
    tree.put("app/other/z.md", source("z", "登录", body="七天后自动退出登录。"))
    tree.put("mall/order/b.md", source("b", "订单", body="签收后 7天 内可退货。"))
    tree.put(
        "mall/refund/c.md", source("c", "退货期限 7 天", "能退吗", body="您好。\n### 电话\n签收后七天内可以退货哦。")
    )
    tree.put("mall/refund/d.md", source("d", "草稿", body="7 天内能退货。", status="draft"))
    tree.put("mall/refund/e.md", source("e", "归档", body="7 天内能退货。", status="archived"))
    tree.put("mall/refund/f.md", source("f", "别的", body="24 小时内回复。"))
    return tree


def test_the_old_value_is_found_wherever_it_stands_the_likeliest_place_first(tree: Tree) -> None:
    old = tree.put("mall/refund/a.md", source("a", "退货", body="签收后 7 天内可退货。\n## 注意事项\n过了 7 天不退。"))
    new = replace(old, body=old.body.replace("后 7 天", "后 15 天"))
    (standing,) = StandingFacts(tree.catalog).check(old, new)
    assert (standing.change.written, standing.change.now, standing.articles) == ("7 天", "15 天", 5)
    places = [(place.article_id, place.where, place.sentence[place.start : place.end]) for place in standing.places]
    assert places[0] == ("a", "注意事项", "7 天")  # forgotten in the article itself
    assert places[1][0] == "c"
    assert set(places[1:]) == {
        ("c", "标题", "7 天"),
        ("c", "标准话术（电话）", "七天"),
        ("d", "标准话术", "7 天"),
        ("b", "标准话术", "7天"),
        ("z", "标准话术", "七天"),
    }
    assert places[-1][0] == "z"
    assert [place.is_draft for place in standing.places if place.article_id == "d"] == [True]


def test_what_is_known_follows_the_articles(tree: Tree) -> None:
    checks = StandingFacts(tree.catalog)
    old = tree.put("mall/refund/a.md", source("a", "回复", body="24 小时内回复。"))
    new = replace(old, body=old.body.replace("24", "48"))
    assert [place.article_id for place in checks.check(old, new)[0].places] == ["f"]
    tree.put("mall/refund/f.md", source("f", "别的", body="两天内回复。"))
    assert checks.check(old, new) == ()
    assert checks.check(None, new) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("能退吗？", [("c", "能退吗", "same")]),
        ("能退吗", [("c", "能退吗", "same")]),
        ("登录 ", [("z", "登录", "same")]),
        ("退钱期限7天", [("g", "退款期限7天", "near")]),
        ("怎么注销账号", []),
        ("？？", []),
        ("", []),
    ],
)
def test_who_has_a_question_already(tree: Tree, text: str, expected: list[tuple[str, str, str]]) -> None:
    tree.put("mall/refund/g.md", source("g", "退款期限7天"))
    found = Wordings(tree.catalog).duplicates([text], VOCABULARY)
    assert [(d.article_id, d.wording, d.kind) for d in found] == expected
    assert all(d.text == text for d in found)


def test_nobody_is_his_own_duplicate_and_edits_are_followed(tree: Tree) -> None:
    wordings = Wordings(tree.catalog)
    assert wordings.duplicates(["能退吗"], VOCABULARY, own_id="c") == []
    tree.put("mall/refund/c.md", source("c", "退货期限", "可以换吗"))
    assert wordings.duplicates(["能退吗"], VOCABULARY) == []
    assert [d.article_id for d in wordings.duplicates(["可以换吗"], VOCABULARY)] == ["c"]


def test_a_page_of_figures_in_one_line_is_answered(tree: Tree) -> None:
    figures = " ".join(f"{n}元" for n in range(20_000))
    old = tree.put("mall/refund/a.md", source("a", "价目", body=figures))
    found = StandingFacts(tree.catalog).check(old, replace(old, body=figures.replace("元", "折") + " 5元 6元"))
    assert {standing.change.written for standing in found} <= {"5元", "6元"}
