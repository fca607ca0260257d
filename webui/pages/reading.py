"""The pages of agents: search with the FAQ panel, one article, the tree. Complete without JavaScript."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.errors import ArticleNotFound, EngineError, StoreError
from kb.model import Folder, Right, SearchPage, SearchRequest
from kb.usecases.searching import MAX_OFFSET
from webui.api.answers import vote
from webui.current import desk
from webui.http import inputs, problems
from webui.http.security import address, visitor, welcome_visitor
from webui.pages import history, longlists
from webui.pages.frequent import hits_html, panel_html
from webui.pages.helping import elsewhere, near_titles
from webui.pages.presentation import FILTERS, KINDS, VOTES

PAGE_SIZE = 10

#: the address of the search in hand with changes
Link = Callable[..., str]

blueprint = Blueprint("pages", __name__)
blueprint.before_request(welcome_visitor)


class Limit(NamedTuple):
    """What the agent works on and may have forgotten: in words, how to look further, and where that leads."""

    said: str
    wider: str
    without: str


class Chip(NamedTuple):
    """A filter in force, and where to go to drop it."""

    label: str
    value: str
    without: str


@blueprint.get("/")
def search() -> ResponseReturnValue:
    """The search box; below it the hits, or the FAQ panel while nothing is asked."""
    given = inputs.filled_in(request.args)
    if len(given) < len(request.args):  # a form without JavaScript sends the fields that were left empty, too
        return redirect(f"{url_for('.search')}?{urlencode(given)}" if given else url_for(".search"))
    asked = inputs.search_request(given, limit=PAGE_SIZE)
    if not asked.text.strip():
        return _home(asked)
    agent = visitor() if asked.offset == 0 else None  # turning the page is not another search
    try:
        page = desk().search(asked, agent, settled=True)
    except (EngineError, StoreError) as error:
        outage = problems.explain(error)
        return _panel(asked, outage=outage), outage.status, outage.headers
    return _results(asked, page)


@blueprint.get("/a/<article_id>")
def article(article_id: str) -> ResponseReturnValue:
    """One article: is it current, what to say on which channel, what to do."""
    day = inputs.day(inputs.filled_in(request.args), "as_of")
    if day is not None:
        return history.article_then(article_id, day)
    try:
        record, freshness = desk().article(article_id)
    except ArticleNotFound:
        return history.gone(article_id)
    if record.article.id != article_id:  # it had this id before
        return redirect(url_for(".article", article_id=record.article.id, channel=request.args.get("channel")))
    voted = VOTES.get(request.args.get("voted", ""))
    published = bool(request.args.get("published"))
    if request.method == "GET" and voted is None and not published:  # else one has just come back from voting, writing
        desk().record_event("view", article_id, agent=visitor() or "", origin=address())
    channel = request.args.get("channel")
    may_edit = desk().may(Right.EDIT, record.article.owner)
    return render_template(
        "article.html",
        record=record,
        article=record.article,
        freshness=freshness,
        scripts=sorted(record.article.scripts, key=lambda script: script.channel != channel),
        related=desk().related(record),
        voted=voted,
        done=request.args.get("done"),
        published=published,
        may_edit=may_edit,
        draft=desk().editing.draft(article_id) if may_edit else None,
        may_publish=desk().may(Right.PUBLISH, record.article.owner),
    )


@blueprint.post("/a/<article_id>/feedback")
def feedback(article_id: str) -> ResponseReturnValue:
    """What an agent thinks of an article, then back to it."""
    vote({"id": article_id, "vote": request.form.get("vote"), "note": request.form.get("note")})
    channel = request.args.get("channel")
    return redirect(url_for(".article", article_id=article_id, channel=channel, voted=request.form["vote"]), 303)


@blueprint.get("/browse")
def browse() -> ResponseReturnValue:
    """The tree product → scenario → articles; ``product`` and ``scenario`` (slugs) say what is open at first.

    Of a house that is too large to be read at once it lists what is open, and links to the rest.
    """
    status = request.args.get("status")
    if status in ("draft", "archived"):
        listed = desk().history.drafts() if status == "draft" else desk().history.archived()
        return render_template("unserved.html", status=status, listed=listed)
    tree = desk().browse()
    return render_template(
        "browse.html",
        tree=tree,
        opened=request.args,
        lists_all=sum(product.count for product in tree) <= longlists.MOST,
        window=longlists.window(),
        may_create=desk().forms.may_create(),
    )


def _home(asked: SearchRequest) -> ResponseReturnValue:
    """The FAQ panel alone; browsers keep it and ask whether it has changed."""
    response = make_response(_panel(asked))
    response.add_etag(weak=True)  # a strong one would hold for one encoding only, known after compression
    return response.make_conditional(request)


def _panel(asked: SearchRequest, **extra: object) -> str:
    products = desk().library().product_slugs(asked.product) if asked.product else (None,)
    panel = panel_html(asked.channel, products[0])
    return render_template(
        "search.html", asked=asked, panel=panel, reported=bool(request.args.get("reported")), **extra
    )


def _results(asked: SearchRequest, page: SearchPage) -> str:
    following, link = asked.offset + PAGE_SIZE, _links(asked)
    return render_template(
        "search.html",
        asked=asked,
        page=page,
        hits=hits_html(asked, page) if page.total else None,
        link=link,
        chips=list(_chips(asked, link)),
        limits=list(_limits(asked, link)),
        following=following if following < page.total and following <= MAX_OFFSET else None,
        reported=bool(request.args.get("reported")),
        help=None if page.total else _help(asked),
    )


def _help(asked: SearchRequest) -> dict[str, object]:
    """What the page offers when nothing was found."""
    library = desk().library()
    scenarios: defaultdict[str, list[Folder]] = defaultdict(list)
    for path, scenario in library.scenarios.items():
        scenarios[path.split("/")[0]].append(scenario)
    return {"elsewhere": elsewhere(asked), "near": near_titles(asked.text), "scenarios": scenarios}


def _links(asked: SearchRequest) -> Link:
    """For ``asked``, on its first page unless ``offset`` is changed. A page has dozens: Flask would route each anew."""
    address = url_for("pages.search")
    kept = _encoded({"q": asked.text, "channel": asked.channel} | {name: getattr(asked, name) for name in FILTERS})

    def link(**changes: object) -> str:
        query = "&".join(filter(None, (kept | _encoded(changes)).values()))
        return f"{address}?{query}" if query else address

    return link


def _encoded(values: Mapping[str, object]) -> dict[str, str]:
    """Each as a query string has it; ``""`` for what has no value."""
    return {name: urlencode({name: value}) if value else "" for name, value in values.items()}


def _limits(asked: SearchRequest, link: Link) -> Iterator[Limit]:
    if asked.product:
        title = desk().library().title_of("product", asked.product)
        yield Limit(f"只看了“{title}”", "在全部产品里查", link(product=None, scenario=None))
    if asked.channel:
        yield Limit(f"只看适用“{asked.channel}”的", "不限渠道", link(channel=None))


def _chips(asked: SearchRequest, link: Link) -> Iterator[Chip]:
    for name, label in FILTERS.items():
        value = getattr(asked, name)
        if value:
            title = KINDS.get(value, value) if name == "kind" else desk().library().title_of(name, value)
            yield Chip(label, title, link(**{name: None}))
