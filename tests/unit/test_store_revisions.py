"""The history follows the catalog: it confirms what was intended and records what others did, whatever was killed."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.ports.catalog import FileVersion
from kb.ports.history import Content, Draft, Edit
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.drafts import Drafts
from kb.store.revisions import Revisions
from tests.unit.article_factory import make_article

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)
SAVED = Edit(NOW, "王芳", "web", "publish", "金额改了")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "zhida.db")


@pytest.fixture
def catalog(database: Database) -> Catalog:
    return Catalog(database)


@pytest.fixture
def history(database: Database) -> Revisions:
    return Revisions(database)


def version(revision: str, path: str = "mall/refund/a.md", article_id: str = "a") -> FileVersion:
    return FileVersion(path, 1, 1, revision, f"text {revision}", make_article(article_id))


def content(revision: str, path: str = "mall/refund/a.md") -> Content:
    return Content("a", path, revision, f"text {revision}" if revision else "")


def told(history: Revisions, ids: Sequence[str] = ("a",)) -> list[tuple[str, str, str]]:
    return [(row.revision, row.edit.origin, row.edit.action) for row in history.revisions(ids)]


def test_the_first_scan_records_what_is_there_and_the_next_nothing(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    history.settle(NOW)
    (row,) = history.revisions(["a"])
    assert (row.path, row.revision, row.edit) == ("mall/refund/a.md", "r1", Edit(NOW, "", "file", "create"))
    assert history.source("r1") == "text r1"
    assert history.revision(row.number) == row


def test_a_confirmed_change_is_the_authors_and_not_recorded_again(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    numbers = history.intend(SAVED, [content("r2")])
    assert told(history) == [("r1", "file", "create")], "not before it is so"
    catalog.apply([version("r2")], [], "")
    history.confirm(numbers)
    history.settle(NOW)
    assert told(history) == [("r2", "web", "publish"), ("r1", "file", "create")]
    assert history.revisions(["a"])[0].edit == SAVED


def test_a_kill_after_the_file_was_written_loses_nothing(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    history.intend(SAVED, [content("r2")])
    catalog.apply([version("r2")], [], "")  # by the scan of the next start
    history.settle(NOW)
    assert history.revisions(["a"])[0].edit == SAVED


def test_a_start_long_after_the_kill_still_knows_whose_change_it_was(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    history.intend(SAVED, [content("r2")])
    catalog.apply([version("r2")], [], "")
    history.settle(NOW + timedelta(hours=12))
    assert history.revisions(["a"])[0].edit == SAVED


def test_who_saves_over_a_killed_change_before_any_scan_leaves_it_to_its_author(
    catalog: Catalog, history: Revisions
) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    history.intend(SAVED, [content("r2")])  # and written, then killed
    found = (Edit(NOW, "", "file", "publish"), content("r2"))
    history.confirm(history.intend(Edit(NOW, "李审", "web", "publish"), [content("r3")], found))
    assert [row.edit.author for row in history.revisions(["a"])] == ["李审", "王芳", ""]


def test_a_kill_before_the_file_was_written_invents_nothing(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    history.intend(SAVED, [content("r2")])
    history.settle(NOW)
    assert told(history) == [("r1", "file", "create")]
    catalog.apply([version("r3")], [], "")
    history.settle(NOW + timedelta(days=1))
    catalog.apply([version("r2")], [], "")  # the same text, by hand, a day later
    history.settle(NOW + timedelta(days=1))
    assert told(history)[0] == ("r2", "file", "publish")


def test_a_scan_between_file_and_confirmation_says_the_same(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    numbers = history.intend(SAVED, [content("r2")])
    history.settle(NOW)  # the catalog is still behind
    catalog.apply([version("r2")], [], "")
    history.settle(NOW)
    catalog.apply([version("r3")], [], "")  # and somebody edits the file at once
    history.settle(NOW)
    history.confirm(numbers)
    history.settle(NOW)
    assert told(history) == [("r3", "file", "publish"), ("r2", "web", "publish"), ("r1", "file", "create")]


def test_back_to_an_earlier_text_by_hand_is_a_revision_whose_text_is_kept_once(
    catalog: Catalog, history: Revisions, database: Database
) -> None:
    for revision in ("r1", "r2", "r1"):
        catalog.apply([version(revision)], [], "")
        history.settle(NOW)
    assert [revision for revision, *_ in told(history)] == ["r1", "r2", "r1"]
    with sqlite3.connect(database.path) as db:
        assert db.execute("SELECT count(*) FROM sources").fetchone() == (2,)
    db.close()


def test_moved_and_removed_files_are_told(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    catalog.apply([version("r1", "mall/order/a.md")], ["mall/refund/a.md"], "")
    history.settle(NOW)
    catalog.apply([], ["mall/order/a.md"], "")
    history.settle(NOW)
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    assert [action for _, _, action in told(history)] == ["create", "delete", "move", "create"]
    assert history.revisions(["a"])[1].removed


def test_what_stood_in_the_file_unseen_is_recorded_before_it_is_replaced(catalog: Catalog, history: Revisions) -> None:
    catalog.apply([version("r1")], [], "")
    history.settle(NOW)
    by_hand = Edit(NOW, "", "file", "publish")
    for _ in range(2):
        history.intend(SAVED, [content("r3")], (by_hand, content("r2")))
    assert told(history) == [("r2", "file", "publish"), ("r1", "file", "create")]


def test_a_draft_is_replaced_only_by_who_has_seen_it(database: Database) -> None:
    drafts = Drafts(database)
    first = Draft("a", "mall/refund/a.md", "r1", "d1", "draft 1", "王芳", NOW, "金额")
    assert drafts.put(first, "") == ""
    assert drafts.get("a") == first
    second = Draft("a", "mall/refund/a.md", "r1", "d2", "draft 2", "李雷", NOW)
    assert drafts.put(second, "") == "d1"
    assert drafts.get("a") == first
    assert drafts.put(second, "d1") == "d1"
    assert drafts.all() == [second]
    drafts.discard("a")
    assert drafts.get("a") is None


def test_what_stood_at_a_moment_is_the_last_that_was_confirmed_and_served(history: Revisions) -> None:
    hour = timedelta(hours=1)

    def change(number: int, revision: str, action: str = "publish", confirmed: bool = True) -> None:
        numbers = history.intend(Edit(NOW + number * hour, "王芳", "web", action), [content(revision)])
        if confirmed:
            history.confirm(numbers)

    assert history.began() is None
    change(0, "r1")
    change(1, "r2", "broken")
    change(2, "r3", confirmed=False)
    change(3, "r4")
    change(4, "", "delete")

    def stood(moment: datetime) -> list[str]:
        return [row.revision for row in history.standing_at(moment)]

    assert history.began() == NOW
    assert [stood(NOW + number * hour) for number in range(6)] == [[], ["r1"], ["r1"], ["r1"], ["r4"], [""]]
    told_between = history.between(NOW, NOW + 4 * hour)
    assert [row.revision for row in told_between] == ["r1", "r4"]
    assert dict(history.sources(["r1", "r4", "unknown"])) == {"r1": "text r1", "r4": "text r4"}
