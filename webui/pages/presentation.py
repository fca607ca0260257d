"""How things are called and marked on screen: filters and constants for the templates."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from datetime import date, datetime

from flask import Flask, request
from markupsafe import Markup, escape

from kb import contracts
from kb.errors import KbError
from kb.model import Article, Folder, Hit, Script, Snippet, State
from kb.rules.query import MAX_QUERY
from kb.text.pinyin import typed_as
from kb.text.render import render_html
from kb.text.sections import plain_text, without_scripts
from webui.current import desk
from webui.http.callers import shut_out

KINDS = {"faq": "常见问题", "guide": "操作指引", "case": "案例", "policy": "规则", "script": "话术"}
#: the tier of an answer and the seconds within which a customer should have it
TIERS = {"urgent": ("一级", 10), "important": ("二级", 30), "general": ("三级", 60)}
FACETS = {"product": "产品类型", "scenario": "问题场景", "kind": "类型"}
FILTERS = FACETS | {"tag": "标签"}
FIELDS = {"title": "标准问", "questions": "相似问法", "place": "所在分类", "body": "正文"}
VOTES = {"helpful": "有用", "unhelpful": "没用", "outdated": "内容过时"}
#: what the labels of a hit mean that its words alone would not have brought to its place
BY_MEANING = "与问题用词不同、意思相近，请先核对"
LEARNED = "同事查过类似的问题，多次选用了这一条"

#: what User-Agent headers give browsers and systems away by; most name several, the first of these is the right one
_BROWSERS = (
    ("MicroMessenger", "微信"),
    ("Edg", "Edge"),
    ("Firefox", "Firefox"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)

_VARIABLE = re.compile(r"\{\{([^{}\n]{1,40})\}\}")
#: so many characters around a match tell whether two texts show the same place
_CONTEXT = 4


def register(app: Flask) -> None:
    """Give templates the filters and constants of this module."""
    app.context_processor(_frame)
    for function in (
        marked,
        script_html,
        preview_html,
        body_html,
        local_time,
        browser_label,
        moment,
        product_title,
        repeats,
        typed_as,
        labels,
        reasons,
        is_day,
    ):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(
        KINDS=KINDS, TIERS=TIERS, FACETS=FACETS, FIELDS=FIELDS, VOTES=VOTES, MAX_QUERY=MAX_QUERY
    )


def labels(hit: Hit) -> list[tuple[str, str]]:
    """(label, meaning) of how a hit came here, where that is not by its words."""
    found = []
    if hit.by_meaning:
        found.append(("语义相近", BY_MEANING))
    if hit.parts.learned > 0:
        found.append(("同事常选", LEARNED))
    return found


def reasons(hit: Hit) -> list[tuple[str, str]]:
    """(by what, explanation) of why a hit is here, beside the words that are marked."""
    found = []
    if hit.by_meaning:
        found.append(("语义", BY_MEANING))
    if hit.parts.learned > 0:
        found.append(("使用", LEARNED))
    if not hit.found and not found:
        spelled = hit.parts.total == 0  # nothing but what the input sounds like brought it here
        found.append(("读音", "与输入的拼音相符") if spelled else ("字词", "只有个别字相同，请先核对"))
    if hit.freshness.state in (State.EXPIRED, State.STALE):
        found.append(("排序", f"{hit.freshness.state.label}，已往后排"))
    return found


def marked(snippet: Snippet) -> Markup:
    """A snippet with its matches in ``<mark>``."""
    return Markup(contracts.marked(snippet))  # noqa: S704  # it escapes


def script_html(script: str, words: Collection[str] = ()) -> Markup:
    """A script with the ``{{…}}`` that the agent fills in ``<var>``, and the query's ``words`` in ``<mark>``."""
    return _with_blanks(script, words, Markup('<var data-blank="{0}">{{{{{0}}}}}</var>'))


def preview_html(script: str, words: Collection[str] = ()) -> Markup:
    """A script as its beginning is shown in a fold: what the agent fills in is a name in ``<var>``, not a field."""
    return _with_blanks(script, words, Markup("<var>{0}</var>"))


def repeats(snippet: Snippet, scripts: Iterable[Script]) -> bool:
    """Whether all that a snippet marks stands in scripts: one is shown beside it, the others are for other channels."""
    beside = _squeezed("\n".join(plain_text(script.text) for script in scripts))
    around = (snippet.text[max(0, a - _CONTEXT) : b + _CONTEXT] for a, b in snippet.marks)
    return bool(beside) and all(_squeezed(piece.strip("…")) in beside for piece in around)


def body_html(article: Article) -> Markup:
    """An article's body for its page, where the scripts have a place of their own."""
    return Markup(render_html(without_scripts(article.body), article.scenario_path))  # noqa: S704  # it sanitises


def local_time(moment: str) -> str:
    """``2026-11-22T01:02:03+00:00`` → ``11-22 09:02`` where the server stands; empty stays empty."""
    return datetime.fromisoformat(moment).astimezone().strftime("%m-%d %H:%M") if moment else ""


def browser_label(agent: str) -> str:
    """What somebody knows their browser by: ``Chrome（Windows）`` from its User-Agent."""
    name, system = (next((label for mark, label in marks if mark in agent), "") for marks in (_BROWSERS, _SYSTEMS))
    return f"{name or '未知浏览器'}（{system}）" if system else name or "未知浏览器"


def moment(at: datetime) -> str:
    """``2026-11-22 09:02`` where the server stands."""
    return f"{at.astimezone():%Y-%m-%d %H:%M}"


def product_title(slug: str) -> str:
    """What people call a product."""
    return desk().library().title_of("product", slug)


def is_day(text: str) -> bool:
    """Whether a date field can show ``text``."""
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def _with_blanks(script: str, words: Collection[str], blank: Markup) -> Markup:
    pieces = _VARIABLE.split(script)  # text, name, text, name, …, text
    shown = [_with_marks(piece, words) for piece in pieces[::2]]
    blanks = [blank.format(name) for name in pieces[1::2]]
    return Markup().join(piece for pair in zip(shown, [*blanks, ""], strict=True) for piece in pair)


def _with_marks(text: str, words: Collection[str]) -> Markup:
    longest_first = sorted((word for word in words if len(word) > 1), key=len, reverse=True)
    if not longest_first:
        return escape(text)
    pieces = re.split(f"({'|'.join(map(re.escape, longest_first))})", text, flags=re.IGNORECASE)
    return Markup().join(
        Markup("<mark>{}</mark>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _frame() -> dict[str, object]:
    """What the frame around every page needs: channels and products, and those that the agent works on."""
    channel, product = request.args.get("channel"), request.args.get("product")
    if shut_out():  # not even names are told before the login
        return {"channels": (), "channel": None, "products": [], "product": None}
    channels, products = desk().channels, _products()
    return {
        "channels": channels,
        "channel": channel if channel in channels else None,
        "products": products,
        "product": next((folder.slug for folder in products if product in (folder.slug, folder.title)), None),
    }


def _products() -> list[Folder]:
    """The products as the tree orders them; none while the catalog can't be read: error pages have a frame, too."""
    try:
        return sorted(desk().library().products.values(), key=lambda folder: (-folder.weight, folder.title))
    except KbError:
        return []
