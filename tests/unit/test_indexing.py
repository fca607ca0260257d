"""Indexing compares states: only what differs is done, and every accident is healed by the next run."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from kb.config import Settings
from kb.errors import ArticleError, ArticleNotFound, StoreCorrupt
from kb.model import SearchRequest
from kb.ports.engine import IndexDocument
from kb.service import Service
from kb.usecases.progress import silent
from kb.wiring.service import build_service
from tests.callers import ANYBODY, OPERATOR
from tests.conftest import ARTICLES

SOURCE = (ARTICLES / "mall/refund/refund-express.md").read_text(encoding="utf-8")
SOURCE = SOURCE.replace("channels: [微信, APP, 官网, 电话]", "channels: all")


@pytest.fixture
def service(small: Settings) -> Service:
    service = build_service(small)
    service.index()
    return service


def article(folder: Path, article_id: str, title: str = "极速退款") -> Path:
    path = next(path for path in folder.glob("*/*/") if path.is_dir()) / f"{article_id}.md"
    text = SOURCE.replace("id: refund-express", f"id: {article_id}").replace("title: 极速退款", f"title: {title}")
    path.write_text(text, encoding="utf-8")
    return path


def damage(settings: Settings, value: object, column: str = "article") -> None:
    """Overwrite what is stored of the one article, as a bad disk would."""
    with sqlite3.connect(settings.database) as db:
        path = "mall/refund/refund-not-received.md"
        db.execute(f"UPDATE article_files SET {column} = CAST(? AS TEXT) WHERE path = ?", [value, path])  # noqa: S608
    db.close()


def titles(service: Service, text: str) -> list[str]:
    service.refresh()
    return [hit.record.article.title for hit in service.desk(ANYBODY).search(SearchRequest(text)).hits]


def test_the_second_run_does_nothing(service: Service) -> None:
    report = service.index()
    assert (report.added, report.changed, report.removed, report.rebuilt) == (0, 0, 0, None)
    assert report.articles == 1


def test_single_files_are_taken_over_without_a_scan(service: Service, small: Settings) -> None:
    known = "mall/refund/refund-not-received.md"
    path, version = small.articles / known, service.system.catalog.version()
    assert service.index_files([known]) == ()
    assert service.system.catalog.version() == version, "there was nothing to do"

    path.write_text(path.read_text(encoding="utf-8").replace("title: ", "title: 饕餮"), encoding="utf-8")
    assert service.index_files([known]) == ()
    assert titles(service, "饕餮") == [service.desk(ANYBODY).article("refund-not-received")[0].article.title]

    path.write_bytes(b"---\ntitle: [\n---\n")
    problems = service.index_files([known])
    assert problems
    assert {problem.path for problem in problems} == {known}
    assert titles(service, "饕餮"), "the last good version is served"
    version = service.system.catalog.version()
    assert service.index().problems == problems
    assert service.system.catalog.version() == version, "the scan finds nothing else"


def test_what_the_catalog_has_already_is_found_too(service: Service) -> None:
    """Whoever answers a gap saves a file and the catalog, a command as well as a server: that it is found is left to
    whoever is told, or sees the file change.
    """
    desk = service.desk(OPERATOR)
    desk.report_gap("饕餮没影了")
    desk.gaps.answer("饕餮没影了", "refund-not-received")
    assert service.system.editing.changed.is_set()
    assert service.index_files(["mall/refund/refund-not-received.md"]) == ()
    title = desk.article("refund-not-received")[0].article.title
    assert service.system.catalog.index_revisions() == service.system.engine.revisions()
    assert titles(service, "饕餮没影了") == [title]


@pytest.mark.parametrize("change", ["new", "gone", "link", "folder file", "folder changed as well", "folder gone"])
def test_what_only_a_scan_tells_is_left_to_it(service: Service, small: Settings, change: str) -> None:
    known, version = "mall/refund/refund-not-received.md", service.system.catalog.version()
    path, folder_file = small.articles / known, small.articles / "mall/_index.md"
    paths = [known]
    path.write_text(path.read_text(encoding="utf-8").replace("title: ", "title: 饕餮"), encoding="utf-8")
    if change == "new":
        paths.append(article(small.articles, "new").relative_to(small.articles).as_posix())
    elif change == "gone":
        path.unlink()
    elif change == "link":
        path.rename(path.with_suffix(".aside"))
        path.symlink_to(path.with_suffix(".aside"))
    elif change == "folder file":
        paths.append("mall/_index.md")
    elif change == "folder changed as well":
        folder_file.write_text("---\ntitle: 河马商城\n---\n", encoding="utf-8")
    else:
        paths.append("mall/refund")
    assert service.index_files(paths) is None
    assert service.system.catalog.version() == version


def test_only_what_differs_is_counted_and_done(service: Service, small: Settings) -> None:
    first, second = article(small.articles, "one"), article(small.articles, "two")
    assert service.index().added == 2
    first.write_text(first.read_text(encoding="utf-8").replace("title: 极速退款", "title: 饕餮退款"), encoding="utf-8")
    second.unlink()
    report = service.index()
    assert (report.added, report.changed, report.removed, report.rebuilt) == (0, 1, 1, None)
    assert titles(service, "饕餮")[0] == "饕餮退款"


def test_a_touched_file_with_the_same_content_changes_nothing(service: Service, small: Settings) -> None:
    path = next(small.articles.glob("*/*/[!_]*.md"))
    os.utime(path, ns=(1, 1))
    assert service.index().changed == 0


def test_a_renamed_folder_title_reaches_its_articles(service: Service, small: Settings) -> None:
    index_file = next(small.articles.glob("*/_index.md"))
    index_file.write_text("---\ntitle: 河马商城\n---\n", encoding="utf-8")
    assert service.index().changed == 1
    service.refresh()
    assert service.desk(ANYBODY).search(SearchRequest("退款", product="河马商城")).total == 1


def test_a_broken_folder_file_keeps_the_name_it_had(service: Service, small: Settings) -> None:
    before = service.desk(ANYBODY).article("refund-not-received")[0].article.product.title
    next(small.articles.glob("*/_index.md")).write_bytes(b"---\ntitle: [\n---\n")
    assert service.index().errors > 0
    assert service.desk(ANYBODY).article("refund-not-received")[0].article.product.title == before


def test_of_two_files_with_one_id_the_first_is_served(service: Service, small: Settings) -> None:
    article(small.articles, "a-first", "第一个").rename(small.articles / "mall/refund/0.md")
    twin = article(small.articles, "a-first", "第二个")
    report = service.index()
    assert any("a-first" in problem.message for problem in report.problems)
    assert service.desk(ANYBODY).article("a-first")[0].article.title == "第一个"
    (small.articles / "mall/refund/0.md").unlink()
    service.index()
    assert service.desk(ANYBODY).article("a-first")[0].article.title == "第二个"
    assert twin.exists()


def test_another_fingerprint_rebuilds_and_says_why(service: Service, small: Settings) -> None:
    service.system.indexer._fingerprint = "another analyzer"
    report = service.index()
    assert report.rebuilt is not None
    assert "another analyzer" in report.rebuilt
    assert service.index().rebuilt is None


def test_a_lost_index_is_built_again(service: Service, small: Settings) -> None:
    (small.index_dir / "CURRENT").unlink()
    report = build_service(small).index()
    assert report.rebuilt is not None
    assert report.articles == 1


def test_a_lost_catalog_is_read_again_without_touching_the_index(service: Service, small: Settings) -> None:
    for path in small.data.glob("zhida.db*"):
        path.unlink()
    report = build_service(small).index()
    assert (report.rebuilt, report.added, report.changed, report.articles) == (None, 0, 0, 1)


def test_an_articles_folder_that_is_gone_is_not_a_mass_deletion(service: Service, small: Settings) -> None:
    small.articles.rename(small.articles.with_name("elsewhere"))
    with pytest.raises(ArticleError, match=str(small.articles)):
        service.index()
    assert titles(service, "退款")


def test_a_rolled_back_index_is_brought_up_again(service: Service, small: Settings) -> None:
    article(small.articles, "new", "饕餮")
    service.index(rebuild=True)
    service.system.engine.rollback()
    assert service.index().added == 1
    assert titles(service, "饕餮") == ["饕餮"]


def test_changed_channels_are_taken_over(small: Settings, service: Service) -> None:
    article(small.articles, "everywhere")  # its channels say: all
    service.index()
    wider = build_service(replace(small, channels=(*small.channels, "抖音")))
    assert wider.index().changed == 1
    assert "抖音" in wider.desk(ANYBODY).article("everywhere")[0].article.channels


def test_an_edit_that_comes_while_another_process_indexes_is_not_lost(small: Settings, service: Service) -> None:
    other = build_service(small)
    path = next(small.articles.glob("*/*/[!_]*.md"))
    rebuild = service.system.engine.rebuild

    def edit_meanwhile(documents: Iterable[IndexDocument], fingerprint: str) -> str:
        path.write_text(path.read_text(encoding="utf-8").replace("title: 未收", "title: 饕餮未收"), encoding="utf-8")
        other.system.indexer._read_changed(
            other.system.indexer._scan(), False, [], silent
        )  # and is killed before it indexes
        return rebuild(documents, fingerprint)

    service.system.engine.rebuild = edit_meanwhile  # type: ignore[method-assign]
    old = list(service.system.catalog.records())
    service.system.catalog.records = lambda: iter(old)  # type: ignore[method-assign]  # read before the edit came
    service.index(rebuild=True)
    assert build_service(small).index().changed == 1


def test_an_emptied_folder_is_not_a_mass_deletion_unless_asked_for(service: Service, small: Settings) -> None:
    for path in small.articles.glob("*/*/[!_]*.md"):
        path.unlink()
    with pytest.raises(ArticleError, match="kb index --rebuild"):
        service.index()
    assert titles(service, "退款")
    assert service.index(rebuild=True).articles == 0


def test_a_description_of_wrong_types_is_damage_that_a_run_mends(service: Service, small: Settings) -> None:
    meta = next(small.index_dir.glob("*/meta.json"))
    meta.write_text('{"fingerprint": 5, "previous": ["x"]}', encoding="utf-8")
    assert build_service(small).index().rebuilt is not None


@pytest.mark.parametrize(("engine", "damaged"), [("whoosh", "*.seg"), ("whoosh", "*.toc"), ("tantivy", "segments/*")])
@pytest.mark.parametrize("gone", [False, True])
def test_an_edit_over_an_index_damaged_under_an_open_one_rebuilds_it(
    small: Settings, engine: str, damaged: str, gone: bool
) -> None:
    small = replace(small, engine=engine)
    service = build_service(small)
    service.index()
    for path in small.index_dir.glob(f"*/{damaged}"):
        if gone:
            path.unlink()
        else:
            path.write_bytes(b"damaged")
    article(small.articles, "new", "饕餮")
    assert service.index().rebuilt is not None
    assert build_service(small).index().rebuilt is None
    assert titles(service, "饕餮") == ["饕餮"]


#: no JSON, JSON without what an article needs, no UTF-8
DAMAGES = (("{broken", "article"), ("{}", "article"), (b'{"id": "\xff"}', "article"), ("[[1", "problems"))


@pytest.mark.parametrize(("value", "column"), DAMAGES)
def test_a_damaged_row_is_named_and_read_again_from_its_file(
    service: Service, small: Settings, value: object, column: str
) -> None:
    damage(small, value, column)
    with pytest.raises(StoreCorrupt, match=r"refund-not-received\.md；执行 kb index"):
        service.check_store()
    service.index()
    service.check_store()
    assert titles(service, "未收到货") == ["未收到货退款"]


def test_a_damaged_row_costs_only_its_own_article(service: Service, small: Settings) -> None:
    article(small.articles, "other", "饕餮退款")
    service.index()
    service.warm_up()
    damage(small, "{broken")
    assert set(titles(service, "退款")) == {"未收到货退款", "饕餮退款"}, "what is in memory is still right"
    fresh = build_service(small)
    assert titles(fresh, "退款") == ["饕餮退款"]
    assert fresh.desk(ANYBODY).article("other")[0].article.title == "饕餮退款"
    with pytest.raises(ArticleNotFound):
        fresh.desk(ANYBODY).article("refund-not-received")


def test_a_damaged_row_whose_file_is_broken_too_is_only_a_problem(service: Service, small: Settings) -> None:
    damage(small, "{broken")
    next(small.articles.glob("*/*/[!_]*.md")).write_text("broken too", encoding="utf-8")
    assert service.index().errors == 1
    service.check_store()
    version = service.system.catalog.version()
    service.index()
    assert service.system.catalog.version() == version


def test_a_run_after_an_edit_leaves_the_long_look_at_every_row_to_others(service: Service, small: Settings) -> None:
    damage(small, "{broken")
    service.index(thorough=False)
    with pytest.raises(StoreCorrupt):
        service.check_store()


def test_a_rebuild_reads_every_file_again(service: Service, small: Settings) -> None:
    original = service.system.catalog.source("refund-not-received")
    damage(small, "not what the file says", "source")
    service.index(rebuild=True)
    assert service.system.catalog.source("refund-not-received") == original


def test_a_damaged_ranking_is_made_anew(service: Service, small: Settings) -> None:
    service.rank_faq()
    with sqlite3.connect(small.database) as db:
        db.execute("UPDATE faq_snapshots SET ranking = '[['")
    db.close()
    assert [item.record.article.id for item in build_service(small).desk(ANYBODY).faq().items] == [
        "refund-not-received"
    ]
