"""Editing on a real service: drafts, publishing, history, moving, bulk changes, each with the rights it needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.bulk.importing import ImportOptions
from kb.config import Settings
from kb.content.documents import revision_of
from kb.desk.editing import EditingDesk
from kb.editing.bulk_edits import FieldChange
from kb.editing.writing import Place
from kb.errors import (
    AccessDenied,
    ArticleNotFound,
    EditConflict,
    EditError,
    InvalidArticle,
    LoginRequired,
    NotThatDay,
)
from kb.model import Caller, Folder, Role, SearchRequest, Via
from kb.ports.catalog import FileVersion
from kb.ports.content import FileStat
from kb.service import Service
from kb.wiring.bulk import import_file, undo_import
from tests.callers import ANYBODY, OPERATOR
from tests.conftest import indexed
from tests.unit.article_tree import ARTICLE

ID = "refund-not-received"
OLD = revision_of(ARTICLE.encode())
NEW = ARTICLE.replace("您好，可以退款。", "您好，三天内退款。")


def person(name: str, role: Role, *owners: str, can_publish: bool = True) -> Caller:
    return Caller(name, role, frozenset(owners) or None, can_publish, Via.SESSION)


EDITOR = person("王芳", Role.EDITOR, "售后业务部")
WRITER = person("小李", Role.EDITOR, "售后业务部", can_publish=False)
STRANGER = person("赵强", Role.EDITOR, "物流业务部")
REVIEWER = person("李雷", Role.REVIEWER)
AGENT = person("客服", Role.AGENT)


@pytest.fixture
def service(small: Settings) -> Service:
    return indexed(small)


@pytest.fixture
def file(small: Settings) -> Path:
    return small.articles / "mall/refund/refund-not-received.md"


def by(service: Service, caller: Caller = EDITOR) -> EditingDesk:
    return service.desk(caller).editing


def article(article_id: str, *lines: str) -> str:
    return "\n".join(["---", f"id: {article_id}", "title: 补发要多久", *lines, "---", "## 标准话术", "您好。", ""])


def actions(service: Service, article_id: str = ID) -> list[str]:
    return [row.edit.action for row in by(service, OPERATOR).revisions(article_id)]


def test_a_draft_is_kept_while_the_article_is_served_as_it_was(service: Service, file: Path) -> None:
    state = by(service).open(ID)
    assert (state.revision, state.source, state.draft) == (OLD, ARTICLE, None)
    draft = by(service, WRITER).save_draft(ID, NEW, "", OLD, "金额")
    assert file.read_text(encoding="utf-8") == ARTICLE
    again = by(service).open(ID)
    assert again.draft is not None
    assert (again.draft.source, again.draft.author, again.draft.base) == (NEW, "小李", OLD)
    assert by(service).drafts() == [again.draft]
    assert by(service, STRANGER).drafts() == []
    by(service).publish(ID, NEW, OLD, "金额")
    assert by(service).open(ID).draft is None
    assert draft.revision == by(service).open(ID).revision


def test_a_draft_need_not_be_right_and_who_did_not_see_the_latest_does_not_replace_it(service: Service) -> None:
    first = by(service, WRITER).save_draft(ID, "写了一半", "", OLD)
    with pytest.raises(EditConflict, match="草稿") as caught:
        by(service).save_draft(ID, NEW, "", OLD)
    assert caught.value.revision == first.revision
    by(service).save_draft(ID, NEW, first.revision, OLD)
    by(service).discard_draft(ID)
    assert by(service).open(ID).draft is None
    with pytest.raises(ArticleNotFound):
        by(service).discard_draft(ID)
    with pytest.raises(InvalidArticle):
        by(service).save_draft(ID, "x" * 2_000_000, "", OLD)


def test_publishing_is_read_at_once_and_found_after_upkeep_followed(service: Service) -> None:
    by(service).publish(ID, NEW.replace("title: 未收到货退款", "title: 包裹丢失退款"), OLD)
    assert service.desk(ANYBODY).article(ID)[0].article.title == "包裹丢失退款"
    assert service.system.editing.changed.is_set()
    service.follow()
    service.refresh()
    (hit,) = service.desk(ANYBODY).search(SearchRequest("包裹丢失")).hits
    assert hit.record.article.id == ID


def test_the_second_saver_loses_nothing(service: Service, file: Path) -> None:
    by(service).publish(ID, NEW, OLD)
    mine = ARTICLE.replace("查物流", "先查物流")
    with pytest.raises(EditConflict) as caught:
        by(service).publish(ID, mine, OLD)
    assert caught.value.revision == revision_of(NEW.encode())
    assert by(service).text_of(OLD) == ARTICLE
    assert by(service).text_of("0" * 64) is None
    assert file.read_text(encoding="utf-8") == NEW


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("没有文件头", "缺少文件头"),
        (ARTICLE.replace(f"id: {ID}", "id: another"), "要换编号"),
        (ARTICLE.replace("channels: [微信, 电话]", "channels: [传真]"), "传真"),
        ("---\nid: &a refund-not-received\nquestions: [*a, *a]\n---\n", "锚点"),
        (ARTICLE + "x" * 1_100_000, "超过 1 MiB"),
        (ARTICLE + "\ud83d", "半个表情"),
        (ARTICLE + "\0", "二进制"),
    ],
)
def test_what_breaks_the_format_is_not_saved(service: Service, file: Path, source: str, told: str) -> None:
    with pytest.raises(InvalidArticle, match=told):
        by(service).publish(ID, source, OLD)
    assert file.read_text(encoding="utf-8") == ARTICLE
    assert actions(service) == ["create"]


def test_an_article_of_a_megabyte_is_saved(service: Service, file: Path) -> None:
    big = NEW + "长" * (1024 * 1024 // 3 - 400)
    by(service).publish(ID, big, OLD)
    assert file.read_text(encoding="utf-8") == big


@pytest.mark.parametrize(
    ("caller", "error"),
    [(ANYBODY, LoginRequired), (AGENT, AccessDenied), (STRANGER, AccessDenied), (WRITER, AccessDenied)],
)
def test_publishing_needs_the_right_for_the_article(service: Service, caller: Caller, error: type[Exception]) -> None:
    desk = by(service, caller)
    for act in (
        lambda: desk.publish(ID, NEW, OLD),
        lambda: desk.delete(ID),
        lambda: desk.archive(ID),
        lambda: desk.rename(ID, "other"),
        lambda: desk.move(ID, Place("mall", "order", scenario_title="订单")),
        lambda: desk.create("wait", article("wait"), Place("mall", "refund")),
        lambda: desk.restore(ID, 1),
        lambda: desk.undo(ID, 1),
    ):
        with pytest.raises(error):
            act()
    assert actions(service) == ["create"]


def test_an_article_is_neither_given_to_nor_taken_from_another_department(service: Service) -> None:
    given = ARTICLE.replace("kind: faq", "kind: faq\nowner: 物流业务部")
    for caller in (EDITOR, STRANGER):
        with pytest.raises(AccessDenied, match="属于"):
            by(service, caller).publish(ID, given, OLD)
        with pytest.raises(AccessDenied, match="属于"):
            by(service, caller).save_draft(ID, given, "", OLD)
    by(service, REVIEWER).publish(ID, given, OLD)
    assert by(service, STRANGER).open(ID).source == given
    with pytest.raises(AccessDenied):
        by(service).open(ID)


def test_only_reviewers_say_that_an_article_is_right(service: Service) -> None:
    confirmed = ARTICLE.replace("verified: 2026-11-16", "verified: 2026-11-20")
    with pytest.raises(AccessDenied, match="审核"):
        by(service).publish(ID, confirmed, OLD)
    with pytest.raises(AccessDenied, match="审核"):
        by(service).create("wait", article("wait", "verified: 2026-11-20"), Place("mall", "refund"))
    by(service, REVIEWER).publish(ID, confirmed, OLD)


def test_a_new_article_goes_from_draft_to_place(service: Service, small: Settings) -> None:
    place = Place("mall", "delivery", scenario_title="物流与配送")
    with pytest.raises(EditError, match="哪个产品"):
        by(service, OPERATOR).save_draft("wait", article("wait"), "")
    by(service, OPERATOR).save_draft("wait", article("wait"), "", place=place)
    state = by(service, OPERATOR).open("wait")
    assert (state.revision, state.path) == ("", "mall/delivery/wait.md")
    by(service, OPERATOR).create("wait", article("wait"), place)
    assert (small.articles / "mall/delivery/_index.md").read_text(encoding="utf-8") == "---\ntitle: 物流与配送\n---\n"
    record, _ = service.desk(ANYBODY).article("wait")
    assert (record.article.scenario.title, record.article.owner) == ("物流与配送", "交易业务部")
    with pytest.raises(EditConflict, match="已经存在"):
        by(service, OPERATOR).create("wait", article("wait"), place)
    service.index()
    assert actions(service, "wait") == ["create"]


@pytest.mark.parametrize("name", ["../x", "%2e%2e", "a/b", "/etc", "a\0b", "x" * 300, "con", "A"])
def test_no_id_or_place_leads_out(service: Service, small: Settings, name: str) -> None:
    before = sorted(small.articles.parent.rglob("*.md"))
    for article_id, place in ((name, Place("mall", "refund")), ("wait", Place(name, "refund", "名", "名"))):
        with pytest.raises((EditError, InvalidArticle)):
            by(service, OPERATOR).create(article_id, article(article_id), place)
    assert sorted(small.articles.parent.rglob("*.md")) == before


def test_restoring_is_a_new_revision_that_nobody_reviewed(service: Service, file: Path) -> None:
    by(service).publish(ID, NEW, OLD)
    first = by(service).revisions(ID)[-1]
    assert by(service).revision_source(ID, first.number) == ARTICLE
    by(service).restore(ID, first.number, "改错了")
    text = file.read_text(encoding="utf-8")
    assert "您好，可以退款。" in text
    assert "verified" not in text
    assert f"updated: {service.system.today()}" in text
    assert actions(service) == ["restore", "publish", "create"]
    latest = by(service).revisions(ID)[0]
    assert (latest.edit.author, latest.edit.note, latest.edit.origin) == ("王芳", "改错了", "web")


def test_deleting_is_undone_byte_for_byte(service: Service, file: Path) -> None:
    gone = by(service).delete(ID, OLD, "重复")
    assert not file.exists()
    with pytest.raises(ArticleNotFound):
        service.desk(ANYBODY).article(ID)
    service.index(rebuild=True)
    assert actions(service) == ["delete", "create"]
    by(service).undo(ID, gone.number)
    assert file.read_text(encoding="utf-8") == ARTICLE
    with pytest.raises(EditConflict, match="之后又有"):
        by(service).undo(ID, gone.number)


def test_moving_keeps_every_byte_and_is_undone(service: Service, small: Settings, file: Path) -> None:
    version = by(service, OPERATOR).move(ID, Place("mall", "order", scenario_title="订单"), OLD)
    assert version.path == "mall/order/refund-not-received.md"
    assert service.desk(ANYBODY).article(ID)[0].article.scenario.title == "订单"
    with pytest.raises(EditError, match="已经在"):
        by(service, OPERATOR).move(ID, Place("mall", "order"))
    by(service, OPERATOR).undo(ID, by(service, OPERATOR).revisions(ID)[0].number)
    assert file.read_text(encoding="utf-8") == ARTICLE
    assert actions(service) == ["move", "move", "create"]


def test_an_article_with_a_new_id_is_found_by_the_old_one(service: Service, file: Path) -> None:
    by(service, OPERATOR).create(
        "wait", article("wait", f"related: [{ID}]", "owner: 售后业务部"), Place("mall", "refund")
    )
    by(service).rename(ID, "parcel-lost", note="更准确")
    desk = service.desk(ANYBODY)
    record, _ = desk.article(ID)
    assert (record.article.id, record.article.former_ids) == ("parcel-lost", (ID,))
    assert [other.article.id for other, _ in desk.related(desk.article("wait")[0])] == ["parcel-lost"]
    assert actions(service, ID) == actions(service, "parcel-lost") == ["rename", "create"]
    with pytest.raises(EditConflict, match="旧编号"):
        by(service, OPERATOR).create(ID, article(ID), Place("mall", "new", scenario_title="新场景"))
    with pytest.raises(EditConflict, match="已经存在"):
        by(service, OPERATOR).create(ID, article(ID), Place("mall", "refund"))
    service.index()
    assert actions(service, ID) == ["rename", "create"]
    by(service).undo("parcel-lost", by(service).revisions(ID)[0].number)
    assert file.read_text(encoding="utf-8") == ARTICLE
    by(service).rename(ID, "parcel-lost")
    by(service).rename("parcel-lost", ID)
    assert service.desk(ANYBODY).article("parcel-lost")[0].article.id == ID


def test_nobody_gets_at_another_article_by_claiming_its_id_as_a_former_one(service: Service) -> None:
    theirs = article("parcel-lost", "owner: 物流业务部")
    by(service, OPERATOR).create("parcel-lost", theirs, Place("mall", "refund"))
    by(service, OPERATOR).rename("parcel-lost", "parcel-gone")
    for claimed in ("parcel-gone", "parcel-lost"):
        source = NEW.replace("title:", f"former_ids: [{claimed}]\ntitle:", 1)
        with pytest.raises(InvalidArticle, match=claimed):
            by(service).publish(ID, source, OLD)
    assert by(service).open(ID).revision == OLD


def test_a_new_article_does_not_take_the_place_of_somebody_elses_draft(service: Service) -> None:
    place, theirs = Place("mall", "refund"), article("parcel-lost", "owner: 物流业务部")
    by(service, STRANGER).save_draft("parcel-lost", theirs, "", place=place)
    with pytest.raises(AccessDenied):
        by(service).create("parcel-lost", article("parcel-lost", "owner: 售后业务部"), place)
    assert [draft.source for draft in by(service, STRANGER).drafts()] == [theirs]


def test_archived_articles_are_not_served_and_come_back(service: Service, file: Path) -> None:
    by(service).archive(ID)
    with pytest.raises(ArticleNotFound):
        service.desk(ANYBODY).article(ID)
    assert "status: archived" in by(service).open(ID).source
    by(service).unarchive(ID)
    assert service.desk(ANYBODY).article(ID)[0].article.verified is not None
    assert actions(service) == ["unarchive", "archive", "create"]


def test_many_are_changed_at_once_each_with_its_rights_and_back(service: Service, file: Path) -> None:
    by(service, OPERATOR).create("wait", article("wait", "owner: 物流业务部"), Place("mall", "refund"))
    outcomes = by(service).change_many([ID, "wait", "nowhere"], FieldChange("tags", "add", ("退款", "急")), "整理")
    assert [bool(outcome.number) for outcome in outcomes] == [True, False, False]
    assert "物流业务部" in outcomes[1].trouble
    assert "tags: [退款, 急]" in file.read_text(encoding="utf-8")
    assert by(service).change_many([ID], FieldChange("tags", "add", ("急",)))[0].number is None
    (done,) = by(service).undo_many(outcomes)
    assert done.trouble == ""
    assert file.read_text(encoding="utf-8") == ARTICLE


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (FieldChange("channels", "remove", ("电话",)), "channels: [微信]"),
        (FieldChange("channels", "add", ("APP", "官网")), "channels: all"),
        (FieldChange("review_every", "set", ("2w",)), "review_every: 2w"),
        (FieldChange("owner", "set", ("物流业务部",)), "owner: 物流业务部"),
    ],
)
def test_fields_that_change_in_bulk(service: Service, file: Path, change: FieldChange, line: str) -> None:
    (outcome,) = by(service, OPERATOR).change_many([ID], change)
    assert outcome.trouble == ""
    assert line in file.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize(
    ("field", "mode", "values"),
    [("id", "set", ("x",)), ("owner", "add", ("x",)), ("tags", "twist", ()), ("owner", "set", ("a", "b"))],
)
def test_other_bulk_changes_are_refused(field: str, mode: str, values: tuple[str, ...]) -> None:
    with pytest.raises(EditError):
        FieldChange(field, mode, values)


def test_what_was_in_force_on_a_day(service: Service) -> None:
    now = service.system.now()
    history = service.system.editing.history
    by(service).publish(ID, NEW, OLD)
    assert by(service).as_of(ID, now.date()).source == NEW, "the end of the day"
    before = history.revisions(EDITOR, ID)[-1].edit.at
    then = history.as_of(AGENT, ID, before)
    assert (then.source, then.inferred) == (ARTICLE, False)
    early = history.as_of(AGENT, ID, datetime(2026, 11, 5, tzinfo=timezone.utc))
    assert (early.source, early.inferred) == (ARTICLE, True), "it says that it was updated on 2 November"
    with pytest.raises(NotThatDay, match="没有留底"):
        history.as_of(AGENT, ID, datetime(2026, 11, 1, tzinfo=timezone.utc))
    with pytest.raises(LoginRequired):
        history.as_of(Caller.anonymous(Role.PUBLIC), ID, now)


def test_a_day_on_which_it_was_not_served_says_so(service: Service) -> None:
    history = service.system.editing.history
    by(service).archive(ID)
    with pytest.raises(NotThatDay, match="归档"):
        history.as_of(AGENT, ID, service.system.now())
    assert history.as_of(EDITOR, ID, service.system.now()).article.status == "archived"
    by(service).delete(ID)
    with pytest.raises(NotThatDay, match="已经删除"):
        history.as_of(EDITOR, ID, service.system.now())
    by(service, OPERATOR).create("wait", article("wait"), Place("mall", "refund"))
    with pytest.raises(NotThatDay, match="才建立"):
        history.as_of(AGENT, "wait", service.system.now() - timedelta(days=1))
    with pytest.raises(ArticleNotFound):
        history.as_of(AGENT, "never", service.system.now())


def test_a_scan_that_is_overtaken_by_a_save_takes_nothing_back(
    service: Service, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    by_hand = ARTICLE.replace("查物流", "先查物流")
    file.write_text(by_hand, encoding="utf-8")
    files = service.system.indexer._files
    read = files.read

    def overtaken(stat: FileStat, folders: Mapping[str, Folder]) -> FileVersion:
        version = read(stat, folders)
        by(service).publish(ID, NEW, version.revision)
        return version

    monkeypatch.setattr(files, "read", overtaken)
    service.index()
    assert service.desk(ANYBODY).article_document(ID)["source"] == NEW
    service.index()
    assert [row.edit.origin for row in by(service).revisions(ID)] == ["web", "file", "file"]
    assert by(service).open(ID).source == NEW


def test_imports_are_told_as_such_and_so_is_undoing_them(service: Service, small: Settings, file: Path) -> None:
    rows = small.data / "rows.jsonl"
    wanted = [
        {"id": ID, "title": "没收到货想退款"},
        {"id": "wait", "title": "补发要多久", "category": "网上商城/退款与退货"},
    ]
    rows.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in wanted), encoding="utf-8")
    assert import_file(small, rows, ImportOptions()).written
    service.index()
    for article_id, count in ((ID, 2), ("wait", 1)):
        told = by(service, OPERATOR).revisions(article_id)
        assert len(told) == count
        assert (told[0].edit.origin, told[0].edit.note) == ("import", "rows.jsonl")
    undo_import(small)
    assert file.read_text(encoding="utf-8") == ARTICLE
    service.index()
    assert actions(service) == ["restore", "publish", "create"]
    assert by(service, OPERATOR).revisions("wait")[0].removed
    assert [row.edit.origin for row in by(service, OPERATOR).revisions("wait")] == ["import", "import"]


def test_a_file_edited_by_hand_is_a_revision_after_the_next_scan(service: Service, file: Path) -> None:
    file.write_text(NEW, encoding="utf-8")
    service.index()
    row = by(service).revisions(ID)[0]
    assert (row.edit.author, row.edit.origin, row.edit.action) == ("", "file", "publish")
    file.write_text("kaputt", encoding="utf-8")
    service.index()
    assert actions(service) == ["publish", "create"], "nobody was served that"
    state = by(service).open(ID)
    assert (state.source, bool(state.problems)) == ("kaputt", True)
    by(service).publish(ID, ARTICLE, state.revision)
    assert actions(service) == ["publish", "broken", "publish", "create"]
    assert by(service).as_of(ID, service.system.today()).source == ARTICLE


def test_whoever_takes_the_id_of_a_deleted_article_does_not_get_its_history(service: Service) -> None:
    by(service, OPERATOR).delete(ID)
    mine = article(ID, "owner: 物流业务部")
    place = Place("mall", "delivery", scenario_title="物流")
    by(service, STRANGER).create(ID, mine, place)
    assert [row.edit.action for row in by(service, STRANGER).revisions(ID)] == ["create"]
    assert [row.edit.action for row in by(service, OPERATOR).revisions(ID)] == ["create", "delete", "create"]


def test_nor_does_whoever_claims_it_as_an_earlier_id(service: Service) -> None:
    by(service, OPERATOR).delete(ID)
    mine = article("mine", "owner: 物流业务部", f"former_ids: [{ID}]")
    by(service, STRANGER).create("mine", mine, Place("mall", "delivery", scenario_title="物流"))
    assert [row.edit.action for row in by(service, STRANGER).revisions("mine")] == ["create"]
