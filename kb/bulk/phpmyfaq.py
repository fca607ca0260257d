"""The XML that phpMyFAQ exports: ``<phpmyfaq><article id="1"><category>…``, answers as escaped HTML."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree.ElementTree import ParseError, XMLParser

from kb.bulk.html_text import text_of_html
from kb.bulk.rows import Row, Source, category_cell
from kb.errors import BulkImportError

_CHUNK = 1 << 16


class _Articles:
    """The target of a parser: what was read of each article is in ``done``."""

    def __init__(self) -> None:
        self.root = ""
        self.done: list[dict[str, str]] = []
        self._article: dict[str, str] = {}
        self._texts: list[str] = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self.root = self.root or tag
        self._texts.clear()
        if tag == "article":
            self._article = {"id": attributes.get("id", "")}

    def data(self, text: str) -> None:
        self._texts.append(text)

    def end(self, tag: str) -> None:
        if tag == "article":
            self.done.append(self._article)
        else:
            self._article[tag] = "".join(self._texts).strip()
        self._texts.clear()

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise BulkImportError("XML 文件里有 DOCTYPE 声明，为安全起见没有导入；phpMyFAQ 自己导出的文件里没有它。")

    def close(self) -> None: ...


def read_phpmyfaq(path: Path) -> Source:
    """The articles of an export. Raises BulkImportError when it is none, also while the rows are taken."""
    return Source(
        (Row(number, _cells(article)) for number, article in enumerate(_articles(path), 1)),
        sum(1 for _ in _articles(path)),
    )


def _articles(path: Path) -> Iterator[dict[str, str]]:
    articles = _Articles()
    parser = XMLParser(target=articles)  # noqa: S314  # no DOCTYPE, so no entities
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                parser.feed(chunk)
                if articles.root not in ("", "phpmyfaq"):
                    raise BulkImportError(f"{path} 不是 phpMyFAQ 导出的 XML，没有导入；其他 XML 请先转成 CSV 或 XLSX。")
                yield from articles.done
                articles.done.clear()
        parser.close()
    except ParseError as error:
        raise BulkImportError(f"{path} 不是完整的 XML（{error}），没有导入；请重新导出。") from None


def _cells(article: Mapping[str, str]) -> dict[str, str]:
    """One article is one language of an entry, so both make its id."""
    language = article.get("language", "").lower().replace("_", "-")
    return {
        "id": "-".join(part for part in ("pmf", article["id"], language) if part),
        "title": article.get("question", ""),
        "category": category_cell(article.get("category", "").split(" >> ")),
        "tags": article.get("keywords", ""),
        "body": text_of_html(html.unescape(article.get("answer", ""))),
        "updated": article.get("data", ""),
    }
