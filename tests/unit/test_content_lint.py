from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from kb.content.lint import lint
from kb.content.reader import ArticleFiles
from kb.errors import ArticleError
from tests.unit.article_tree import ARTICLE, CHANNELS, REPOSITORY, errors, make_tree, write

TODAY = date(2026, 11, 22)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = make_tree(tmp_path)
    write(root, "mall/refund/refund-received.md", ARTICLE.replace("refund-not-received", "refund-received"))
    return root


def found(root: Path, *only: str) -> list[str]:
    files = ArticleFiles(root, CHANNELS)
    return [str(problem) for problem in lint(files, [Path(path) for path in only], TODAY)]


def test_a_sound_tree_has_no_problems(root: Path) -> None:
    assert found(root) == []


def test_problems_of_tree_files_folders_and_dictionaries_come_in_order(root: Path) -> None:
    write(root, "mall/a.md", ARTICLE)
    write(root, "mall/_index.md", "---\ntitle: 网上商城\nowners: 甲\n---\n")
    write(root, "mall/refund/again.md", ARTICLE)
    write(root, "mall/refund/broken.md", "---\nid: A\ntitle: 甲\n---\n")
    write(root, "_dict/terms.txt", "——\n")
    places = [problem.rpartition(": ")[0].split(" ")[0].rstrip(":") for problem in found(root)]
    assert places == [
        "_dict/terms.txt:1",
        "mall/_index.md:3",
        "mall/a.md:1",
        "mall/refund/broken.md:2",
        "mall/refund/broken.md:3",
        "mall/refund/broken.md:5",
        "mall/refund/refund-not-received.md:2",
    ]


def test_a_file_is_named_in_ascii(root: Path) -> None:
    for name in ("退款", "Refund", "refund_2"):
        write(root, f"mall/refund/{name}.md", ARTICLE.replace("refund-not-received", f"id-{ord(name[0])}-{len(name)}"))
    problems = [problem for problem in found(root) if "小写字母、数字和连字符" in problem]
    assert [problem.split(":")[0].split("/")[-1] for problem in problems] == ["Refund.md", "refund_2.md", "退款.md"]
    assert all("提醒：" in problem for problem in problems)


def test_a_related_article_that_is_gone_is_a_warning_at_its_line(root: Path) -> None:
    (root / "mall/refund/refund-received.md").unlink()
    (problem,) = found(root)
    assert problem.startswith("mall/refund/refund-not-received.md:12: 提醒：")
    assert "“refund-received”" in problem


def test_an_id_that_leads_to_two_articles_is_an_error_and_a_former_one_is_no_dead_link(root: Path) -> None:
    (root / "mall/refund/refund-received.md").unlink()  # which the other article names as related
    write(
        root, "mall/refund/a.md", "---\nid: a\ntitle: 标题\nformer_ids: [refund-received, old]\n---\n## 标准话术\n好\n"
    )
    assert found(root) == []
    write(root, "mall/refund/b.md", "---\nid: b\ntitle: 标题二\nformer_ids: [old, a, c]\n---\n## 标准话术\n好\n")
    problems = errors(lint(ArticleFiles(root, CHANNELS)))
    assert [(problem.path, problem.line) for problem in problems] == [("mall/refund/b.md", 4)] * 2
    assert all("旧链接" in problem.message for problem in problems)


def test_a_verification_in_the_future_is_a_warning(root: Path) -> None:
    write(
        root,
        "mall/refund/refund-received.md",
        ARTICLE.replace("verified: 2026", "verified: 2062").replace("refund-not-received", "refund-received"),
    )
    (problem,) = found(root)
    assert problem.startswith("mall/refund/refund-received.md:10: 提醒：verified 2062-11-16 还没有到，不会当作审核过")


def test_only_the_places_asked_for_are_reported(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(root, "mall/refund/broken.md", "")
    write(root, "shop/_index.md", "")
    assert len(found(root)) == 2
    assert len(found(root, "mall")) == 1
    assert len(found(root, "mall/refund/broken.md")) == 1
    assert found(root, "mall/refund/refund-received.md") == []
    assert len(found(root, str(root / "shop"))) == 1
    assert len(found(root, str(root))) == 2
    monkeypatch.chdir(root / "mall")
    assert len(found(root, "refund")) == 1


def test_a_duplicate_is_found_when_only_the_second_file_is_asked_for(root: Path) -> None:
    write(root, "mall/refund/z.md", ARTICLE)
    assert len(found(root, "mall/refund/z.md")) == 1


@pytest.mark.parametrize("path", ["/", "mall/missing.md"])
def test_a_path_that_is_not_in_the_articles_is_refused(root: Path, path: str) -> None:
    with pytest.raises(ArticleError, match="没有检查"):
        found(root, path)


def test_the_articles_of_this_repository_have_no_errors() -> None:
    assert errors(lint(ArticleFiles(REPOSITORY / "articles", CHANNELS))) == []
