"""A question is added to, or taken out of, an article's file; every other byte stays as its author left it.

``updated`` stays too: it says when the answer was edited, and how customers may ask for it is no part of the answer.
Were it stamped, every accepted question would send a verified article back to its reviewer.
"""

from __future__ import annotations

from collections.abc import Callable

from kb.content.files import read_file
from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.content.writer import edit_front_matter
from kb.errors import ArticleError
from kb.model import Article, ArticleRecord
from kb.ports.catalog import FileVersion
from kb.ports.history import Edit
from kb.text.normalize import letters_of


class QuestionEditor:
    """Edits files below the root of ``files``; ``changed`` is called after every edit, so that searches follow at once.

    Raises ArticleError when the file is not what it should be, and what ``ArticleSaver.save`` raises.
    """

    def __init__(self, files: ArticleFiles, saver: ArticleSaver, changed: Callable[[], None]) -> None:
        self._files, self._saver, self._changed = files, saver, changed

    def add(self, record: ArticleRecord, question: str, edit: Edit) -> None:
        """Append ``question``; an article that has that wording already is an ArticleError too."""
        article, before = self._read(record)
        if letters_of(question) in wordings(article):
            raise ArticleError(f"条目 {article.id} 里已有“{question}”，没有改动文件。")
        self._write(record, before, (*article.questions, question), edit)

    def remove(self, record: ArticleRecord, question: str, edit: Edit) -> None:
        """Take ``question`` out, if it is still there."""
        article, before = self._read(record)
        kept = tuple(other for other in article.questions if letters_of(other) != letters_of(question))
        if kept != article.questions:
            self._write(record, before, kept, edit)

    def _read(self, record: ArticleRecord) -> tuple[Article, FileVersion]:
        """The article as its file stands now."""
        return self._judged(record, read_file(self._files.root, record.path))

    def _judged(self, record: ArticleRecord, data: bytes) -> tuple[Article, FileVersion]:
        version = self._files.judge(record.path, data, self._files.folders_at(record.path))
        error = next((problem for problem in version.problems if problem.severity == "error"), None)
        if version.article is None or version.article.id != record.article.id:
            raise ArticleError(f"没有改动文件：{error or f'{record.path} 里已是另一条知识，请先执行 kb index。'}")
        return version.article, version

    def _write(self, record: ArticleRecord, before: FileVersion, questions: tuple[str, ...], edit: Edit) -> None:
        after = edit_front_matter(before.source, {"questions": questions or None})
        self._saver.save(self._judged(record, after.encode())[1], before.revision, edit)
        self._changed()


def wordings(article: Article) -> frozenset[str]:
    """The letters of an article's title and questions."""
    return frozenset(map(letters_of, (article.title, *article.questions)))
