"""What is rendered once for everybody who sees the same: the FAQ panel, grouped by product, and lists of hits."""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import NamedTuple

from flask import render_template
from markupsafe import Markup

from kb.bounded_cache import BoundedCache
from kb.model import FaqItem, FaqPanel, Folder, SearchPage, SearchRequest
from webui.current import desk
from webui.http.precomputed import kept

#: entries of a product that are shown at once; the fewer products, the more
_SHOWN_TOGETHER = 48
_SHOWN_AT_LEAST = 8
#: two bytes a character; what they are kept by is another one after every change, and for whoever sees other articles
_PANELS: BoundedCache[Markup] = kept(6_000_000, unit=2)
_HITS: BoundedCache[Markup] = kept(6_000_000, unit=2)


class Group(NamedTuple):
    """The entries of one product: those shown at once, and those behind a fold."""

    product: Folder
    shown: list[FaqItem]
    folded: list[FaqItem]


def panel_html(channel: str | None, product: str | None) -> Markup:
    """The panel for a channel and a product (slug); everything when None. Raises QueryError for an unknown channel."""
    return _PANELS.get((desk().edition(), channel, product), partial(_panel, channel, product))


def hits_html(asked: SearchRequest, page: SearchPage) -> Markup:
    """The hits of a page of results that has some."""
    return _HITS.get(page.kept_as, partial(_hits, asked, page)) if page.kept_as else _hits(asked, page)


def _hits(asked: SearchRequest, page: SearchPage) -> Markup:
    return Markup(render_template("hit_list.html", asked=asked, page=page))  # noqa: S704  # the template escapes


def _panel(channel: str | None, product: str | None) -> Markup:
    panel = desk().faq(channel)
    groups = _groups(panel, product)
    size = sum(len(group.shown) + len(group.folded) for group in groups)
    return Markup(render_template("faq.html", panel=panel, groups=groups, size=size, channel=channel))  # noqa: S704  # the template escapes


def _groups(panel: FaqPanel, product: str | None) -> list[Group]:
    """By product, products in the order of their first entry."""
    by_product: defaultdict[str, list[FaqItem]] = defaultdict(list)
    for item in panel.items:
        if product in (None, item.record.article.product.slug):
            by_product[item.record.article.product.slug].append(item)
    shown = max(_SHOWN_AT_LEAST, _SHOWN_TOGETHER // max(1, len(by_product)))
    return [Group(items[0].record.article.product, items[:shown], items[shown:]) for items in by_product.values()]
