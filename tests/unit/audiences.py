"""Two services that differ only in what is not public, and what anybody gets from their web pages, to be compared."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from kb.config import load_settings
from kb.model import Caller, Role, SearchRequest
from kb.service import Service
from kb.wiring.service import build_service
from tests.callers import ANYBODY
from tests.unit.article_tree import write
from webui import create_app

OUTSIDER = Caller.anonymous(Role.PUBLIC)

FOLDERS = {
    "mall": "网上商城",
    "mall/refund": "退款与退货",
    "mall/invoice": "发票",
    "home": "智能家居",
    "home/lock": "门锁",
}
#: place and id → title, wordings, script
PUBLIC = {
    "mall/refund/arrival": ("退款到账期限", ("退款多久到账", "退款几天能收到"), "审核通过后 1 至 5 个工作日原路退回。"),
    "mall/refund/lost": (
        "未收到货退款",
        ("没收到货怎么退款",),
        "您的包裹未送达，可以申请仅退款。\n![单据](images/0000000000000000.png)",
    ),
    "mall/refund/broken": ("商品破损赔付", ("东西摔坏了", "到手是碎的"), "请拍照上传，核实后为您补发或者赔付。"),
    "mall/invoice/open": ("电子发票开具", ("怎么开发票",), "订单完成后，在订单详情里点“申请开票”。"),
    "home/lock/power": ("门锁没电应急开锁", ("锁没电了打不开门",), "请用充电宝接门锁底部的接口。"),
    "home/lock/finger": ("指纹识别失败", ("指纹刷不开",), "请擦干手指和识别区，再试一次。"),
}
SECRET_FOLDERS = {"mall/fraud": "刷单稽核", "vault": "风控密库", "vault/limit": "赔付底线"}
#: what no public article says, in as many fields
SECRET = {
    "mall/fraud/blacklist": ("羊毛党黑名单判定", ("薅羊毛怎么查",), "命中布谷鸟规则的账号一律拒赔。"),
    "vault/limit/ceiling": ("破损赔付权限上限", ("最多能赔多少", "退款多久到账"), "坐席可赔三百元，主管可赔两千元。"),
    "mall/refund/goodwill": (
        "退款安抚金额度",
        ("客户闹事怎么退款",),
        "安抚金不超过八十八元，退款退款退款。\n![表](images/1111111111111111.png)",
    ),
    "home/lock/backdoor": ("门锁工程模式口令", ("指纹刷不开的后门",), "同时长按井号键九秒进入工程模式。"),
}
#: so many that they would fill the FAQ panel
FILLERS = 230

_ASKED = (
    *("退款", "退款多久到账", "tuikuan", "tk", "退kuan", "退宽", "没收到货 退款", "指纹", "门锁 -口令", '"到账"', "赔"),
    *("羊毛党", "黑名单判定", "布谷鸟", "ymd", "yangmaodang", "薅羊毛怎么查", "羊毛挡", "风控密库", "赔付权限上限"),
    *("破损赔付权限", "安抚金", "anfujin", "anfujjn", "工程模式", "工程膜式口令", "gongchengmoshi", "gcms", "井号键"),
    *(
        "暗号甲",
        "暗号乙",
        "jiangbei",
        "最多能赔多少",
        "刷单",
        "填充说明",
        "填充 17",
        "客服常搜的密语",
        "密语",
        "退款 密语",
    ),
)
_SCOPES = (
    *("product=vault", "product=风控密库", "scenario=limit", "scenario=赔付底线", "scenario=fraud", "tag=绝密"),
    *("product=mall", "channel=微信", "channel=电话", "kind=policy", "product=火星", "tag=火星"),
)
_OWN_TO_ANSWER = re.compile(r'"(took_ms|generation|request_id)": ?("[^"]*"|[\d.]+)|<code>[0-9a-f]{16}</code>')
_OWN_TO_SERVER = re.compile(r'(?<="csrf")(:| content=| value=)"[^"]*"')


#: names of pictures: mentioned by a public article, by an internal one, by none
SHOWN, KEPT, NO_PICTURE = "0" * 16 + ".png", "1" * 16 + ".png", "2" * 16 + ".png"
#: addresses of routes that take something else than an article's id
_OTHERS = {
    "/confirm/<token>": ["/confirm/1-forged", "/confirm/0"],
    "/media/<product>/<scenario>/images/<name>": [
        f"/media/{folder}/images/{name}" for folder in FOLDERS for name in (SHOWN, KEPT, NO_PICTURE)
    ],
}


def source(article_id: str, title: str, questions: tuple[str, ...], script: str, *fields: str) -> str:
    """An article file."""
    lines = [f"id: {article_id}", f"title: {title}", "questions:", *(f"  - {question}" for question in questions)]
    usual = ["channels: [微信, 电话]", "updated: 2026-11-01", "verified: 2026-11-16", "verified_by: 暗探甲"]
    people = ["owner: 暗部", "contact: 暗线 8888"]
    return "\n".join(["---", *lines, *usual, *people, *fields, "---", "## 标准话术", script, ""])


def write_public(root: Path) -> None:
    """The public articles, two of which name others that only some may know."""
    for path, title in FOLDERS.items():
        write(root, f"{path}/_index.md", f"---\ntitle: {title}\nowner: 暗部\n---\n")
    for path, (title, questions, script) in PUBLIC.items():
        fields = [
            "audience: public",
            "tags: [售后]",
            "related: [ceiling, lost, goodwill]",
            f"kind: {'policy' if 'arrival' in path else 'faq'}",
        ]
        write(root, f"{path}.md", source(Path(path).name, title, questions, script, *fields))
    write(root, f"mall/refund/images/{SHOWN}", b"shown")
    write(root, "_dict/synonyms.txt", "退款 暗号甲\n黑名单 暗号乙 赔付\n")


def write_secret(root: Path) -> None:
    """The internal ones, preferred wherever a preference can be given."""
    for path, title in SECRET_FOLDERS.items():
        write(root, f"{path}/_index.md", f"---\ntitle: {title}\nweight: 50\n---\n")
    fields = ("weight: 90", "pinned: true", "tags: [绝密, 售后]", "kind: policy", "related: [lost]")
    for path, (title, questions, script) in SECRET.items():
        write(root, f"{path}.md", source(Path(path).name, title, questions, script, *fields))
    write(root, f"mall/refund/images/{KEPT}", b"kept")
    for number in range(FILLERS):
        text = source(
            f"filler-{number}", f"填充说明 {number}", (f"退款填充 {number}",), "退款发票门锁指纹。", "pinned: true"
        )
        write(root, f"vault/limit/filler-{number}.md", text)


@dataclass(frozen=True, slots=True)
class Place:
    """A service and the folder that its articles are in."""

    service: Service
    articles: Path

    def follow(self) -> None:
        """Take over what was edited, as a server does by itself. Rankings bear the same time in every place."""
        self.service.index()
        self.service.refresh()
        self.service.system.snapshots.panels.rebuild(
            datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
        )
        self.service.system.snapshots.renew()
        self.service.system.public.renew()


def open_place(root: Path, secret: bool, semantic: str) -> Place:
    """A service over the public articles, or over these and the ``secret`` ones with what agents do about them."""
    articles = root / "articles"
    write_public(articles)
    if secret:
        write_secret(articles)
    folders = {"articles": str(articles), "data": str(root / "data")}
    settings = load_settings(environ={}, overrides={**folders, "semantic": semantic, "anonymous_role": "public"})
    place = Place(build_service(settings), articles)
    place.service.index()
    if secret:
        _work(place.service)
    for desk in map(place.service.desk, (ANYBODY, OUTSIDER)):
        desk.library()
    if semantic == "on":
        place.service.embed()
    place.follow()
    return place


def _work(service: Service) -> None:
    """Agents ask for and choose what they alone see, so often that it is learned and offered to others."""
    for number in range(4):
        desk = service.desk(ANYBODY)
        desk.search(SearchRequest("退款 安抚金 密语"), agent=f"agent {number}", settled=True)
        for article_id in ("goodwill", "ceiling"):
            desk.record_event("copy", article_id, f"agent {number}", "客服常搜的密语", 1, origin=f"10.0.0.{number}")
    service.learn()


def everything(service: Service) -> dict[str, tuple[object, ...]]:
    """Request → answer: what an outsider gets from every route of the web application."""
    app = create_app(service)
    client = app.test_client()
    client.set_cookie("zhida_session", "x" * 22)
    got = {address: _answer(client.get(address)) for address in _addresses(app)}
    program = app.test_client(use_cookies=False)
    for path, body in _bodies():
        got[f"POST {path} {body}"] = _answer(program.post(path, json=body))
    return got


def _addresses(app: Any) -> list[str]:
    searches = [f"q={quote(text)}" for text in _ASKED] + [
        f"q={quote('退款')}&{quote(scope, safe='=&')}" for scope in _SCOPES
    ]
    searches += [f"q={quote('退款')}&limit=100&offset=2", *(quote(scope, safe="=&") for scope in _SCOPES)]
    places = [quote(scope, safe="=") for scope in _SCOPES if scope.startswith(("product", "scenario"))]
    more = {
        "/": searches,
        "/api/v1/search": searches,
        "/api/v1/suggest": [f"q={quote(text[:n])}" for text in _ASKED for n in range(1, len(text) + 1)],
        "/api/v1/faq": ["limit=3", f"channel={quote('微信')}"],
        "/api/v1/browse": places,
        "/browse": places,
    }
    ids = [Path(path).name for path in (*PUBLIC, *SECRET)] + ["filler-7", "no-such-article"]
    addresses: list[str] = []
    for rule in app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        if rule.rule in _OTHERS:
            filled = list(_OTHERS[rule.rule])
        else:
            assert rule.arguments <= {"article_id", "number"}, f"{rule.rule}: say in _OTHERS which addresses it has"
            path = rule.rule.replace("<int:number>", "1")
            filled = [path.replace("<article_id>", i) for i in ids] if rule.arguments else [path]
        addresses += filled
        addresses += [f"{rule.rule}?{query}" for query in more.get(rule.rule, ())]
    return addresses


def _bodies() -> list[tuple[str, dict[str, str]]]:
    said = ("退款多久到账？薅羊毛怎么查", "安抚金最多能赔多少", "门锁打不开，工程模式口令是什么", "你好")
    chats = [(f"/api/v1/{route}", {"text": text}) for route in ("recommend", "classify") for text in said]
    scoped = [("/api/v1/recommend", {"text": said[0], "product": product}) for product in ("vault", "mall", "火星")]
    ids = ("ceiling", "filler-3", "lost", "no-such-article")
    used = [("/api/v1/events", {"kind": "open", "id": i}) for i in ids]
    judged = [("/api/v1/feedback", {"vote": "helpful", "id": i}) for i in ids]
    gaps = [("/api/v1/gaps", {"query": "安抚金", "product": product}) for product in ("vault", "火星")]
    return [*chats, *scoped, *used, *judged, *gaps]


def _answer(response: Any) -> tuple[object, ...]:
    """Status, body and headers, without what differs from one request or one server's key to the next."""
    told = response.get_data(as_text=True)
    body = _OWN_TO_SERVER.sub("", _OWN_TO_ANSWER.sub("", told))
    left_out = {"X-Request-Id", "Content-Length", "Date"} | ({"ETag"} if body != told else set())
    headers = {name: value for name, value in response.headers.items() if name not in left_out}
    return response.status_code, body, sorted(headers.items())
