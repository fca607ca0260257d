"""``articles/_dict``: ``terms.txt``, ``synonyms.txt``, ``stopwords.txt``; one entry a line, ``#`` begins a comment."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from kb.content.files import decode, read_file
from kb.content.findings import NOT_ONE_LINE, Findings, quoted
from kb.errors import ArticleError
from kb.model import Problem
from kb.text.dictionaries import Dictionaries

DICT_FOLDER = "_dict"
_LONGEST_WORD = 30
_FREQUENCY = re.compile(r"[0-9]+( [a-z]+)?")  # what jieba's own dictionaries have behind a word
_BETWEEN_SYNONYMS = re.compile(r"[\s,，、]+")

T = TypeVar("T")


def read_dictionaries(
    root: Path, unsaved: Mapping[str, str] = MappingProxyType({})
) -> tuple[Dictionaries, tuple[Problem, ...]]:
    """The dictionaries of the articles folder ``root`` and what is wrong in them; bad lines are left out.

    A file that is missing is an empty one; ``unsaved`` are texts by file name that count instead of the files.
    """
    problems: list[Problem] = []

    def lines(name: str, findings: Findings) -> list[str]:
        return unsaved[name].splitlines() if name in unsaved else _lines(root, findings)

    terms = _read(lines, "terms.txt", _term, problems)
    synonyms = _read(lines, "synonyms.txt", _synonyms, problems)
    stopwords = frozenset(_read(lines, "stopwords.txt", _term, problems))
    content = repr((terms, synonyms, sorted(stopwords)))
    digest = hashlib.sha256(content.encode()).hexdigest()
    return Dictionaries(terms, synonyms, stopwords, digest), tuple(problems)


def _read(
    lines: Callable[[str, Findings], list[str]], name: str, parse: Callable[[str], T], problems: list[Problem]
) -> tuple[T, ...]:
    """What ``parse`` makes of every line; it raises ValueError with advice for a line that is none."""
    findings = Findings(f"{DICT_FOLDER}/{name}")
    first_lines: dict[T, int] = {}
    for number, line in enumerate(lines(name, findings), start=1):
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


def _lines(root: Path, findings: Findings) -> list[str]:
    try:
        data = read_file(root, findings.path)
    except ArticleError as error:
        if not isinstance(error.__cause__, FileNotFoundError):
            findings.error(1, str(error))
        return []
    return (decode(data, findings) or "").removeprefix("\ufeff").split("\n")


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
