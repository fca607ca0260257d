"""What an article is (design: one article = one solution) and what can be wrong with one."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from datetime import date

KINDS = ("faq", "guide", "case", "policy", "script")
PRIORITIES = ("urgent", "important", "general")
STATUSES = ("draft", "published", "archived")
AUDIENCES = ("internal", "public")

_INTERVAL = re.compile(r"([1-9][0-9]{0,3})([dwm])")
_DAYS = {"d": 1, "w": 7, "m": 31}
_TEN_YEARS = 3660  # days


@dataclass(frozen=True, slots=True)
class Interval:
    """A review interval such as ``7d``, ``2w`` or ``3m``; ``unit`` is ``d``, ``w`` or ``m``."""

    count: int
    unit: str

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read ``Nd | Nw | Nm``, N from 1 to 9999; raise ValueError otherwise."""
        match = _INTERVAL.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"not an interval: {text!r}")
        return cls(int(match[1]), match[2])

    def __str__(self) -> str:
        return f"{self.count}{self.unit}"

    @property
    def is_as_good_as_never(self) -> bool:
        """Whether it is longer than ten years: mostly a slip in the unit."""
        return self.count * _DAYS[self.unit] > _TEN_YEARS


@dataclass(frozen=True, slots=True)
class Script:
    """Wording an agent can send; ``channel`` is None for the wording of every other channel."""

    channel: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A product or scenario folder: its slug, Chinese title and the defaults for what is below."""

    slug: str
    title: str
    owner: str | None = None
    review_every: Interval | None = None
    weight: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class Article:
    """One solution, with the defaults of its folders already applied.

    Dates are calendar days without time zone. ``channels`` is never empty: ``all`` was expanded to
    the configured channels. ``body`` is the Markdown below the front matter, unchanged.
    """

    id: str
    title: str
    product: Folder
    scenario: Folder
    body: str
    questions: tuple[str, ...] = ()
    kind: str = "faq"
    channels: tuple[str, ...] = ()
    owner: str | None = None
    contact: str | None = None
    priority: str = "general"
    tags: tuple[str, ...] = ()
    status: str = "published"
    audience: str = "internal"
    created: date | None = None
    updated: date | None = None
    verified: date | None = None
    verified_by: str | None = None
    review_every: Interval | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    weight: int = 0
    pinned: bool = False
    related: tuple[str, ...] = ()
    former_ids: tuple[str, ...] = ()
    scripts: tuple[Script, ...] = ()

    @property
    def scenario_path(self) -> str:
        """``product/scenario`` slugs: a scenario slug alone is unique only within its product."""
        return f"{self.product.slug}/{self.scenario.slug}"

    def script_for(self, channel: str | None = None) -> str:
        """The wording for ``channel``: its own one, else the general one, else the first; ``""`` if none."""
        by_channel = {script.channel: script.text for script in self.scripts}
        for wanted in (channel, None):
            if wanted in by_channel:
                return by_channel[wanted]
        return self.scripts[0].text if self.scripts else ""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something wrong in a file under ``articles/``; ``str()`` gives ``path:line: message``."""

    path: str
    line: int
    message: str
    severity: str = field(default="error", compare=False)  # "error" | "warning"

    def __str__(self) -> str:
        mark = "" if self.severity == "error" else "提醒："
        return f"{self.path}:{self.line}: {mark}{self.message}"


@dataclass(frozen=True, slots=True)
class ArticleRecord:
    """An article together with the file version that it was read from.

    ``revision`` is the SHA-256 of the file's bytes. ``outdated_by`` is the problem that keeps a newer
    version of the file from being served, None when the file as it stands is what is served.
    """

    article: Article
    path: str
    revision: str
    outdated_by: str | None = None

    @property
    def index_revision(self) -> str:
        """Names everything that the index holds of the article: its file and what it has from its folders."""
        article = self.article
        place = (article.scenario_path, article.product.title, article.scenario.title)
        return hashlib.sha256("\0".join((self.revision, *place, *article.channels)).encode()).hexdigest()[:20]
