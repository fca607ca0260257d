"""The dictionary files as people edit them: read as text, replaced by one writer at a time.

What was in a file before and what is in it now both stay in the history, under the file's path instead of an
article's id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from kb.content.dictionaries import DICT_FOLDER
from kb.content.documents import revision_of
from kb.content.files import decode, read_file
from kb.content.findings import Findings
from kb.content.transaction import LOCK_NAME
from kb.errors import ArticleError, EditConflict, EditError, SaveFailed
from kb.ports.history import Content, Edit, History
from kb.replacing import replacing

NAMES = ("terms.txt", "synonyms.txt", "stopwords.txt")

#: seconds to wait for other writers
_WAIT = 10.0


@dataclass(frozen=True, slots=True)
class DictionaryFile:
    """``revision``: SHA-256 of the file, ``""`` for none. ``trouble`` is why its text can't be shown, and must not be
    replaced by what a page shows instead.
    """

    name: str
    text: str = ""
    revision: str = ""
    trouble: str = ""


def path_of(name: str) -> str:
    """Where a dictionary's file is, below the articles folder."""
    return f"{DICT_FOLDER}/{name}"


class DictionaryFiles:
    """The files below ``root/_dict``."""

    def __init__(self, root: Path, history: History) -> None:
        self.root, self._history = root, history

    def read(self, name: str) -> DictionaryFile:
        """A file as it is now."""
        try:
            data = read_file(self.root, path_of(name))
        except ArticleError as error:
            missing = isinstance(error.__cause__, FileNotFoundError)
            return DictionaryFile(name, trouble="" if missing else str(error))
        findings = Findings(path_of(name))
        text = decode(data, findings)
        if text is None:
            return DictionaryFile(name, "", revision_of(data), findings.problems[0].message)
        return DictionaryFile(name, text, revision_of(data))

    def replace(self, texts: Mapping[str, str], expected: Mapping[str, str], edit: Edit) -> list[str]:
        """Let the files say ``texts`` (by name) if each has the revision ``expected``; return the names that changed.

        Raises EditConflict and then nothing is written, EditError, SaveFailed, StoreError.
        """
        try:
            with FileLock(self.root / LOCK_NAME, timeout=_WAIT):
                found = {name: self.read(name) for name in texts}
                for name, file in found.items():
                    _check(file, expected.get(name, ""))
                changed = [name for name, text in texts.items() if text != found[name].text]
                for name in changed:
                    self._write(found[name], texts[name], edit)
                return changed
        except Timeout:
            raise SaveFailed("正在导入知识，或有别的程序在保存，没有保存；请稍后重试。") from None
        except OSError as error:
            raise SaveFailed(f"没有保存：写不了词典文件（{error.strerror or error}）；请检查磁盘和权限。") from error

    def _write(self, before: DictionaryFile, text: str, edit: Edit) -> None:
        path = path_of(before.name)
        if before.revision:
            by_hand = Edit(edit.at, "", "file", "publish")
            self._history.intend(edit, (), (by_hand, Content(path, path, before.revision, before.text)))
        place = self.root / path
        place.parent.mkdir(exist_ok=True)
        with replacing(place) as temporary:
            temporary.write_bytes(text.encode())
        after = Content(path, path, revision_of(text.encode()), text)
        self._history.intend(edit, (), (edit, after))


def _check(file: DictionaryFile, expected: str) -> None:
    if file.trouble:
        raise EditError(f"没有保存：{path_of(file.name)} {file.trouble}")
    if file.revision != expected:
        raise EditConflict(f"{path_of(file.name)} 在你打开之后又改过，没有保存；请对照现在的内容再改。", file.revision)
