"""What is derived from all articles follows single edits, and is then what it would be had it been made anew."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import partial

from kb.config import Settings
from kb.model import ArticleRecord
from kb.service import Service
from kb.snapshots import Snapshots
from kb.usecases.audience import seen_outside
from kb.usecases.browsing import grow_tree
from kb.usecases.library import Library
from kb.usecases.published import without_body
from kb.usecases.suggesting import build_suggester
from kb.wiring.service import build_service
from tests.unit.article_tree import ARTICLE, make_tree, write

_WORDS = ("退款", "发票", "会员", "登录密码", "快递", "未收到货", "wifi", "重置")
_TYPED = (*_WORDS, "tk", "tuikuan", "fp", "huiy", "密码登", "退宽", "sdh", "退款与", "网上", "9")


def edit(files: Settings, chance: random.Random) -> None:
    """Add, change, publish for everybody or for nobody, or remove one of a dozen articles; or rename their folder."""
    path = files.articles / f"mall/{chance.choice(('refund', 'other'))}/a{chance.randrange(12)}.md"
    title = "".join(chance.sample(_WORDS, 2))
    if path.exists() and chance.random() < 0.3:
        path.unlink()
    elif chance.random() < 0.1:
        write(files.articles, "mall/refund/_index.md", f"---\ntitle: {title}场景\n---\n")
    else:
        status, audience = chance.choice(("published",) * 5 + ("draft",)), chance.choice(("internal", "public"))
        front = f"title: {title}\nstatus: {status}\naudience: {audience}\nweight: {chance.randrange(2)}"
        text = ARTICLE.replace("id: refund-not-received", f"id: {path.stem}").replace("title: 未收到货退款", front)
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("没收到货怎么退款", chance.choice(_WORDS) + "怎么办"), encoding="utf-8")


def assert_like_new(snapshots: Snapshots, served: Iterable[ArticleRecord], service: Service) -> None:
    now, day = snapshots.current(), service.system.today()
    records = [without_body(record) for record in served if record.article.status == "published"]
    verdict, library = partial(snapshots.freshness, as_of=day), Library.of((record.article for record in records), day)
    suggest = build_suggester(records, library, verdict, {}, (), now.searcher.vocabulary.cells_of)
    assert (now.library.products, now.library.scenarios) == (library.products, library.scenarios)
    assert now.tree() == grow_tree(records, verdict)
    for text in _TYPED:
        assert now.suggester()(text, 6) == suggest(text, 6), text
        assert now.library.spelling().knows(text) == library.spelling().knows(text)


def test_after_any_edits_everything_is_as_if_it_were_built_anew(small: Settings) -> None:
    chance = random.Random(20261122)
    make_tree(small.articles)
    service = build_service(small)
    service.index()
    service.warm_up()
    service.system.public.warm_up()
    for _ in range(25):
        for _ in range(chance.choice((1, 1, 2, 5))):
            edit(small, chance)
        service.index(thorough=False)
        service.refresh()
        service.compact()
        served = list(service.system.catalog.records())
        assert_like_new(service.system.snapshots, served, service)
        assert_like_new(service.system.public, filter(None, map(seen_outside, served)), service)
