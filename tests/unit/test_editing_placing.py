"""Where a new article goes, by what its form says."""

from __future__ import annotations

import pytest

from kb.editing.form import ArticleForm
from kb.editing.placing import place_of
from kb.editing.writing import Place
from kb.errors import EditError
from kb.model import Folder

PRODUCTS = {"mall": Folder("mall", "网上商城")}
SCENARIOS = {"mall/refund": Folder("refund", "退款与退货"), "app/login": Folder("login", "登录")}


@pytest.mark.parametrize(
    ("form", "place"),
    [
        (ArticleForm(product="mall", scenario="mall/refund"), Place("mall", "refund")),
        (ArticleForm(product="mall", scenario_title="发票"), Place("mall", "fa-piao", "", "发票")),
        (ArticleForm(product="mall", scenario_title="退款与退货"), Place("mall", "refund", "", "退款与退货")),
        (ArticleForm(product_title="网上商城", scenario="mall/refund"), Place("mall", "refund", "网上商城", "")),
        (ArticleForm(product_title="门店", scenario_title="退款"), Place("men-dian", "tui-kuan", "门店", "退款")),
    ],
)
def test_folders_are_chosen_or_made(form: ArticleForm, place: Place) -> None:
    assert place_of(form, PRODUCTS, SCENARIOS) == place


@pytest.mark.parametrize(
    ("form", "said"),
    [
        (ArticleForm(scenario_title="发票"), "还没有选产品类型"),
        (ArticleForm(product="mall"), "还没有选问题场景"),
        (ArticleForm(product="mall", scenario="app/login"), "不在所选的产品类型下"),
        (ArticleForm(product="mall", scenario="mall/../x"), "不在所选的产品类型下"),
    ],
)
def test_what_is_missing_is_said(form: ArticleForm, said: str) -> None:
    with pytest.raises(EditError, match=said):
        place_of(form, PRODUCTS, SCENARIOS)
