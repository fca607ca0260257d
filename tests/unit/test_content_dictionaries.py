from __future__ import annotations

from pathlib import Path

import pytest

from kb.content.dictionaries import read_dictionaries
from kb.text.dictionaries import Dictionaries
from tests.unit.article_tree import REPOSITORY, write


def read(root: Path, **files: str | bytes) -> tuple[Dictionaries, list[str]]:
    for name, content in files.items():
        write(root, f"_dict/{name}.txt", content)
    dictionaries, problems = read_dictionaries(root)
    return dictionaries, [str(problem) for problem in problems]


def test_without_files_the_dictionaries_are_empty(tmp_path: Path) -> None:
    dictionaries, problems = read(tmp_path)
    assert (dictionaries.terms, dictionaries.synonyms, dictionaries.stopwords) == ((), (), frozenset())
    assert problems == []


def test_words_are_read_without_comments_and_frequencies(tmp_path: Path) -> None:
    dictionaries, problems = read(
        tmp_path,
        terms="\ufeff# 产品词\r\n未收到货\r\n\r\n运费险 100 n  # 险种\r\n云存储\t5\r\n",
        synonyms="退款 退钱,返款\n运费，邮费、快递费\n",
        stopwords="请问\n您好\n",
    )
    assert dictionaries.terms == ("未收到货", "运费险", "云存储")
    assert dictionaries.synonyms == (("退款", "退钱", "返款"), ("运费", "邮费", "快递费"))
    assert dictionaries.stopwords == {"请问", "您好"}
    assert problems == []


@pytest.mark.parametrize(
    ("name", "line", "says"),
    [
        ("terms", "云杉 会员", "不是一个词"),
        ("terms", "长" * 31, "不像一个词"),
        ("terms", "——", "没有文字"),
        ("terms", "退\x07款", "控制字符"),
        ("synonyms", "退款", "至少要写两个"),
        ("synonyms", "退款 退款", "至少要写两个"),
        ("stopwords", "请 问", "不是一个词"),
    ],
)
def test_a_line_that_is_no_entry_is_left_out_with_its_place(tmp_path: Path, name: str, line: str, says: str) -> None:
    content = f"好词 同义\n{line}\n" if name == "synonyms" else f"好词\n{line}\n"
    dictionaries, problems = read(tmp_path, **{name: content})
    assert len(problems) == 1
    assert problems[0].startswith(f"_dict/{name}.txt:2: ")
    assert says in problems[0]
    assert len(getattr(dictionaries, name)) == 1


def test_a_repeated_line_is_a_warning(tmp_path: Path) -> None:
    _, problems = read(tmp_path, terms="退款\n退货\n退款\n")
    assert len(problems) == 1
    assert "第 1 行重复" in problems[0]


def test_a_file_in_another_encoding_says_so(tmp_path: Path) -> None:
    dictionaries, problems = read(tmp_path, terms="退款\n".encode("gb18030"), stopwords="请问\n")
    assert "GB18030" in problems[0]
    assert dictionaries.terms == ()
    assert dictionaries.stopwords == {"请问"}


def test_the_digest_follows_the_words_and_not_the_comments(tmp_path: Path) -> None:
    first = read(tmp_path, terms="退款\n", stopwords="请问\n您好\n")[0].digest
    assert read(tmp_path, terms="# 新注释\n退款\n", stopwords="请问\n您好\n")[0].digest == first
    assert read(tmp_path, terms="退款\n换货\n")[0].digest != first
    assert read(tmp_path, terms="退款\n", stopwords="您好\n")[0].digest != first


def test_the_dictionaries_of_this_repository_are_right() -> None:
    dictionaries, problems = read_dictionaries(REPOSITORY / "articles")
    assert problems == ()
    assert {"未收到货", "极速退款", "连续包月"} <= set(dictionaries.terms)
    assert dictionaries.synonyms
    assert "请问" in dictionaries.stopwords


def test_unsaved_texts_count_instead_of_their_files(tmp_path: Path) -> None:
    write(tmp_path, "_dict/terms.txt", "云存储\n")
    write(tmp_path, "_dict/stopwords.txt", "请问\n")
    dictionaries, problems = read_dictionaries(tmp_path, {"terms.txt": "运费险\n退\x07款"})
    assert dictionaries.terms == ("运费险",)
    assert dictionaries.stopwords == {"请问"}
    assert [problem.line for problem in problems] == [2]
    assert dictionaries.digest != read_dictionaries(tmp_path)[0].digest
