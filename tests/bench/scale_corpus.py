"""The corpora of the scale curve as article files, kept in a folder: made once for all runs with the same texts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from kb.content.reader import ArticleFiles
from kb.content.writer import render_document
from kb.model import Folder
from tests.bench.recombining import VERSION, Row, Source, articles, questions
from tests.unit.article_tree import CHANNELS, REPOSITORY

_SETS = ("unionpay", "jiningbank", "samsung", "esun_tw", "antfin")
_SCRIPT = "## 标准话术\n"


@dataclass(frozen=True)
class Corpus:
    """``count`` articles in a folder; the same of all who ask for them with the same ``source``."""

    source: Source
    count: int
    home: Path

    @cached_property
    def articles(self) -> Path:
        """The folder of the files, written when there is none yet."""
        folder = self.home / f"{_digest(self.source)}-{self.count}"
        if not folder.exists():
            half_done = folder.with_suffix(".half")
            shutil.rmtree(half_done, ignore_errors=True)
            _write(half_done, articles(self.source, self.count))
            half_done.rename(folder)
        return folder

    def questions(self, count: int) -> list[str]:
        """Questions that no article has, for warming up and for measuring."""
        return questions(self.source, count)


def find_source() -> Source:
    """The sets below ZHIDA_EVAL_DIR where that is set, else the articles of this project."""
    if "ZHIDA_EVAL_DIR" in os.environ:
        return set_source(Path(os.environ["ZHIDA_EVAL_DIR"]))
    return own_source(REPOSITORY / "articles")


def set_source(folder: Path) -> Source:
    """All sets of ``folder``, with their questions."""
    rows: list[Row] = []
    asked: list[str] = []
    for name in _SETS:
        scenarios: dict[str, Folder] = {}
        for line in (folder / name / "corpus.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            title = entry.get("category", ["未分类"])[-1]
            scenario = scenarios.setdefault(title, Folder(f"s{len(scenarios)}", title))
            rows.append(_row_of(entry, Folder(name.replace("_", "-"), name), scenario))
        lines = (folder / name / "queries.tsv").read_text(encoding="utf-8").splitlines()
        asked += [line.split("\t")[1].strip() for line in lines]
    return Source(tuple(rows), tuple(asked))


def own_source(folder: Path) -> Source:
    """The published articles of a folder of files; the last question of each is held out."""
    files = ArticleFiles(folder, CHANNELS)
    scan = files.scan()
    found = (files.read(file, scan.folders).article for file in scan.files)
    served = [article for article in found if article and article.status == "published"]
    rows = [
        Row(article.id, article.title, article.questions[:-1], article.body, article.product, article.scenario)
        for article in served
    ]
    return Source(tuple(rows), tuple(article.questions[-1] for article in served if article.questions))


def stat_every_file(folder: Path) -> None:
    """List a tree and ask every file for its size and time: what finding changes takes at least."""
    with os.scandir(folder) as entries:
        for entry in entries:
            entry.stat()
            if entry.is_dir():
                stat_every_file(Path(entry.path))


def _row_of(entry: dict[str, str | list[str]], product: Folder, scenario: Folder) -> Row:
    """As ``kb import`` takes it over: the body is the script."""
    asked = (" ".join(text.split()) for text in entry["aliases"])
    title, body = " ".join(str(entry["title"]).split()), f"{_SCRIPT}{entry['body'] or '请联系对接人。'}"
    return Row(str(entry["id"]), title, tuple(asked), body, product, scenario)


def _digest(source: Source) -> str:
    return hashlib.sha256(f"{VERSION} {source}".encode()).hexdigest()[:12]


def _write(root: Path, rows: Iterator[Row]) -> None:
    """The files of the rows, and an ``_index.md`` for every folder."""
    made: set[str] = set()
    for row in rows:
        place = f"{row.product.slug}/{row.scenario.slug}"
        for path, folder in ((row.product.slug, row.product), (place, row.scenario)):
            if path not in made:
                made.add(path)
                (root / path).mkdir(parents=True)
                (root / path / "_index.md").write_text(render_document({"title": folder.title}), encoding="utf-8")
        fields = {"id": row.id, "title": row.title, "questions": row.questions, "kind": "faq", "channels": "all"}
        text = render_document(fields | {"updated": "2026-11-02"}, row.body)
        (root / place / f"{row.id}.md").write_text(text, encoding="utf-8")
