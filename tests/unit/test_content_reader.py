from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from kb.content.reader import ArticleFiles, find_duplicate_ids
from kb.model import Folder, Interval, Problem
from kb.ports.catalog import FileVersion
from kb.ports.content import FileStat, Scan
from tests.unit.article_tree import ARTICLE, CHANNELS, errors, make_tree, write

PATH = "mall/refund/refund-not-received.md"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_tree(tmp_path)


def scan(root: Path) -> Scan:
    return ArticleFiles(root, CHANNELS).scan()


def read_all(root: Path) -> list[FileVersion]:
    files = ArticleFiles(root, CHANNELS)
    found = files.scan()
    return [files.read(file, found.folders) for file in found.files]


def read_only(root: Path) -> FileVersion:
    (version,) = read_all(root)
    return version


def paths(found: Scan) -> list[str]:
    return [file.path for file in found.files]


def only_problem(found: Scan) -> Problem:
    (problem,) = found.problems
    return problem


# --- the tree


def test_articles_stand_below_product_and_scenario(root: Path) -> None:
    found = scan(root)
    status = (root / PATH).stat()
    assert found.files == (FileStat(PATH, status.st_size, status.st_mtime_ns),)
    assert found.folders["mall"] == Folder("mall", "网上商城", "交易业务部", Interval(30, "d"))
    assert found.folders["mall/refund"] == Folder("refund", "退款与退货", "售后业务部")
    assert [file.path for file in found.folder_files] == ["mall/_index.md", "mall/refund/_index.md"]
    assert not found.problems
    assert not found.unreadable


def test_names_that_begin_with_dot_or_underscore_are_not_looked_at(root: Path) -> None:
    for name in (".git/a/b.md", "_dict/terms.txt", "mall/refund/_draft.md", "mall/refund/.a.md.swp", "mall/_old/a.md"):
        write(root, name, "不是知识条目")
    assert scan(root) == scan(root)
    assert paths(scan(root)) == [PATH]
    assert scan(root).problems == ()


@pytest.mark.parametrize(
    ("path", "place"),
    [("a.md", "<产品>/<场景>/a.md"), ("mall/a.md", "mall/<场景>/a.md"), ("mall/refund/x/y/a.md", "mall/refund/a.md")],
)
def test_a_file_at_the_wrong_depth_is_told_where_it_belongs(root: Path, path: str, place: str) -> None:
    write(root, path, ARTICLE)
    problem = only_problem(scan(root))
    assert (problem.path, problem.severity) == (path, "warning")
    assert place in problem.message
    assert paths(scan(root)) == [PATH]


@pytest.mark.parametrize("name", ["a.txt", "a.md.txt", "a.markdown", "a.MD"])
def test_a_text_with_another_extension_is_not_passed_over_silently(root: Path, name: str) -> None:
    write(root, f"mall/refund/{name}", ARTICLE)
    assert "扩展名" in only_problem(scan(root)).message


def test_pictures_beside_the_articles_are_nobodys_problem(root: Path) -> None:
    write(root, "mall/refund/images/step1.png", b"\x89PNG")
    write(root, "mall/refund/step2.jpg", b"\xff\xd8")
    assert scan(root).problems == ()


def test_a_folder_without_index_goes_by_its_slug(root: Path) -> None:
    (root / "mall/refund/_index.md").unlink()
    found = scan(root)
    assert found.folders["mall/refund"] == Folder("refund", "refund")
    assert (only_problem(found).path, only_problem(found).severity) == ("mall/refund/_index.md", "warning")


def test_a_broken_index_keeps_what_is_right_in_it(root: Path) -> None:
    write(root, "mall/_index.md", "---\ntitle: 网上商城\nreview_every: 每周\n---\n")
    found = scan(root)
    assert found.folders["mall"].title == "网上商城"
    assert str(found.folder_files[0].problems[0]).startswith("mall/_index.md:3: ")


def test_a_broken_index_is_replaced_by_the_last_good_one(root: Path) -> None:
    files = ArticleFiles(root, CHANNELS)
    before = files.scan().folders
    write(root, "mall/_index.md", "---\ntitle: [\n---\n")
    assert files.scan(before).folders == before
    assert files.scan().folders["mall"] == Folder("mall", "mall")


