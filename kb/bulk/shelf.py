"""Which articles there are, found by id or by title."""

from __future__ import annotations

from kb.bulk.places import parent_of
from kb.bulk.values import one_line
from kb.content.reader import ArticleFiles
from kb.ports.content import FileStat, Scan
from kb.text.slugs import slug_of
from kb.usecases.progress import Progress


class Shelf:
    """The articles of a scan, and those that an import adds."""

    def __init__(self, files: ArticleFiles, scan: Scan, progress: Progress) -> None:
        self._files: dict[str, FileStat] = {file.path: file for file in scan.files}
        self._paths: dict[str, str] = {}
        self._ids: dict[str, list[str]] = {}
        for file in progress(scan.files, len(scan.files), "读取现有词条"):
            article = files.read(file, scan.folders).article
            if article is not None and article.id not in self._paths:
                self.add(article.id, article.title, file.path)

    def add(self, article_id: str, title: str, path: str) -> None:
        """Note an article that is, or will be, in the file ``path``."""
        self._paths[article_id] = path
        self._ids.setdefault(one_line(title), []).append(article_id)

    def path_of(self, article_id: str) -> str | None:
        """The file of an article."""
        return self._paths.get(article_id)

    def file(self, path: str) -> FileStat | None:
        """The file ``path``, right or wrong, as it was before the import."""
        return self._files.get(path)

    def id_for(self, title: str, folder: str | None) -> str:
        """The id of the article with this title in ``folder`` (None: anywhere), or a new one in pinyin.

        Raises ValueError when several have it.
        """
        ids = [i for i in self._ids.get(title, ()) if folder is None or parent_of(self._paths[i]) == folder]
        if len(ids) > 1:
            raise ValueError(f"标准问“{title}”有 {len(ids)} 条（{'、'.join(ids[:3])}），不知道是哪一条；请填编号。")
        return ids[0] if ids else slug_of(title, self._paths)
