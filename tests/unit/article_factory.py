"""Articles for tests: ``make_article`` for one with chosen fields, ``articles`` for all the model allows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import strategies as st

from kb.model import AUDIENCES, KINDS, PRIORITIES, STATUSES, Article, Folder, Interval, Script

MALL = Folder("mall", "网上商城", owner="交易业务部")
REFUND = Folder("refund", "退款退货")

intervals = st.builds(Interval, st.integers(1, 9999), st.sampled_from("dwm"))
_texts = st.text(max_size=20)
_texts_or_none = st.none() | _texts
_tuples = st.lists(_texts, max_size=4).map(tuple)
_dates_or_none = st.none() | st.dates()
_folders = st.builds(
    Folder,
    slug=_texts,
    title=_texts,
    owner=_texts_or_none,
    review_every=st.none() | intervals,
    weight=st.integers(-100, 100),
    description=_texts,
)

articles = st.builds(
    Article,
    id=_texts,
    title=_texts,
    product=_folders,
    scenario=_folders,
    body=st.text(),
    questions=_tuples,
    kind=st.sampled_from(KINDS),
    channels=_tuples,
    owner=_texts_or_none,
    contact=_texts_or_none,
    priority=st.sampled_from(PRIORITIES),
    tags=_tuples,
    status=st.sampled_from(STATUSES),
    audience=st.sampled_from(AUDIENCES),
    created=_dates_or_none,
    updated=_dates_or_none,
    verified=_dates_or_none,
    verified_by=_texts_or_none,
    review_every=st.none() | intervals,
    valid_from=_dates_or_none,
    valid_to=_dates_or_none,
    weight=st.integers(-100, 100),
    pinned=st.booleans(),
    related=_tuples,
    former_ids=_tuples,
    scripts=st.lists(st.builds(Script, _texts_or_none, _texts), max_size=3).map(tuple),
)


def make_article(article_id: str = "refund-not-received", /, **changes: Any) -> Article:
    """A published article of 网上商城 / 退款退货 with ``changes`` to its fields."""
    article = Article(
        article_id, "未收到货退款", MALL, REFUND, "## 标准话术\n您好，可以退款。\n", channels=("微信", "电话")
    )
    return replace(article, **changes)