@pytest.mark.parametrize("other", ["shop", "mall/exchange"])
def test_folders_side_by_side_with_one_title_are_an_error_but_served(root: Path, other: str) -> None:
    write(root, f"{other}/_index.md", f"---\ntitle: {'退款与退货' if '/' in other else '网上商城'}\n---\n")
    found = scan(root)
    second = max(other, "mall/refund" if "/" in other else "mall")
    assert only_problem(found).path == f"{second}/_index.md"
    assert only_problem(found).severity == "error"
    assert other in found.folders


def test_scenarios_of_two_products_may_share_a_title(root: Path) -> None:
    write(root, "shop/_index.md", "---\ntitle: 门店\n---\n")
    write(root, "shop/refund/_index.md", "---\ntitle: 退款与退货\n---\n")
    assert scan(root).problems == ()


def test_a_folder_name_that_is_no_slug_is_a_warning(root: Path) -> None:
    write(root, "商城/_index.md", "---\ntitle: 新商城\n---\n")
    assert (only_problem(scan(root)).path, only_problem(scan(root)).severity) == ("商城", "warning")


def test_a_file_name_with_control_characters_is_reported_on_one_line(root: Path) -> None:
    write(root, "mall/refund/a\nb.md", ARTICLE)
    assert paths(scan(root)) == [PATH]
    assert "\n" not in str(only_problem(scan(root)))


def test_a_file_name_that_is_not_utf8_is_reported(root: Path) -> None:
    Path(os.fsdecode(os.fsencode(root / "mall/refund") + b"/\xcd\xcb\xbf\xee.md")).write_text(ARTICLE, encoding="utf-8")
    assert str(only_problem(scan(root))).encode()


# --- what can't be looked at


def test_links_that_leave_the_root_are_not_followed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    outside = make_tree(tmp_path_factory.mktemp("outside"))
    (root / "mall/refund/b.md").symlink_to(outside / PATH)
    (root / "mall/exchange").symlink_to(outside / "mall/refund")
    (root / "shop").symlink_to(outside / "mall")
    found = scan(root)
    assert [problem.path for problem in errors(list(found.problems))] == ["mall/exchange", "mall/refund/b.md", "shop"]
    assert paths(found) == [PATH]


def test_a_file_replaced_by_a_link_out_of_the_root_is_not_read(root: Path, tmp_path: Path) -> None:
    files = ArticleFiles(root, CHANNELS)
    found = files.scan()
    (root / PATH).unlink()
    (root / PATH).symlink_to("/etc/hostname")
    version = files.read(found.files[0], found.folders)
    assert (version.article, version.source) == (None, "")
    assert "以外" in version.problems[0].message


def test_links_within_the_root_are_followed_even_in_circles(root: Path) -> None:
    (root / "mall/refund/same.md").symlink_to("refund-not-received.md")
    (root / "mall/loop").symlink_to("..")
    (root / "mall/refund/self").symlink_to(".")
    assert "mall/refund/same.md" in paths(scan(root))


def test_a_link_to_nothing_is_an_error_and_may_hide_an_article(root: Path) -> None:
    (root / "mall/refund/gone.md").symlink_to("nowhere.md")
    found = scan(root)
    assert only_problem(found).path == "mall/refund/gone.md"
    assert found.may_hide("mall/refund/gone.md")
    assert not found.may_hide("mall/refund/other.md")


def test_a_folder_named_like_an_article_is_an_error(root: Path) -> None:
    write(root, "mall/refund/a.md/b.md", ARTICLE)
    assert (only_problem(scan(root)).path, only_problem(scan(root)).severity) == ("mall/refund/a.md", "error")


def test_a_pipe_named_like_an_article_is_not_opened(root: Path) -> None:
    os.mkfifo(root / "mall/refund/a.md")
    assert "不是普通文件" in only_problem(scan(root)).message


def test_a_missing_root_hides_everything_rather_than_emptying_it(tmp_path: Path) -> None:
    found = scan(tmp_path / "missing")
    assert found.files == ()
    assert only_problem(found).severity == "error"
    assert found.may_hide(PATH)


def test_an_index_that_is_a_folder_is_an_error(root: Path) -> None:
    (root / "mall/_index.md").unlink()
    (root / "mall/_index.md").mkdir()
    found = scan(root)
    assert (only_problem(found).path, only_problem(found).severity) == ("mall/_index.md", "error")
    assert found.may_hide("mall/_index.md")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read everything")
