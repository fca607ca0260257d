"""Each save as a commit by its author, where the articles folder is a git repository of its own.

A commit holds what was saved and nothing else: its tree is HEAD's with these paths changed, so what others have staged
or left half done stays theirs. A folder inside a larger repository is never touched.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from kb.errors import SettingsError
from kb.ports.history import Edit

if TYPE_CHECKING:
    from dulwich.objects import ObjectID, Tree
    from dulwich.repo import Repo

log = logging.getLogger(__name__)

_COMMITTER = b"zhida <zhida@localhost>"
_MODE = 0o100644
_NO_NAME = re.compile(r"[<>\x00-\x1f]")


class GitHistory:
    """Commits below ``root``. ``trouble`` says what kept the latest save from being committed, ``""`` for nothing.

    Raises SettingsError when there is no library for it.
    """

    def __init__(self, root: Path) -> None:
        try:
            import dulwich.repo  # noqa: F401  # only to see whether it is there
        except ImportError:
            raise SettingsError("设置了 git_commit，但没有安装 dulwich；请执行 pip install 'zhida-kb[git]'。") from None
        self._root = root
        self.trouble = ""

    def commit(self, edit: Edit, subject: str, files: Mapping[str, bytes | None]) -> None:
        """Commit these contents (None: the file is gone). Raises nothing: a save must not fail for that."""
        from dulwich.errors import NotGitRepository
        from dulwich.repo import Repo

        try:
            with Repo(str(self._root)) as repo:
                self._commit(repo, edit, subject, files)
            self.trouble = ""
        except NotGitRepository:
            self.trouble = f"设置了 git_commit，但 {self._root} 不是 git 仓库的根，保存的内容没有提交。"
        except Exception as error:  # a library's and a disk's, of any kind
            log.warning("保存的内容没有提交到 git：%s", error)
            self.trouble = f"最近一次保存没有提交到 git（{error}）；请检查知识目录的仓库。"

    def _commit(self, repo: Repo, edit: Edit, subject: str, files: Mapping[str, bytes | None]) -> None:
        from dulwich.object_store import commit_tree_changes
        from dulwich.objects import Blob, Commit, Tree

        store = repo.object_store
        try:
            tree = cast(Tree, repo[cast(Commit, repo[repo.head()]).tree])
        except KeyError:  # nothing was ever committed
            tree = Tree()
        changes: list[tuple[bytes, int | None, ObjectID | None]] = []
        for path, data in files.items():
            if data is not None:
                blob = Blob.from_string(data)
                store.add_object(blob)
                changes.append((path.encode(), _MODE, blob.id))
            elif _has(repo, tree, path):
                changes.append((path.encode(), None, None))
        if not changes:
            return
        wanted = commit_tree_changes(store, tree, changes)
        author = f"{_NO_NAME.sub('', edit.author).strip() or 'zhida'} <zhida@localhost>"
        message = f"{subject}\n\n{edit.note}\n" if edit.note else f"{subject}\n"
        repo.get_worktree().commit(
            message=message.encode(), committer=_COMMITTER, author=author.encode(), tree=wanted, no_verify=True
        )
        self._follow(repo, files)

    def _follow(self, repo: Repo, files: Mapping[str, bytes | None]) -> None:
        """Let the staging area say of these paths what HEAD says, else the next commit by hand would take it back."""
        from dulwich.index import index_entry_from_stat
        from dulwich.objects import Blob

        index = repo.open_index()
        for path, data in files.items():
            if data is None:
                if path.encode() in index:
                    del index[path.encode()]
            else:
                entry = index_entry_from_stat((self._root / path).stat(), Blob.from_string(data).id)
                index[path.encode()] = entry
        index.write()


def _has(repo: Repo, tree: Tree, path: str) -> bool:
    """Whether a file was committed at all: what never was can't be taken out."""
    try:
        tree.lookup_path(repo.object_store.__getitem__, path.encode())
    except KeyError:
        return False
    return True
