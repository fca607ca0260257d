"""What a page says and links to, as an HTML parser sees it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import NamedTuple

_VOID = {"meta", "link", "input", "br", "hr", "img"}


class Tag(NamedTuple):
    """An element: its name, its attributes and all the text inside."""

    name: str
    attributes: dict[str, str]
    pieces: list[str]

    @property
    def text(self) -> str:
        """The text inside, white space collapsed."""
        return " ".join("".join(self.pieces).split())

    def get(self, attribute: str) -> str:
        """An attribute's value, empty when absent."""
        return self.attributes.get(attribute, "")


class Page(HTMLParser):
    """A parsed page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self.feed(html)

    def find(self, name: str, css_class: str = "") -> list[Tag]:
        """The elements of that name, only those with ``css_class`` when given."""
        return [
            tag for tag in self.tags if tag.name == name and (not css_class or css_class in tag.get("class").split())
        ]

    def text(self, name: str = "main") -> str:
        """The text of the first element of that name."""
        return self.find(name)[0].text

    def link(self, text: str) -> str:
        """Where the first link that starts with ``text`` leads to."""
        return next(tag.get("href") for tag in self.find("a") if tag.text.startswith(text))

    def hrefs(self) -> list[str]:
        """Where all links lead to."""
        return [tag.get("href") for tag in self.find("a")]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        made = Tag(tag, {name: value or "" for name, value in attrs}, [])
        self.tags.append(made)
        if tag not in _VOID:
            self._open.append(made)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop().name != tag:
            pass

    def handle_data(self, data: str) -> None:
        for tag in self._open:
            tag.pieces.append(data)