def test_without_permission_nothing_counts_as_deleted(root: Path) -> None:
    (root / "mall/refund").chmod(0)
    try:
        found = scan(root)
    finally:
        (root / "mall/refund").chmod(0o755)
    assert "权限" in only_problem(found).message
    assert found.may_hide(PATH)
    assert not found.may_hide("mall/refunds/a.md")


# --- one file


def test_a_file_is_read_with_its_folders_and_revision(root: Path) -> None:
    version = read_only(root)
    assert version.article is not None
    assert (version.article.product.title, version.article.scenario.title) == ("网上商城", "退款与退货")
    assert version.source == ARTICLE
    assert version.revision == hashlib.sha256(ARTICLE.encode()).hexdigest()
    assert (version.path, version.size) == (PATH, len(ARTICLE.encode()))


def test_owner_and_interval_are_inherited_from_the_nearest_folder(root: Path) -> None:
    article = read_only(root).article
    assert article is not None
    assert (article.owner, article.review_every) == ("售后业务部", Interval(30, "d"))
    write(root, PATH, ARTICLE.replace("kind: faq", "owner: 客服运营部\nreview_every: 7d"))
    article = read_only(root).article
    assert article is not None
    assert (article.owner, article.review_every) == ("客服运营部", Interval(7, "d"))


def test_a_changed_index_changes_what_its_articles_inherit(root: Path) -> None:
    write(root, "mall/refund/_index.md", "---\ntitle: 售后\nowner: 财务共享部\n---\n")
    article = read_only(root).article
    assert article is not None
    assert (article.scenario.title, article.owner) == ("售后", "财务共享部")


def test_a_broken_file_keeps_its_source_and_says_where_it_is_broken(root: Path) -> None:
    write(root, PATH, ARTICLE.replace("kind: faq", "kind: fag"))
    version = read_only(root)
    assert version.article is None
    assert "kind: fag" in version.source
    assert str(version.problems[0]).startswith(f"{PATH}:6: ")


@pytest.mark.parametrize(
    ("data", "line", "says"),
    [
        (ARTICLE.encode("gb18030"), 3, "GB18030/GBK"),
        (ARTICLE.encode("utf-16"), 1, "UTF-16"),
        (ARTICLE.encode() + b"\xff\xff", 20, "不是 UTF-8"),
        (ARTICLE.encode() + b"PK\x00\x01", 20, "二进制"),
        (b"", 1, "文件头"),
    ],
)
def test_bytes_that_are_no_utf8_text_say_what_to_do(root: Path, data: bytes, line: int, says: str) -> None:
    write(root, PATH, data)
    version = read_only(root)
    assert version.article is None
    assert version.problems[0].line == line
    assert says in version.problems[0].message


def test_a_byte_order_mark_is_accepted_and_kept(root: Path) -> None:
    write(root, PATH, "\ufeff" + ARTICLE)
    version = read_only(root)
    assert version.article is not None
    assert version.source == "\ufeff" + ARTICLE


def test_a_file_over_one_mebibyte_is_not_read(root: Path) -> None:
    write(root, PATH, ARTICLE + "长" * (5 * 1024 * 1024 // 3))
    version = read_only(root)
    assert (version.article, version.source) == (None, "")
    assert "5.0 MiB" in version.problems[0].message


def test_a_file_that_goes_away_after_the_scan_is_a_problem(root: Path) -> None:
    files = ArticleFiles(root, CHANNELS)
    found = files.scan()
    (root / PATH).unlink()
    assert "不存在" in files.read(found.files[0], found.folders).problems[0].message


def test_a_file_in_folders_that_nobody_scanned_goes_by_their_slugs(root: Path) -> None:
    version = ArticleFiles(root, CHANNELS).judge("new/place/a.md", ARTICLE.encode(), {})
    assert version.article is not None
    assert version.article.scenario_path == "new/place"


def test_the_parser_is_named_after_the_channels(root: Path) -> None:
    assert ArticleFiles(root, ("微信",)).parser != ArticleFiles(root, ("微信", "电话")).parser


def test_the_second_file_with_an_id_is_an_error_that_names_the_first(root: Path) -> None:
    write(root, "mall/refund/again.md", ARTICLE)
    write(root, "mall/refund/broken.md", "---\nid: refund-not-received\n---\n")
    (problem,) = find_duplicate_ids(reversed(read_all(root)))
    assert (problem.path, problem.line, problem.severity) == (PATH, 2, "error")
    assert "mall/refund/again.md:2" in problem.message
