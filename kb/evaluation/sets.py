"""Qrels sets: folders of articles (``corpus.jsonl``), queries (``queries.tsv``) and judgements (``qrels.tsv``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kb.errors import EvalError
from kb.evaluation.lines import json_lines, tsv, whole_number
from kb.model import Article, Folder, Script

_CORPUS, _QUERIES, _QRELS = "corpus.jsonl", "queries.tsv", "qrels.tsv"


@dataclass(frozen=True, slots=True)
class QrelsSet:
    """``texts``: qid -> text of every query; ``relevant``: qid -> ids of right articles, of the judged ones only."""

    articles: tuple[Article, ...]
    texts: Mapping[str, str]
    relevant: Mapping[str, frozenset[str]]

    def judged_texts(self) -> dict[str, str]:
        """The queries that somebody judged, in file order; the others can't be scored."""
        return {qid: text for qid, text in self.texts.items() if qid in self.relevant}


def is_set(folder: Path) -> bool:
    """Whether ``folder`` holds any file of a set; a missing one is said when it is read."""
    return any((folder / name).is_file() for name in (_CORPUS, _QUERIES, _QRELS))


def find_sets(folders: Sequence[Path]) -> dict[str, Path]:
    """Name -> folder of the sets that ``folders`` are or directly hold. Raises EvalError when one has none."""
    found: dict[str, Path] = {}
    for folder in folders:
        for path in _sets_of(folder):
            name = path.resolve().name
            if name in found:
                raise EvalError(f"{found[name]} 和 {path} 同名，结果会混在一起；请分开评测，或给其中一个改名。")
            found[name] = path
    return found


def load_qrels_set(folder: Path) -> QrelsSet:
    """Read the three files of a set. Raises EvalError, which says which file and line is bad."""
    articles = tuple(_articles(folder / _CORPUS))
    return QrelsSet(articles, load_texts(folder), load_relevant(folder))


def load_texts(folder: Path) -> dict[str, str]:
    """qid -> text from ``queries.tsv``. Raises EvalError."""
    return {qid: text for _, (qid, text) in tsv(folder / _QUERIES, 2)}


def load_texts_if_any(folder: Path) -> dict[str, str]:
    """The same, nothing when there is no such file: rankings can be compared without."""
    return load_texts(folder) if (folder / _QUERIES).exists() else {}


def load_relevant(folder: Path) -> dict[str, frozenset[str]]:
    """qid -> ids of right articles (grade above 0) from ``qrels.tsv``. Raises EvalError, also when there are none."""
    path = folder / _QRELS
    relevant: dict[str, set[str]] = {}
    for number, (qid, article_id, grade) in tsv(path, 3):
        if whole_number(path, number, grade, "相关度") > 0:
            relevant.setdefault(qid, set()).add(article_id)
    if not relevant:
        raise EvalError(f"{path} 里没有一条相关标注。")
    return {qid: frozenset(ids) for qid, ids in relevant.items()}


def _sets_of(folder: Path) -> list[Path]:
    if is_set(folder):
        return [folder]
    if not folder.is_dir():
        raise EvalError(f"没有 {folder} 这个文件夹，请核对路径。")
    sets = sorted(filter(is_set, folder.iterdir()))
    if not sets:
        raise EvalError(f"{folder} 里没有评测集：它或它的子文件夹要有 {_CORPUS}、{_QUERIES} 和 {_QRELS}。")
    return sets


def _articles(path: Path) -> Iterator[Article]:
    for number, row in json_lines(path):
        if not row.get("id") or not row.get("title"):
            raise EvalError(f"{path}:{number}: 每行须是带 id 和 title 的对象。")
        yield _article(row)


def _article(row: Mapping[str, object]) -> Article:
    category = _texts(row.get("category")) or ["未分类"]
    body = str(row.get("body") or "")
    return Article(
        id=str(row["id"]),
        title=str(row["title"]),
        questions=tuple(_texts(row.get("questions") or row.get("aliases"))),
        product=_folder(category[0]),
        scenario=_folder(category[-1]),
        body=body,
        scripts=(Script(None, body),) if body else (),
    )


def _texts(value: object) -> list[str]:
    return [str(text) for text in value] if isinstance(value, list) else []


def _folder(title: str) -> Folder:
    return Folder(slug=title, title=title)
