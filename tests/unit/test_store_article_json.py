"""Stored articles come back as they were."""

from __future__ import annotations

import json
from dataclasses import replace

from hypothesis import given

from kb.model import Article
from kb.store.article_json import dump_article, load_article
from tests.unit.article_factory import articles, make_article


@given(articles)
def test_every_article_survives_the_round_trip(article: Article) -> None:
    assert load_article(dump_article(article)) == article


def test_defaults_are_not_stored() -> None:
    assert set(json.loads(dump_article(make_article()))) == {
        "id",
        "title",
        "product",
        "scenario",
        "body",
        "channels",
    }


def test_articles_of_one_folder_share_its_object() -> None:
    one, other = (load_article(dump_article(make_article(article_id))) for article_id in ("a", "b"))

    assert one.product is other.product


def test_an_article_can_be_read_without_its_body() -> None:
    article = make_article(body="long")

    assert load_article(dump_article(article), body=False) == replace(article, body="")
