"""The FAQ panel as HTML, grouped by product: rendered once for everybody who sees the same, then served from memory."""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from typing import NamedTuple

from flask import render_template
from markupsafe import Markup

from kb.model import FaqItem, FaqPanel, Folder
from webui.current import desk

#: entries of a product that are shown at once; the fewer products, the more
_SHOWN_TOGETHER = 48
_SHOWN_AT_LEAST = 8


class Group(NamedTuple):
    """The entries of one product: those shown at once, and those behind a fold."""

    product: Folder
    shown: list[FaqItem]
    folded: list[FaqItem]


def panel_html(channel: str | None, product: str | None) -> Markup:
    """The panel for a channel and a product (slug); everything when None. Raises QueryError for an unknown channel."""
    return _rendered(desk().edition(), channel, product)


@lru_cache(maxsize=32)
def _rendered(edition: object, channel: str | None, product: str | None) -> Markup:
    """Kept for as long as the ``edition`` is the latest."""
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
