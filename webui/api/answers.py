"""``/api/v1``: the contract's documents for programs and for our own pages. Errors are ``application/problem+json``.

Every view is declared with what it takes and gives: requests are read, and ``/openapi.json`` is written, from that.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from flask import Blueprint, Response, jsonify, request
from flask.typing import ResponseReturnValue

from kb import contracts, shapes
from kb.bounded_cache import BoundedCache
from kb.contracts.queue import stale_document
from kb.errors import QueryError
from kb.model import KINDS, Message, SearchPage, SearchRequest, SignalKind, State
from kb.ports.events import EVENT_KINDS, VOTES
from kb.review.queue import QueueFilter
from kb.rules.conversation import MAX_CONVERSATION
from kb.rules.query import MAX_QUERY
from kb.shapes import queue
from kb.usecases.recommending import MAX_RECOMMENDED
from kb.usecases.searching import MAX_LIMIT, MAX_OFFSET
from webui.api.parameters import (
    Operation,
    amount,
    at_most,
    chat,
    day,
    describe,
    one_of,
    ordinal,
    read,
    required_text,
    some,
    text,
    whole,
    words,
)
from webui.current import caller, desk
from webui.http import csrf
from webui.http.callers import comes_by_token
from webui.http.encoding import as_json
from webui.http.inputs import Body
from webui.http.precomputed import Encoded, Timed, encode, encode_timed, kept, respond, respond_timed
from webui.http.security import address, sender, visitor, welcome_visitor

Given = dict[str, Any]

_LONGEST_NOTE = 500
LONGEST_ID = 200
#: encoded answers, until others have pushed them out. What they are kept by is another one after every change, and
#: for whoever sees other articles: ``SearchPage.kept_as``, ``Desk.edition``.
_PAGES: BoundedCache[Timed] = kept(8_000_000)
_SUGGESTIONS: BoundedCache[bytes] = kept(6_000_000)
_PANELS: BoundedCache[Encoded] = kept(4_000_000)
_DAY_MS = 24 * 3600 * 1000.0

_Q = words("q", "要查的话，或开头几个字", "没收到货", maxLength=MAX_QUERY)
_PRODUCT = words("product", "只看这个产品类型（slug 或名称）", "mall")
_SCENARIO = words("scenario", "只看这个问题场景（slug、名称或 product/scenario）", "refund")
_CHANNEL = words("channel", "只看适用这个渠道的条目，话术也用这个渠道的", "微信")
_SEARCH = (
    _Q,
    _PRODUCT,
    _SCENARIO,
    _CHANNEL,
    words("kind", "只看这种类型", "faq", enum=list(KINDS)),
    words("tag", "只看带这个标签的条目", "退款"),
    whole("limit", "最多给几条", 10, 1, MAX_LIMIT),
    whole("offset", "跳过前几条", 0, 0, MAX_OFFSET),
)
_SUGGEST = (_Q, whole("limit", "最多给几条", 10, 1, 50))
_STALE = (
    day("as_of", "按这一天判断，默认今天", "2026-11-30"),
    words("owner", "只看这个业务部门的条目", "售后业务部"),
    _PRODUCT,
    _SCENARIO,
    words("state", "只看这种时效状态", "stale", enum=[state.value for state in State]),
    words("signal", "只看有这种信号的条目", "outdated", enum=[kind.value for kind in SignalKind]),
    words("text", "只看标题或编号里有这些字的条目", "退款", maxLength=MAX_QUERY),
    at_most("limit", "最多给几条，默认全部", 20, 10_000),
    whole("offset", "跳过前几条", 0, 0, MAX_OFFSET),
)
_AS_OF = (day("as_of", "这一天结束时的内容；答复多一个 as_of 字段", "2026-11-30"),)
_LEARNED = (whole("limit", "最多给几条", 200, 1, 1000),)
_ID = required_text("id", "条目编号", "refund-not-received", LONGEST_ID)
_EVENT = (
    one_of("kind", "发生了什么", EVENT_KINDS),
    _ID,
    text("query", "当时查的话", "没收到货", MAX_QUERY),
    ordinal("position", "在结果里排第几", 10_000),
    amount("ms", "从开始打字到这一刻的毫秒数", _DAY_MS, 4200),
)
_FEEDBACK = (
    _ID,
    one_of("vote", "有用、没用、内容过时", VOTES),
    text("note", "哪里不对", "金额变了", _LONGEST_NOTE),
)
_PROMPT = "我的订单显示已发货但没物流信息"
_TOGETHER = f"所有消息合计不超过 {MAX_CONVERSATION} 字"
_CHAT = (
    text("text", "客户说的话；与 messages 二选一", _PROMPT, MAX_CONVERSATION),
    chat(
        "messages",
        "客户最近的消息，早的在前；可以是文字，也可以写明 role（customer 或 agent），客服说的只作上下文；"
        f"与 text 二选一。{_TOGETHER}",
    ),
)
_RECOMMEND = (
    *_CHAT,
    text("channel", "只看适用这个渠道的条目，话术也用这个渠道的", "微信", LONGEST_ID),
    text("product", "只看这个产品类型（slug 或名称）", "mall", LONGEST_ID),
    some("limit", "最多给几条", 5, MAX_RECOMMENDED),
)
_GAP = (
    required_text("query", "没有查到的话", "能刷花呗吗", MAX_QUERY),
    text("note", "补充说明", "客户问了三次", _LONGEST_NOTE),
    text("channel", "客户所在的渠道", "微信", LONGEST_ID),
    text("product", "产品类型（slug 或名称）", "mall", LONGEST_ID),
)

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")


@blueprint.after_request
def never_store(response: Response) -> Response:
    """Unless it is said otherwise: answers change with the day, also where the ETag names a file's revision."""
    response.headers.setdefault("Cache-Control", "no-store")
    return response


