"""An article next to the file it came from, so that a finding can name the line it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kb.content.findings import NOT_ONE_LINE, Findings
from kb.content.front_matter import FrontMatter, read_front_matter
from kb.model import Article, Problem
from kb.ports.catalog import FileVersion


@dataclass(frozen=True, slots=True)
class Page:
    """A published article and its file, taken apart."""

    path: str
    article: Article
    front: FrontMatter

    def wordings(self) -> Iterator[tuple[str, int]]:
        """(text, line) of the title and of each question."""
        for name in ("title", "questions"):
            entry = self.front.entries.get(name)
            if entry is not None:
                values = entry.value if isinstance(entry.value, tuple) else (entry.value,)
                yield from ((value.text.strip(), value.line) for value in values if value.text)

    def line_at(self, offset: int) -> int:
        """The line of the file at which ``body[offset]`` stands."""
        return self.front.body_line + self.article.body.count("\n", 0, offset)

    def warning(self, line: int, message: str) -> Problem:
        """A finding of this page."""
        return Problem(self.path, line, NOT_ONE_LINE.sub("�", message), "warning")


def published_pages(versions: Iterable[FileVersion]) -> list[Page]:
    """The pages of what agents can find; drafts and archived articles are nobody's trouble yet or any more."""
    pages = []
    for version in versions:
        front = read_front_matter(version.source, Findings(version.path))
        if front is not None and version.article is not None and version.article.status == "published":
            pages.append(Page(version.path, version.article, front))
    return pages
