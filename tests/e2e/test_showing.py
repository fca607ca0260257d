"""``kb show``: an article as it is, as it was on a day, or why it can't be told."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.processes import Desk, edit
from tests.unit.article_tree import ARTICLE, make_tree

ID = "refund-not-received"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    desk = Desk(make_tree(tmp_path / "articles"), tmp_path / "data")
    assert desk.run("index").returncode == 0
    return desk


def test_an_article_is_shown_as_it_is_and_as_it_was(desk: Desk) -> None:
    assert desk.run("show", ID).stdout == ARTICLE
    edit(desk.articles / "mall/refund/refund-not-received.md", "您好，可以退款。", "您好，三天内退款。")
    desk.run("index")
    assert desk.json("show", ID)["source"] == ARTICLE.replace("您好，可以退款。", "您好，三天内退款。")
    was = desk.run("show", ID, "--as-of", "2026-11-05")
    assert was.stdout == ARTICLE
    assert "按更新日期推断" in was.stderr
    told = desk.json("show", ID, "--as-of", "2026-11-05")["as_of"]
    assert (told["day"], told["inferred"], told["revision"]["origin"]) == ("2026-11-05", True, "file")


def test_an_article_that_has_expired_is_shown_as_such(desk: Desk) -> None:
    edit(desk.articles / "mall/refund/refund-not-received.md", "kind: faq", "valid_to: 2026-11-10")
    desk.run("index")
    assert "时效：已失效，有效期至 2026-11-10，已过" in desk.run("show", ID).stderr
    assert "未收到货退款  article  网上商城 › 退款与退货  已失效" in desk.run("suggest", "退款").stdout


def test_what_nobody_knows_is_said_so(desk: Desk) -> None:
    early = desk.run("show", ID, "--as-of", "2026-11-01")
    assert (early.returncode, early.stdout) == (2, "")
    assert "没有留底" in early.stderr
    assert "没有编号为“nowhere”" in desk.run("show", "nowhere").stderr