@blueprint.get("/search")
@describe(Operation("搜索：按相关程度排好的条目", shapes.Search, query=_SEARCH, errors=(304, 400, 503)))
def search(given: Given) -> ResponseReturnValue:
    """Ranked hits. What our visitors ask is logged as typing: Enter would have loaded the page."""
    page = desk().search(SearchRequest(given.pop("q") or "", **given), agent=visitor())
    encoded = _PAGES.get(page.kept_as, partial(_encoded_page, page)) if page.kept_as else _encoded_page(page)
    return respond_timed(encoded, page.took_ms)


def _encoded_page(page: SearchPage) -> Timed:
    return encode_timed(contracts.search_document(page))


@blueprint.get("/suggest")
@describe(Operation("联想：开头几个字、拼音或首字母可能指什么", shapes.Suggest, query=_SUGGEST, errors=(400,)))
def suggest(given: Given) -> ResponseReturnValue:
    """What may be meant by the first keystrokes, of which the same few come again and again."""
    typed, limit = given["q"] or "", given["limit"]
    encoded = _SUGGESTIONS.get((desk().edition(), typed, limit), partial(_encoded_suggestions, typed, limit))
    return Response(encoded, mimetype="application/json")


def _encoded_suggestions(typed: str, limit: int) -> bytes:
    return as_json(contracts.suggest_document(typed, desk().suggest(typed, limit)))


@blueprint.get("/faq")
@describe(
    Operation(
        "高频问题速查", shapes.Faq, query=(_CHANNEL, whole("limit", "最多给几条", 200, 1, 200)), errors=(304, 400)
    )
)
def faq(given: Given) -> ResponseReturnValue:
    """The panel of frequent questions; browsers keep it and ask whether it has changed."""
    channel, limit = given["channel"], given["limit"]
    return respond(_PANELS.get((desk().edition(), channel, limit), partial(_encoded_panel, channel, limit)))


def _encoded_panel(channel: str | None, limit: int) -> Encoded:
    return encode(contracts.faq_document(desk().faq(channel, limit)))


@blueprint.get("/browse")
@describe(
    Operation(
        "分类浏览：产品 › 场景及条数；指定场景时带上条目", shapes.Browse, query=(_PRODUCT, _SCENARIO), errors=(400,)
    )
)
def browse(given: Given) -> ResponseReturnValue:
    """The tree with its counts, and the articles of a scenario when one is named."""
    tree = desk().browse(given["product"], given["scenario"])
    return jsonify(contracts.browse_document(tree, with_articles=given["scenario"] is not None))


@blueprint.get("/articles/<article_id>")
@describe(
    Operation(
        "一条知识的全部内容，现在的或某一天的", shapes.Article, query=_AS_OF, errors=(304, 400, 401, 403, 404, 503)
    )
)
def article(given: Given, article_id: str) -> ResponseReturnValue:
    """One article with its source, for editors also one that is not published.

    304 while the revision is the same and nothing warns of it: what makes an article stale is time, and no revision.
    """
    if given["as_of"] is not None:
        return jsonify(desk().editing.as_of_document(article_id, given["as_of"]))
    document = desk().article_document(article_id)
    response = jsonify(document)
    response.set_etag(document["revision"])
    is_sound = document["freshness"] in ("fresh", "due") and not document["outdated_by"]
    return response.make_conditional(request) if is_sound else response


