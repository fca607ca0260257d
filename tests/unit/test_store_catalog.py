"""The catalog serves the last good version of every article and changes all at once or not at all."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.model import Article, Folder, Problem
from kb.ports.catalog import FileVersion
from kb.store.catalog import Catalog
from kb.store.database import Database
from tests.unit.article_factory import make_article

PARSER = "format 1, 微信 电话"


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(Database(tmp_path / "zhida.db"))


def good(article_id: str = "a", path: str | None = None, revision: str = "r1", **changes: object) -> FileVersion:
    article = make_article(article_id, **changes)
    return FileVersion(path or f"mall/refund/{article_id}.md", 10, 1, revision, f"{revision} of {article_id}", article)


def broken(path: str = "mall/refund/a.md", revision: str = "r2") -> FileVersion:
    problem = Problem(path, 3, "缺少 title，请补上标准问。")
    return FileVersion(path, 11, 2, revision, "not an article", problems=(problem,))


def served(catalog: Catalog) -> list[tuple[str, str]]:
    return [(record.article.id, record.path) for record in catalog.records()]


def test_a_new_catalog_is_empty(catalog: Catalog) -> None:
    assert (catalog.files(), served(catalog), catalog.problems()) == ([], [], [])
    assert (catalog.version(), catalog.parser()) == (0, "")


def test_what_was_read_is_served_as_it_was_parsed(catalog: Catalog) -> None:
    files = [good("b", title="换货"), good("a", questions=("没收到货怎么退款",), revision="r7")]
    catalog.apply(files, [], PARSER)

    record = catalog.get("a")

    assert record is not None
    assert (record.article, record.path, record.revision) == (files[1].article, "mall/refund/a.md", "r7")
    assert record.outdated_by is None
    assert catalog.source("a") == "r7 of a"
    assert served(catalog) == [("a", "mall/refund/a.md"), ("b", "mall/refund/b.md")]
    assert {r.article.id: r.revision for r in catalog.records()} == {"a": "r7", "b": "r1"}


def test_files_are_those_that_were_read_in_order(catalog: Catalog) -> None:
    folder = FileVersion("mall/_index.md", 5, 77, "r1", "title: 网上商城")
    catalog.apply([good("a"), broken("mall/refund/b.md"), folder], [], PARSER)

    assert catalog.files() == [("mall/_index.md", 5, 77), ("mall/refund/a.md", 10, 1), ("mall/refund/b.md", 11, 2)]
    assert served(catalog) == [("a", "mall/refund/a.md")]


def test_a_broken_version_leaves_the_last_good_one_in_service_and_marked(catalog: Catalog) -> None:
    catalog.apply([good("a", revision="r1")], [], PARSER)
    catalog.apply([broken(revision="r2")], [], PARSER)

    record = catalog.get("a")

    assert record is not None
    assert record.article == make_article("a")
    assert record.revision == "r1"
    assert record.outdated_by == "mall/refund/a.md:3: 缺少 title，请补上标准问。"
    assert catalog.source("a") == "r1 of a"
    assert {r.article.id: r.revision for r in catalog.records()} == {"a": "r1"}
    assert catalog.files() == [("mall/refund/a.md", 11, 2)]


def test_mending_the_file_takes_the_mark_away(catalog: Catalog) -> None:
    for version in (good(revision="r1"), broken(revision="r2"), good(revision="r3")):
        catalog.apply([version], [], PARSER)

    record = catalog.get("a")

    assert record is not None
    assert (record.revision, record.outdated_by) == ("r3", None)
    assert catalog.problems() == []


def test_a_file_that_was_never_good_is_only_a_problem(catalog: Catalog) -> None:
    catalog.apply([broken()], [], PARSER)

    assert served(catalog) == []
    assert [str(problem) for problem in catalog.problems()] == ["mall/refund/a.md:3: 缺少 title，请补上标准问。"]


@pytest.mark.parametrize("severity", ["warning", "error"])
def test_problems_of_a_version_that_is_served_are_listed_but_mark_nothing(catalog: Catalog, severity: str) -> None:
    found = Problem("mall/refund/a.md", 9, "正文写到 11 月 11 日，没有 valid_to。", severity)
    catalog.apply([replace(good("a"), problems=(found,))], [], PARSER)

    record = catalog.get("a")

    assert record is not None
    assert record.outdated_by is None
    assert [(problem, problem.severity) for problem in catalog.problems()] == [(found, severity)]


def test_a_removed_file_is_forgotten(catalog: Catalog) -> None:
    catalog.apply([good("a"), good("b")], [], PARSER)
    catalog.apply([], ["mall/refund/a.md"], PARSER)

    assert served(catalog) == [("b", "mall/refund/b.md")]
    assert catalog.get("a") is None
    assert catalog.source("a") is None


def test_of_two_files_with_one_id_the_first_by_path_is_served_and_the_other_reported(
    catalog: Catalog,
) -> None:
    catalog.apply([good("a", "z.md", title="后来的"), good("a", "b.md", title="先前的")], [], PARSER)

    record = catalog.get("a")

    assert record is not None
    assert record.article.title == "先前的"
    assert served(catalog) == [("a", "b.md")]
    (problem,) = catalog.problems()
    assert problem.path == "z.md"
    assert "id“a”与 b.md 重复" in problem.message


def test_the_other_of_two_files_takes_over_when_the_first_goes(catalog: Catalog) -> None:
    catalog.apply([good("a", "z.md"), good("a", "b.md")], [], PARSER)
    catalog.apply([], ["b.md"], PARSER)

    assert served(catalog) == [("a", "z.md")]
    assert catalog.problems() == []


def test_records_come_in_order_of_id_wherever_their_files_are(catalog: Catalog) -> None:
    catalog.apply([good("b", "1.md"), good("a", "2.md"), good("c", "0.md")], [], PARSER)

    assert served(catalog) == [("a", "2.md"), ("b", "1.md"), ("c", "0.md")]


def test_a_moved_file_keeps_its_article(catalog: Catalog) -> None:
    catalog.apply([good("a", "old.md")], [], PARSER)
    catalog.apply([good("a", "new.md")], ["old.md"], PARSER)

    assert served(catalog) == [("a", "new.md")]


def test_a_changed_id_replaces_the_article_of_its_file(catalog: Catalog) -> None:
    catalog.apply([good("old", "x.md")], [], PARSER)
    catalog.apply([good("new", "x.md")], [], PARSER)

    assert served(catalog) == [("new", "x.md")]


def test_changes_are_taken_over_all_or_none(catalog: Catalog) -> None:
    catalog.apply([good("a")], [], PARSER)
    version = catalog.version()
    unstorable = replace(good("c"), source="\ud800")

    with pytest.raises(UnicodeEncodeError):
        catalog.apply([good("b"), unstorable], ["mall/refund/a.md"], "another parser")

    assert served(catalog) == [("a", "mall/refund/a.md")]
    assert (catalog.version(), catalog.parser()) == (version, PARSER)


def test_get_many_keeps_the_order_asked_for_and_leaves_out_what_is_not_served(catalog: Catalog) -> None:
    catalog.apply([good("a"), good("b"), good("c")], [], PARSER)

    found = catalog.get_many(["c", "missing", "a"])

    assert [(article_id, record.path) for article_id, record in found.items()] == [
        ("c", "mall/refund/c.md"),
        ("a", "mall/refund/a.md"),
    ]


def test_another_process_sees_the_version_grow(catalog: Catalog, tmp_path: Path) -> None:
    other = Catalog(Database(tmp_path / "zhida.db"))
    before = other.version()
    catalog.apply([good("a")], [], PARSER)

    assert other.version() > before
    assert other.parser() == PARSER


def test_articles_survive_a_restart(catalog: Catalog, tmp_path: Path) -> None:
    article: Article = make_article("a", title="重启之后")
    catalog.apply([replace(good("a"), article=article)], [], PARSER)

    (record,) = Catalog(Database(tmp_path / "zhida.db")).records()

    assert record.article == article


def test_the_version_grows_also_when_the_clock_goes_back(catalog: Catalog, tmp_path: Path) -> None:
    with Database(tmp_path / "zhida.db").write() as db:
        db.execute("UPDATE catalog_state SET version = 9000000000000")
    catalog.apply([good("a")], [], PARSER)

    assert catalog.version() == 9_000_000_000_001


def test_revisions_name_the_file_of_every_article_being_served(catalog: Catalog) -> None:
    catalog.apply([good("a"), good("c", status="draft")], [], PARSER)
    records = {record.article.id: (record.path, record.revision) for record in catalog.records()}
    assert catalog.revisions() == records
    assert set(records) == {"a", "c"}


def test_stamps_change_with_everything_that_is_read_anew(catalog: Catalog) -> None:
    catalog.apply([good("a"), good("b"), good("c", status="draft")], [], PARSER)
    before = catalog.stamps()
    assert {i: path for i, (path, _) in before.items()} == {i: f"mall/refund/{i}.md" for i in "abc"}

    catalog.apply([good("b", owner="物流业务部")], ["mall/refund/c.md"], PARSER)

    after = catalog.stamps()
    assert after["a"] == before["a"]
    assert after["b"][1] > before["b"][1]
    assert set(after) == {"a", "b"}


@given(
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.sampled_from("123"), st.sampled_from("abc"), st.sampled_from("rs")),
            st.tuples(st.just("remove"), st.sampled_from("123")),
            st.tuples(st.just("break"), st.sampled_from("123")),
            st.tuples(st.just("look")),
        ),
        max_size=12,
    )
)
def test_stamps_followed_step_by_step_are_those_of_a_first_look(steps: list[tuple[str, ...]]) -> None:
    with TemporaryDirectory() as folder:
        database = Database(Path(folder) / "zhida.db")
        following = Catalog(database)
        for action, *what in steps:
            if action == "put":
                number, article_id, revision = what
                following.apply([good(article_id, f"mall/refund/{number}.md", revision)], [], PARSER)
            elif action == "break":
                following.apply([broken(f"mall/refund/{what[0]}.md")], [], PARSER)
            elif action == "remove":
                following.apply([], [f"mall/refund/{what[0]}.md"], PARSER)
            else:
                following.stamps()
        assert following.stamps() == Catalog(database).stamps()


def test_stats_of_some_files_leave_the_others_out(catalog: Catalog) -> None:
    catalog.apply([good("a"), good("b")], [], PARSER)
    assert catalog.stats(["mall/refund/b.md", "mall/refund/none.md"]) == {"mall/refund/b.md": (10, 1)}


def test_index_revisions_name_what_the_index_holds_of_published_articles(catalog: Catalog) -> None:
    catalog.apply([good("a"), good("b"), good("c", status="draft")], [], PARSER)
    before = catalog.index_revisions()
    assert set(before) == {"a", "b"}
    catalog.apply([good("b", product=Folder("mall", "新名字"))], [], PARSER)
    after = catalog.index_revisions()
    assert after["a"] == before["a"]
    assert after["b"] != before["b"]


def test_an_article_is_found_by_the_ids_that_it_had_before(catalog: Catalog) -> None:
    catalog.apply([good("new", former_ids=("old", "older")), good("b")], [], PARSER)
    assert catalog.current_id("old") == catalog.current_id("older") == "new"
    found = catalog.find("old")
    assert found is not None
    assert (found.article.id, catalog.find("new"), catalog.find("nobody")) == ("new", found, None)
    catalog.apply([good("new", former_ids=("older",))], [], PARSER)
    assert catalog.current_id("old") is None
    catalog.apply([], [found.path], PARSER)
    assert catalog.current_id("older") is None


def test_what_is_taken_over_may_be_decided_while_nobody_else_writes(catalog: Catalog) -> None:
    def meanwhile() -> Iterator[FileVersion]:
        with sqlite3.connect(catalog._database.path, timeout=0) as other, pytest.raises(sqlite3.OperationalError):
            other.execute("BEGIN IMMEDIATE")
        other.close()
        yield good("a")

    catalog.apply(meanwhile(), iter(()), PARSER)
    assert served(catalog) == [("a", "mall/refund/a.md")]


@pytest.mark.parametrize("sealed", [True, False])
def test_any_other_bytes_are_damage_unless_they_were_stored_before_there_were_seals(
    catalog: Catalog, tmp_path: Path, sealed: bool
) -> None:
    """One letter that a bad disk changed leaves good JSON."""
    catalog.apply([good("a", title="退款要几天"), good("b"), broken("mall/refund/c.md")], [], PARSER)
    assert catalog.damaged() == []
    with sqlite3.connect(tmp_path / "zhida.db") as db:
        if not sealed:
            db.execute("UPDATE article_files SET seal = NULL")
        db.execute("UPDATE article_files SET article = replace(article, '退款要几天', '退货要几天')")
    db.close()
    assert catalog.damaged() == (["mall/refund/a.md"] if sealed else [])


def test_the_recent_version_knows_changes_made_here_at_once_and_others_soon(catalog: Catalog, tmp_path: Path) -> None:
    other = Catalog(Database(tmp_path / "zhida.db"))
    for changed in (catalog, other, catalog):
        before = catalog.recent_version()
        changed.apply([], [], "parser")
        assert changed.recent_version() == changed.version() > before
        deadline = time.monotonic() + 10
        while catalog.recent_version() != changed.version():
            assert time.monotonic() < deadline
