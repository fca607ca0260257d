"""What reviewers say ends up in the file, the review table and the audit log alike, and changes nothing else."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.config import load_settings
from kb.content.documents import revision_of
from kb.content.writer import edit_front_matter
from kb.desk import Desk
from kb.editing.writing import Place
from kb.errors import AccessDenied, ArticleNotFound, EditConflict, InvalidArticle, KbError, QueryError
from kb.model import Caller, Review, Role, Verdict, Via
from kb.review.verdicts import changes_of
from kb.rules.weeks import Week
from kb.service import Service
from kb.wiring.service import build_service
from tests.unit.article_tree import ARTICLE, article_of, make_tree, write

ID = "refund-not-received"
PATH = "mall/refund/refund-not-received.md"
OLD = revision_of(ARTICLE.encode())
TODAY = date.today()  # as the server has it
CONFIRMED = ARTICLE.replace("verified: 2026-11-16", f"verified: {TODAY}").replace("aftersales-lead", "李审")
REVIEWER = Caller("李审", Role.REVIEWER, frozenset({"售后业务部"}), via=Via.SESSION)
OTHER = replace(REVIEWER, name="赵审")


class House:
    """A service on one article, and what is on its disk."""

    def __init__(self, folder: Path) -> None:
        self.root = make_tree(folder / "articles")
        self.settings = load_settings(overrides={"articles": str(self.root), "data": str(folder / "data")})
        self.service: Service = build_service(self.settings)
        self.service.index()

    def desk(self, caller: Caller = REVIEWER) -> Desk:
        return self.service.desk(caller)

    def give(self, verdict: str, note: str = "", expected: str | None = None, by: Caller = REVIEWER) -> Review:
        review = self.desk(by).verdicts.give(ID, Verdict(verdict), note, expected).review
        assert review is not None
        return review

    def given(self) -> list[str]:
        return [review.verdict.value for review in self.desk().verdicts.of(ID)]

    def text(self) -> str:
        return (self.root / PATH).read_bytes().decode()

    def write(self, source: str) -> None:
        write(self.root, PATH, source)

    def audit(self) -> list[tuple[str, ...]]:
        return self.rows("SELECT actor, via, action, target FROM audit_log WHERE action LIKE 'review.%' ORDER BY id")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.settings.database)) as db:
            return db.execute(sql).fetchall()

    def state(self) -> tuple[object, ...]:
        """All that a refused verdict must leave alone."""
        return self.text(), self.rows("SELECT * FROM reviews"), self.audit(), self.rows("SELECT * FROM revisions")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


# --- what each verdict does


def test_a_confirmation_stamps_the_file_and_is_told_everywhere(house: House) -> None:
    review = house.give("confirm", "都对", OLD)
    assert house.text() == CONFIRMED
    assert (review.verdict, review.user, review.note, review.revision) == (Verdict.CONFIRM, "李审", "都对", OLD)
    row = house.desk().editing.revisions(ID)[0]
    assert (row.number, row.revision, row.edit.action) == (review.written, revision_of(CONFIRMED.encode()), "confirm")
    assert house.audit() == [("李审", "session", "review.confirm", ID)]
    assert house.given() == ["confirm"]


def test_sending_back_writes_no_file_and_holds_until_a_later_verdict(house: House) -> None:
    review = house.give("revise", "金额是旧的", OLD)
    assert (house.text(), review.written) == (ARTICLE, None)
    (sent,) = house.desk().verdicts.sent_back(mine=True)
    assert (sent.article.id, sent.review, sent.is_answered, sent.label) == (ID, review, False, "等业务部门修改")
    assert house.desk(replace(OTHER, owners=frozenset({"会员部"}))).verdicts.sent_back(mine=True) == []
    house.give("confirm", by=OTHER)
    assert house.desk().verdicts.sent_back() == []
    assert [action for _, _, action, _ in house.audit()] == ["review.revise", "review.confirm"]


def test_an_edit_by_the_owner_answers_what_was_sent_back_and_shows_what_it_changed(house: House) -> None:
    house.give("revise", "要写几天到账")
    house.write(ARTICLE.replace("可以退款。", "三天内退款。"))
    house.service.index()
    (sent,) = house.desk().verdicts.sent_back()
    assert (sent.is_answered, sent.label) == (True, "已修改，等复审")
    changes = sent.changes()
    assert changes is not None
    assert [section.label for section in changes.sections] == ["标准话术"]


def test_a_sent_back_article_stays_so_under_another_id(house: House) -> None:
    house.give("revise", "换个标题")
    house.desk(Caller.local("root")).editing.rename(ID, "parcel-lost")
    (sent,) = house.desk().verdicts.sent_back()
    assert sent.article.id == "parcel-lost"
    assert [review.note for review in house.desk().verdicts.of("parcel-lost")] == ["换个标题"]


def test_a_verdict_under_any_id_of_an_article_settles_what_was_sent_back(house: House) -> None:
    root = house.desk(Caller.local("root"))
    house.give("revise", "换个标题")
    root.editing.rename(ID, "parcel-lost")
    confirmed = house.desk().verdicts.give("parcel-lost", Verdict.CONFIRM)
    root.editing.rename("parcel-lost", ID)
    assert house.desk().verdicts.sent_back() == []
    assert house.desk().verdicts.of(ID)[0] == confirmed.review


def test_a_note_is_kept_without_what_a_terminal_would_act_upon(house: House) -> None:
    note = "金额\x00是\x1b[31m旧的\x9b"
    assert house.desk().verdicts.give(ID, Verdict.REVISE, note).review.note == "金额是[31m旧的"  # type: ignore[union-attr]
    with pytest.raises(QueryError, match="写明"):
        house.desk().verdicts.give(ID, Verdict.REVISE, " \x00\x07")


def test_archiving_changes_the_status_alone(house: House) -> None:
    house.give("archive", "活动结束")
    assert house.text() == ARTICLE.replace("created:", "status: archived\ncreated:")
    assert house.audit() == [("李审", "session", "review.archive", ID)]


# --- what is refused changes nothing


def refusals() -> Iterator[Any]:
    confirm, revise = Verdict.CONFIRM, Verdict.REVISE
    editor = Caller("小王", Role.EDITOR, can_publish=True, via=Via.SESSION)
    elsewhere = replace(REVIEWER, owners=frozenset({"会员部"}))
    yield pytest.param(editor, (ID, confirm), AccessDenied, "不能审核", id="editor")
    yield pytest.param(elsewhere, (ID, confirm), AccessDenied, "售后业务部", id="another department")
    yield pytest.param(elsewhere, (ID, revise, "改"), AccessDenied, "售后业务部", id="another department sends back")
    yield pytest.param(REVIEWER, ("nothing", confirm), ArticleNotFound, "nothing", id="missing")
    yield pytest.param(REVIEWER, (ID, revise, " \n "), QueryError, "写明", id="no note")
    yield pytest.param(REVIEWER, (ID, confirm, "长" * 501), QueryError, "501", id="long note")
    yield pytest.param(REVIEWER, (ID, confirm, "", "seen by nobody"), EditConflict, "改过", id="conflict")
    yield pytest.param(REVIEWER, (ID, revise, "改", "seen by nobody"), EditConflict, "改过", id="conflict sends back")
    yield pytest.param(Caller.local(), (ID, confirm), QueryError, "审核人是谁", id="nobody")


@pytest.mark.parametrize(("caller", "call", "error", "said"), [*refusals()])
def test_what_cannot_be_is_refused_in_words(
    house: House, caller: Caller, call: tuple[Any, ...], error: type[KbError], said: str
) -> None:
    before = house.state()
    with pytest.raises(error, match=said):
        house.desk(caller).verdicts.give(*call)
    assert house.state() == before


@pytest.mark.parametrize("verdict", Verdict)
@pytest.mark.parametrize(
    ("source", "error", "said"),
    [
        (ARTICLE.replace("kind: faq", "status: archived"), EditConflict, "已经归档"),
        (ARTICLE.replace("kind: faq", "status: draft"), EditConflict, "还是草稿"),
        (ARTICLE.replace("kind: faq", "kind: nonsense"), InvalidArticle, "kind"),
        (ARTICLE.replace("title:", "title: [unclosed"), InvalidArticle, PATH),
    ],
    ids=["archived", "draft", "broken field", "broken front matter"],
)
def test_articles_that_are_not_served_as_they_stand_are_not_judged(
    house: House, verdict: Verdict, source: str, error: type[KbError], said: str
) -> None:
    house.write(source)
    house.service.index()
    before = house.state()
    with pytest.raises(error, match=said):
        house.give(verdict.value, "说明")
    assert house.state() == before


def test_who_archived_an_article_is_told(house: House) -> None:
    house.give("archive")
    with pytest.raises(EditConflict, match="李审 审核时归档"):
        house.give("confirm", by=OTHER)


def test_a_file_that_is_gone_is_a_conflict(house: House) -> None:
    (house.root / PATH).unlink()
    with pytest.raises(EditConflict, match="移走或删除"):
        house.give("confirm")


# --- conflicts


def test_a_conflict_shows_what_has_changed_since(house: House) -> None:
    house.write(ARTICLE.replace("可以退款。", "三天内退款。"))
    with pytest.raises(EditConflict, match="在你打开之后改过") as refused:
        house.give("confirm", expected=OLD)
    assert refused.value.revision == revision_of(house.text().encode())
    assert "-您好，可以退款。\n+您好，三天内退款。" in refused.value.diff


def test_the_second_of_two_reviewers_is_told_of_the_first(house: House) -> None:
    house.give("confirm", expected=OLD)
    with pytest.raises(EditConflict, match="刚由 李审 给出结论“确认有效”") as refused:
        house.give("confirm", expected=OLD, by=OTHER)
    assert "+verified_by: 李审" in refused.value.diff
    assert house.given() == ["confirm"]


def test_saying_the_same_again_counts_once(house: House) -> None:
    first = house.give("confirm", "都对", OLD)
    assert house.give("confirm", "都对", OLD) == first, "a request that is repeated"
    assert house.give("confirm", "都对") == first
    sent = house.give("revise", "金额是旧的")
    assert house.give("revise", "金额是旧的") == sent
    assert house.give("revise", "还有时间") != sent
    assert house.given() == ["revise", "revise", "confirm"]


def test_confirming_what_the_file_says_already_is_a_review_without_a_change(house: House) -> None:
    house.write(CONFIRMED)
    review = house.give("confirm")
    assert (house.text(), review.written) == (CONFIRMED, None)
    house.give("revise", "还是不对")
    assert house.give("confirm").id > review.id, "a new verdict after another one"
    assert house.desk().verdicts.sent_back() == []


def test_another_reviewer_confirms_on_the_same_day(house: House) -> None:
    house.give("confirm")
    house.give("confirm", by=OTHER)
    assert house.given() == ["confirm", "confirm"]
    assert house.text() == CONFIRMED.replace("李审", "赵审")


@pytest.mark.parametrize(
    ("was", "said"),
    [
        ("verified: 2999-01-01", "时钟"),
        ("updated: 2999-01-01\nverified: 2026-11-16", "改后未审"),
        ("verified: 2026-11-16\nvalid_to: 2026-11-17", "已失效"),
    ],
)
def test_what_a_confirmation_does_not_mend_is_said(house: House, was: str, said: str) -> None:
    house.write(ARTICLE.replace("updated: 2026-11-02\n", "").replace("verified: 2026-11-16", was))
    outcome = house.desk().verdicts.give(ID, Verdict.CONFIRM)
    assert said in "".join(outcome.remarks)
    assert f"verified: {TODAY}\n" in house.text()


# --- taking back


@pytest.mark.parametrize("verdict", Verdict)
def test_a_verdict_is_taken_back_byte_for_byte(house: House, verdict: Verdict) -> None:
    odd = "\ufeff" + ARTICLE.replace("verified: 2026-11-16", "'verified' : 2026-11-16   # 上次").replace("\n", "\r\n")
    house.write(odd)
    review = house.give(verdict.value, "说明")
    house.desk(OTHER).verdicts.undo(review.id)
    assert house.text() == odd
    assert (house.given(), house.desk().verdicts.sent_back()) == ([], [])
    assert house.audit() == [
        ("李审", "session", f"review.{verdict.value}", ID),
        ("赵审", "session", "review.undo", ID),
    ]
    with pytest.raises(EditConflict, match="已经撤回"):
        house.desk().verdicts.undo(review.id)


def test_only_the_latest_verdict_is_taken_back_and_the_one_before_holds_again(house: House) -> None:
    sent = house.give("revise", "金额是旧的")
    confirmed = house.give("confirm", by=OTHER)
    with pytest.raises(EditConflict, match="赵审 又给出了“确认有效”"):
        house.desk().verdicts.undo(sent.id)
    house.desk().verdicts.undo(confirmed.id)
    assert [item.review for item in house.desk().verdicts.sent_back()] == [sent]


def test_what_was_edited_since_is_not_taken_back(house: House) -> None:
    review = house.give("confirm")
    house.write(house.text().replace("可以退款。", "三天内退款。"))
    house.service.index()
    before = house.state()
    with pytest.raises(EditConflict):
        house.desk().verdicts.undo(review.id)
    assert house.state() == before


def test_taking_back_needs_the_right_to_review(house: House) -> None:
    review = house.give("revise", "改")
    with pytest.raises(AccessDenied):
        house.desk(replace(OTHER, owners=frozenset({"会员部"}))).verdicts.undo(review.id)
    assert house.given() == ["revise"]


def test_undoing_a_verdict_in_the_history_takes_it_back_too(house: House) -> None:
    review = house.give("confirm")
    house.desk().editing.undo(ID, review.written or 0)
    assert (house.text(), house.given()) == (ARTICLE, [])


# --- many at once


def second(house: House) -> str:
    source = ARTICLE.replace(ID, "second").replace("没收到货怎么退款", "另一个问法").replace("未收到货退款", "另一条")
    write(house.root, "mall/refund/second.md", source)
    house.service.index()
    return revision_of(source.encode())


def test_many_are_confirmed_each_on_its_own(house: House) -> None:
    seen = {"second": second(house), ID: "seen by nobody", "missing": "x"}
    done = {outcome.article_id: outcome for outcome in house.desk().verdicts.confirm_many(seen)}
    assert done["second"].review is not None
    assert "改过" in done[ID].trouble
    assert "missing" in done["missing"].trouble
    assert house.text() == ARTICLE


def test_what_needs_a_closer_look_is_left_out_of_many(house: House) -> None:
    house.write(ARTICLE.replace("related:", "valid_to: 2026-11-17\nrelated:"))
    house.service.index()
    seen = {ID: revision_of(house.text().encode())}
    (outcome,) = house.desk().verdicts.confirm_many(seen)
    assert (outcome.review, "已失效" in outcome.trouble) == (None, True)
    (planned,) = house.desk().verdicts.plan([ID])
    assert "已失效" in planned.trouble
    (outcome,) = house.desk().verdicts.confirm_many(seen, even_if_flagged=True)
    assert outcome.review is not None


def test_too_many_at_once_are_refused(house: House) -> None:
    with pytest.raises(QueryError, match="最多批量确认 50 条"):
        house.desk().verdicts.confirm_many({f"a-{number}": "x" for number in range(51)})


# --- progress


def test_progress_counts_what_stands_of_a_week(house: House) -> None:
    second(house)
    house.give("revise", "改")
    house.give("confirm", by=OTHER)
    house.desk().verdicts.undo(house.give("revise", "再改").id)
    progress = house.desk().verdicts.progress()
    assert progress.monday == Week.of(datetime.now(ZoneInfo("Asia/Shanghai")).date()).monday, "the house's, not ours"
    assert progress.by_verdict == {Verdict.CONFIRM: 1, Verdict.REVISE: 1, Verdict.ARCHIVE: 0}
    assert (progress.by_reviewer, progress.done) == ({"李审": 1, "赵审": 1}, 2)
    assert progress.left == house.desk().review.page().total
    assert house.desk().verdicts.progress(progress.monday - timedelta(days=1)).done == 0


# --- nothing else in the file

SPELLINGS = ("{}: {}", "'{}': {}", '"{}" : {}', "{}:   {}  # 别动", "{}: '{}'", "{}:\n  {}")
OTHERS = (
    "updated: 2026-11-02",
    "tags: [一,\n  二]",
    "# 只是说明",
    "",
    "questions:\n  - 问一  # 为什么\n  - '问：二'",
    "kind: faq",
)
KEYS = ("verified", "verified_by", "status")


@st.composite
def odd_sources(draw: st.DrawFn) -> str:
    """An article in all the ways in which people write one."""
    lines = [f"id: {ID}", "'title': 标题  # 两个字以上", *draw(st.permutations(OTHERS))[: draw(st.integers(0, 6))]]
    for name, value in (("verified", "2026-11-16"), ("verified_by", "赵审"), ("status", "published")):
        if name != "verified_by" and not draw(st.booleans()):
            continue
        lines.append(draw(st.sampled_from(SPELLINGS)).format(name, value))
    body = draw(st.sampled_from(["", "## 标准话术\n您好。", "\n\n## 标准话术\n---\nverified: 正文\n\n"]))
    source = "\n".join(["---", *draw(st.permutations(lines)), "---", body])
    newline, mark = draw(st.sampled_from(["\n", "\r\n"])), draw(st.sampled_from(["", "\ufeff"]))
    return mark + source.replace("\n", newline)


def rest(source: str) -> str:
    """All but what is said of KEYS above the body; comments on their lines are kept."""
    front, body = source[: source.index("---", 4)], source[source.index("---", 4) :]
    key = rf"""(?m)^(['"]?)({"|".join(KEYS)})\1 *:(?:\r?\n  |[ ]*)[^#\r\n]*?(?=  #|\r?$)"""
    return re.sub(r"(?m)^  #", "#", re.sub(key + r"(\r?\n)?", "", front)) + body


@given(source=odd_sources(), verdict=st.sampled_from([Verdict.CONFIRM, Verdict.ARCHIVE]))
def test_a_verdict_changes_nothing_else_in_the_file(source: str, verdict: Verdict) -> None:
    before = article_of(source)
    after = edit_front_matter(source, changes_of(verdict, REVIEWER, TODAY))
    assert rest(after) == rest(source)
    said = {"verified": TODAY, "verified_by": "李审"} if verdict is Verdict.CONFIRM else {"status": "archived"}
    assert article_of(after) == replace(before, **said)


# --- an edit that is a verdict too


def test_a_reviewers_save_may_confirm_at_once(house: House) -> None:
    house.give("revise", "写明几天到账", by=OTHER)
    new = ARTICLE.replace("可以退款。", "三天内退款。")
    version = house.desk().editing.publish(ID, new, OLD, "写明了", verify=True)
    assert house.text() == new.replace("2026-11-16", f"{TODAY}").replace("aftersales-lead", "李审")
    confirm, _ = house.desk().verdicts.of(ID)
    row = house.desk().editing.revisions(ID)[0]
    assert (confirm.verdict, confirm.written, confirm.revision) == (Verdict.CONFIRM, row.number, version.revision)
    assert (row.edit.action, row.edit.note) == ("publish", "写明了")
    assert house.desk().verdicts.sent_back() == []
    house.desk().verdicts.undo(confirm.id)
    assert (house.text(), len(house.desk().verdicts.sent_back())) == (ARTICLE, 1)


def test_an_editors_word_does_not_count_as_a_review(house: House) -> None:
    house.give("revise", "写明几天到账")
    editor = Caller("小王", Role.EDITOR, can_publish=True, via=Via.SESSION)
    new = ARTICLE.replace("可以退款。", "三天内退款。")
    house.desk(editor).editing.publish(ID, new, OLD, verify=True)
    assert house.text() == new
    (sent,) = house.desk(editor).verdicts.sent_back(mine=True)
    assert sent.is_answered


def test_a_save_without_a_change_is_still_a_verdict(house: House) -> None:
    house.give("confirm")
    house.give("revise", "还要看")
    house.desk().editing.publish(ID, house.text(), revision_of(house.text().encode()), verify=True)
    assert house.given() == ["confirm", "revise", "confirm"]


def test_a_new_article_may_be_confirmed_by_who_writes_it(house: House) -> None:
    source = "---\nid: second\ntitle: 另一条\n---\n## 标准话术\n您好。\n"
    house.desk().editing.create("second", source, Place("mall", "refund"), verify=True)
    (review,) = house.desk().verdicts.of("second")
    assert house.desk().verdicts.undo(review.id) == review
    assert not (house.root / "mall/refund/second.md").exists()
