"""Files of an article: two edits in one file."""

from __future__ import annotations

from pathlib import Path

import pytest

from kb.editing.versions import document_of, merge_sources
from tests.unit.article_tree import ARTICLE, REAL_ARTICLES, judge


@pytest.mark.parametrize("path", REAL_ARTICLES[::20], ids=lambda path: path.stem)
def test_a_real_file_merged_with_itself_stays_as_it_is(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert merge_sources(source, source, source).source == source


def test_edits_of_fields_and_body_meet_in_one_file_that_is_right() -> None:
    mine = ARTICLE.replace("title: 未收到货退款", "title: 没收到货退款").replace("1. 查物流。", "1. 先查物流。")
    theirs = ARTICLE.replace("  - 没收到货怎么退款\n", "  - 没收到货怎么退款 # 常问\n  - 货没到\n")
    theirs = theirs.replace("您好，可以退款。", "您好，可以的。")
    merged = merge_sources(ARTICLE, mine, theirs)
    assert merged.conflicts == ()
    article = judge(merged.source).article
    assert article is not None
    assert (article.title, article.questions) == ("没收到货退款", ("没收到货怎么退款", "货没到"))
    assert "# 常问" in merged.source
    assert "您好，可以的。" in article.body
    assert "先查物流" in article.body


def test_the_line_ends_of_the_file_are_kept() -> None:
    dos = ARTICLE.replace("\n", "\r\n")
    merged = merge_sources(dos, dos.replace("查物流", "看物流"), dos.replace("可以的退", "能退"))
    assert merged.source == dos.replace("查物流", "看物流")


def test_files_without_readable_front_matter_are_merged_line_by_line() -> None:
    mine, theirs = ARTICLE.replace("---\nid", "---\n[id", 1), ARTICLE.replace("1. 查物流。", "1. 看物流。")
    merged = merge_sources(ARTICLE, mine, theirs)
    assert merged.source == mine.replace("1. 查物流。", "1. 看物流。")
    assert document_of(mine).fields == {}
