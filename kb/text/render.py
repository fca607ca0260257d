"""Markdown → HTML that is safe to show: whatever an editor wrote, no script, style or foreign resource survives."""

from __future__ import annotations

import html
import re
from functools import lru_cache, partial
from itertools import islice

from kb.text import pictures

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h2", "h3", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_ATTRIBUTES = {
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "loading"},
    "th": {"align"},
    "td": {"align"},
    "ol": {"start"},
}
#: What is rendered of lines and characters; articles have some fifty lines, and Python-Markdown's time grows with the
#: square of both.
MOST_LINES, MOST_CHARACTERS = 2000, 30_000
#: For the end of each of these, Python-Markdown looks through all that follows, several times.
MOST_UNCLOSED = 30
#: A tag, a link text or a link target that begins and does not end before another one begins.
_UNCLOSED = re.compile(r"<(?![^<>]*>)|\[(?![^\[\]]*\](?!\()|[^\[\]]*\]\([^()]*\))")
_SCHEMES = {"http", "https", "mailto", "tel"}


def _only_own_images(folder: str, tag: str, attribute: str, value: str) -> str | None:
    """Images come from beside the article, never from another server (which would learn who reads what)."""
    return pictures.address(folder, value) if (tag, attribute) == ("img", "src") else value


@lru_cache(maxsize=512)
def render_html(body: str, folder: str | None) -> str:
    """Render an article's Markdown body (tables and fenced code included) as sanitised HTML.

    ``folder`` (product/scenario) is the article's, beside which its images lie; None leaves images out. A body of more
    than MOST_LINES or MOST_CHARACTERS, or with more than MOST_UNCLOSED, is shown as it is written.
    """
    if _takes_too_long(body):
        return f"<pre>{html.escape(body)}</pre>"
    import markdown  # with them a server would start later: nobody reads an article before the first answer
    import nh3

    # A step's own list is indented by three spaces (CommonMark) or four; Python-Markdown alone insists on four.
    raw = markdown.markdown(
        body, extensions=["tables", "fenced_code", "sane_lists"], output_format="html", tab_length=3
    )
    return nh3.clean(
        raw,
        tags=_TAGS if folder else _TAGS - {"img"},
        attributes=_ATTRIBUTES,
        attribute_filter=partial(_only_own_images, folder or ""),
        set_tag_attribute_values={"img": {"loading": "lazy"}},
        url_schemes=_SCHEMES,
        link_rel="noopener noreferrer",
    )


def _takes_too_long(body: str) -> bool:
    if len(body) > MOST_CHARACTERS or len(body.splitlines()) > MOST_LINES:
        return True
    return next(islice(_UNCLOSED.finditer(body), MOST_UNCLOSED, None), None) is not None