@blueprint.get("/stale")
@describe(Operation("复核清单，风险高的在前；facets 是各种条件下的条数", queue.Stale, query=_STALE, errors=(400, 503)))
def stale(given: Given) -> ResponseReturnValue:
    """The review queue, riskiest first."""
    wanted = QueueFilter.of(
        **{name: given[name] for name in ("owner", "product", "scenario", "state", "signal", "text")}
    )
    page = desk().review.page(wanted, given["as_of"], given["limit"], given["offset"])
    return jsonify(stale_document(page))


@blueprint.get("/learned")
@describe(
    Operation(
        "从使用中学到的问法：多人查同样的话后都选了同一条", shapes.LearnedQuestions, query=_LEARNED, errors=(400, 503)
    )
)
def learned(given: Given) -> ResponseReturnValue:
    """What was learned and waits for a decision; nothing that only one or two people asked."""
    return jsonify(contracts.learned_document(desk().learned.proposals()[: given["limit"]]))


@blueprint.get("/me")
@describe(Operation("我是谁：令牌或登录对应的身份和权限", shapes.Me, errors=(400, 401)))
def me() -> ResponseReturnValue:
    """Who asks, as the server sees it. A page whose cookies were all deleted gets a token that it can go on with."""
    if not comes_by_token():
        welcome_visitor()
    return jsonify(contracts.me_document(caller(), csrf.token()))


@blueprint.post("/recommend")
@describe(
    Operation(
        "推荐：按客户最近的消息给出条目，注明各答哪一句",
        shapes.Recommend,
        body=_RECOMMEND,
        errors=(400, 403, 413, 415, 503),
    )
)
def recommend(body: Body) -> ResponseReturnValue:
    """Answers to a conversation, each with the sentence that it answers."""
    given = read(body, _RECOMMEND)
    told = _told(given.pop("text"), given.pop("messages"))
    return jsonify(contracts.recommend_document(desk().recommend(told, **given, agent=visitor())))


@blueprint.post("/classify")
@describe(
    Operation(
        "归类：客户说的可能属于哪个产品和场景，把握不足时答“不确定”",
        shapes.Classify,
        body=_CHAT,
        errors=(400, 403, 413, 415, 503),
    )
)
def classify(body: Body) -> ResponseReturnValue:
    """The likely product and scenario of a conversation."""
    return jsonify(contracts.classify_document(desk().classify(_told(**read(body, _CHAT)))))


def _told(text: str | None, messages: list[Message] | None) -> list[Message]:
    """The conversation, given in one of two ways."""
    if messages is not None and text is None:
        return messages
    if text is None or messages is not None:
        raise QueryError("请给出 text 或 messages 其中一个。")
    return [Message(text)]


@blueprint.post("/events")
@describe(Operation("记录客服对一条知识做了什么", None, body=_EVENT, errors=(400, 403, 404, 413, 415, 503)))
def events(body: Body) -> ResponseReturnValue:
    """Write down a view, copy, pick or open."""
    given = read(body, _EVENT)
    desk().record_event(given.pop("kind"), given.pop("id"), agent=visitor() or "", origin=address(), **given)
    return "", 204


@blueprint.post("/feedback")
@describe(Operation("评价一条知识", None, body=_FEEDBACK, errors=(400, 403, 404, 413, 415, 503)))
def feedback(body: Body) -> ResponseReturnValue:
    """Write down a vote, with a note that says what is wrong."""
    vote(body)
    return "", 204


@blueprint.post("/gaps")
@describe(Operation("报告知识缺口：查了却没有答案的话", None, body=_GAP, errors=(400, 403, 413, 415, 429, 503)))
def gaps(body: Body) -> ResponseReturnValue:
    """Write down that a query should have been answered."""
    report_gap(body)
    return "", 204


def vote(body: Body) -> None:
    """Record the vote in ``body``, sent as JSON or by a form."""
    given = read(body, _FEEDBACK)
    note = given["note"] or None
    desk().record_event(given["vote"], given["id"], agent=visitor() or "", note=note, origin=address())


def report_gap(body: Body) -> None:
    """Record the knowledge gap in ``body``, sent as JSON or by a form."""
    desk().report_gap(**read(body, _GAP), agent=sender())
