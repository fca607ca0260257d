"""``articles/_dict``: ``terms.txt``, ``synonyms.txt``, ``stopwords.txt``; one entry a line, ``#`` begins a comment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from kb.content.files import decode, read_file
from kb.content.findings import NOT_ONE_LINE, Findings, quoted
from kb.errors import ArticleError
from kb.model import Problem
from kb.text.dictionaries import Dictionaries

DICT_FOLDER = "_dict"
NAMES = ("terms.txt", "synonyms.txt", "stopwords.txt")
_LONGEST_WORD = 30
_FREQUENCY = re.compile(r"[0-9]+( [a-z]+)?")  # what jieba's own dictionaries have behind a word
_BETWEEN_SYNONYMS = re.compile(r"[\s,，、]+")

T = TypeVar("T")


def read_dictionaries(root: Path) -> tuple[Dictionaries, tuple[Problem, ...]]:
    """The dictionaries of the articles folder ``root`` and what is wrong in them; bad lines are left out.

    A file that is missing is an empty one.
    """
    problems: list[Problem] = []
    texts = {name: _text(root, name, problems) for name in NAMES}
    dictionaries, more = parse_dictionaries(texts)
    return dictionaries, (*problems, *more)


def parse_dictionaries(texts: Mapping[str, str]) -> tuple[Dictionaries, tuple[Problem, ...]]:
    """The same for the ``texts`` of the files, by name."""
    problems: list[Problem] = []
    terms = _entries("terms.txt", texts["terms.txt"], _term, problems)
    synonyms = _entries("synonyms.txt", texts["synonyms.txt"], _synonyms, problems)
    stopwords = frozenset(_entries("stopwords.txt", texts["stopwords.txt"], _term, problems))
    content = repr((terms, synonyms, sorted(stopwords)))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Dictionaries(terms, synonyms, stopwords, digest), tuple(problems)


def path_of(name: str) -> str:
    """Where a dictionary's file is, below the articles folder."""
    return f"{DICT_FOLDER}/{name}"


def _entries(name: str, text: str, parse: Callable[[str], T], problems: list[Problem]) -> tuple[T, ...]:
    """What ``parse`` makes of every line; it raises ValueError with advice for a line that is none."""
    findings = Findings(path_of(name))
    first_lines: dict[T, int] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        entry = line.partition("#")[0].strip()
        if not entry:
            continue
        try:
            value = parse(entry)
        except ValueError as error:
            findings.error(number, str(error))
            continue
        if value in first_lines:
            findings.warn(number, f"{quoted(entry)}与第 {first_lines[value]} 行重复，请删掉一个。")
        first_lines.setdefault(value, number)
    problems += findings.problems
    return tuple(first_lines)


def _text(root: Path, name: str, problems: list[Problem]) -> str:
    findings = Findings(path_of(name))
    text = None
    try:
        text = decode(read_file(root, findings.path), findings)
    except ArticleError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            findings.error(1, str(error))
    problems += findings.problems
    return text or ""


def _word(text: str) -> str:
    if NOT_ONE_LINE.search(text):
        raise ValueError("这一行有控制字符，请删掉后重新输入。")
    if len(text) > _LONGEST_WORD:
        raise ValueError(f"{quoted(text)}有 {len(text)} 个字，不像一个词（最多 {_LONGEST_WORD} 个字）；请拆短。")
    if not any(char.isalnum() for char in text):
        raise ValueError(f"{quoted(text)}里没有文字，请删掉这一行；注释请以 # 开头。")
    return text


def _term(entry: str) -> str:
    word, *rest = entry.split()
    if rest and not _FREQUENCY.fullmatch(" ".join(rest)):
        raise ValueError(f"{quoted(entry)}不是一个词，请一行只写一个词（后面可以跟词频）。")
    return _word(word)


def _synonyms(entry: str) -> tuple[str, ...]:
    words = tuple(dict.fromkeys(_word(word) for word in _BETWEEN_SYNONYMS.split(entry) if word))
    if len(words) < 2:
        raise ValueError(f"{quoted(entry)}只有一个词，一行至少要写两个同义词，用空格或逗号分开。")
    return words
