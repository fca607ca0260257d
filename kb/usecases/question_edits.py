"""A question is added to, or taken out of, an article's file; every other byte stays as its author left it.

``updated`` stays too: it says when the answer was edited, and how customers may ask for it is no part of the answer.
Were it stamped, every accepted question would send a verified article back to its reviewer.
"""

from __future__ import annotations

from pathlib import Path

from kb.content.documents import revision_of
from kb.content.files import read_file
from kb.content.reader import ArticleFiles
from kb.content.transaction import Transaction
from kb.content.writer import edit_front_matter
from kb.errors import ArticleError
from kb.model import Article, ArticleRecord
from kb.text.normalize import letters_of


class QuestionEditor:
    """Edits files below the root of ``files``; ``home`` keeps the journal of an edit under way.

    Raises ArticleError when the file is not what it should be, BulkImportError while somebody else writes, OSError.
    """

    def __init__(self, files: ArticleFiles, home: Path) -> None:
        self._files, self._home = files, home

    def add(self, record: ArticleRecord, question: str) -> None:
        """Append ``question``; an article that has that wording already is an ArticleError too."""
        article, data = self._read(record)
        if letters_of(question) in wordings(article):
            raise ArticleError(f"条目 {article.id} 里已有“{question}”，没有改动文件。")
        self._write(record, data, (*article.questions, question))

    def remove(self, record: ArticleRecord, question: str) -> None:
        """Take ``question`` out, if it is still there."""
        article, data = self._read(record)
        kept = tuple(other for other in article.questions if letters_of(other) != letters_of(question))
        if kept != article.questions:
            self._write(record, data, kept)

    def _read(self, record: ArticleRecord) -> tuple[Article, bytes]:
        """The article as its file stands now."""
        data = read_file(self._files.root, record.path)
        return self._judged(record, data), data

    def _judged(self, record: ArticleRecord, data: bytes) -> Article:
        version = self._files.judge(record.path, data, self._files.scan().folders)
        error = next((problem for problem in version.problems if problem.severity == "error"), None)
        if version.article is None or version.article.id != record.article.id:
            raise ArticleError(f"没有改动文件：{error or f'{record.path} 里已是另一条知识，请先执行 kb index。'}")
        return version.article

    def _write(self, record: ArticleRecord, before: bytes, questions: tuple[str, ...]) -> None:
        after = edit_front_matter(before.decode(), {"questions": questions or None}).encode()
        self._judged(record, after)
        with Transaction(self._files.root, self._home) as transaction:
            transaction.put(record.path, after, revision_of(before))
            transaction.publish(undoable=False)


def wordings(article: Article) -> frozenset[str]:
    """The letters of an article's title and questions."""
    return frozenset(map(letters_of, (article.title, *article.questions)))
