"""Reviews stand from the moment on which their revision does, and never without their entry in the audit log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from kb.model import Verdict, Via
from kb.ports.accounts import AuditFilter
from kb.ports.catalog import FileVersion
from kb.ports.history import Content, Edit
from kb.ports.reviews import NewReview
from kb.store.audit import AuditLog
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.reviews import Reviews
from kb.store.revisions import Revisions
from tests.unit.article_factory import make_article

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=timezone.utc)
NEW = NewReview(NOW, "a", Verdict.CONFIRM, "李审", Via.TOKEN, "都对", "r1")
EDIT = Edit(NOW, "李审", "api", "confirm", "都对", NEW)
BACK = replace(NEW, verdict=Verdict.REVISE, note="改")


class Store:
    """The tables that have to agree, on one article."""

    def __init__(self, path: Path) -> None:
        database = Database(path)
        self.catalog, self.history = Catalog(database), Revisions(database)
        self.reviews, self.log = Reviews(database), AuditLog(database)
        self.scan("r1")

    def scan(self, revision: str, at: datetime = NOW) -> int:
        """As a scan does that finds the file saying so; how many reviews that completed."""
        self.take(revision)
        return self.history.settle(at)

    def take(self, revision: str) -> None:
        path, text = "mall/refund/a.md", f"text {revision}"
        self.catalog.apply([FileVersion(path, 1, 1, revision, text, make_article("a"))], [], "")

    def intend(self, revision: str = "r2", edit: Edit = EDIT) -> Sequence[int]:
        return self.history.intend(edit, [Content("a", "mall/refund/a.md", revision, f"text {revision}")])

    def stand(self) -> list[Verdict]:
        return [review.verdict for review in self.reviews.of("a")]

    def told(self) -> list[str]:
        return [entry.action for entry in self.log.entries(AuditFilter())]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "zhida.db")


def test_a_review_stands_when_its_revision_does(store: Store) -> None:
    numbers = store.intend()
    assert (store.stand(), store.told(), store.reviews.get(1)) == ([], [], None)
    store.take("r2")
    store.history.confirm(numbers)
    (review,) = store.reviews.of("a")
    assert (review.at, review.user, review.note, review.revision, review.written) == (
        NOW,
        "李审",
        "都对",
        "r1",
        numbers[0],
    )
    assert store.reviews.get(review.id) == review
    assert store.told() == ["review.confirm"]
    assert store.reviews.completed(NOW) == 0


def test_a_scan_completes_what_was_killed_also_a_day_later(store: Store) -> None:
    store.intend()
    assert store.scan("r2", NOW + timedelta(days=1)) == 1
    assert (store.stand(), store.told(), store.reviews.completed(NOW)) == ([Verdict.CONFIRM], ["review.confirm"], 1)
    assert store.scan("r2", NOW + timedelta(days=1)) == 0
    assert store.reviews.completed(NOW + timedelta(seconds=1)) == 0


def test_who_was_only_slower_than_a_scan_was_not_killed(store: Store) -> None:
    numbers = store.intend()
    store.scan("r2")
    store.history.confirm(numbers)
    assert (store.stand(), store.told(), store.reviews.completed(NOW)) == ([Verdict.CONFIRM], ["review.confirm"], 0)


def test_what_never_came_to_be_is_forgotten(store: Store) -> None:
    store.intend()
    assert store.scan("r3", NOW + timedelta(days=1)) == 0
    assert store.scan("r2", NOW + timedelta(days=2)) == 0
    assert (store.stand(), store.told()) == ([], [])


def test_what_is_taken_back_does_not_stand_and_the_one_before_does(store: Store) -> None:
    store.reviews.add(BACK)
    store.reviews.add(NEW)
    assert store.reviews.sent_back() == {}
    numbers = store.intend("r4", Edit(NOW, "赵审", "api", "restore", "", replace(NEW, undoes=2)))
    assert store.stand() == [Verdict.CONFIRM, Verdict.REVISE], "not before it is so"
    store.take("r4")
    store.history.confirm(numbers)
    assert store.stand() == [Verdict.REVISE]
    assert store.reviews.sent_back() == {"a": store.reviews.get(1)}
    assert store.told()[0] == "review.undo"


def test_what_two_people_take_back_at_once_is_taken_back_once(store: Store) -> None:
    store.reviews.add(BACK)
    undo = replace(BACK, undoes=1)
    assert [store.reviews.add(undo), store.reviews.add(undo)] == [True, False]
    assert store.told() == ["review.undo", "review.revise"]


def test_sent_back_is_the_latest_of_each_article(store: Store) -> None:
    for new in (BACK, replace(BACK, note="再改"), replace(BACK, article_id="b"), replace(NEW, article_id="b")):
        store.reviews.add(new)
    store.reviews.add(replace(BACK, article_id="b", note="又错了"))
    assert {article_id: review.note for article_id, review in store.reviews.sent_back().items()} == {
        "a": "再改",
        "b": "又错了",
    }


def test_between_counts_from_and_not_until(store: Store) -> None:
    for hours in range(3):
        store.reviews.add(replace(NEW, at=NOW + timedelta(hours=hours), note=f"{hours}"))
    found = store.reviews.between(NOW, NOW + timedelta(hours=2))
    assert [review.note for review in found] == ["1", "0"]
