"""Everything that can be said against an article before it is saved, each finding at the field it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import islice

from kb.checking.duplicates import Duplicate, Wordings
from kb.checking.field_places import FieldPlaces
from kb.checking.standing_facts import StandingFact, StandingFacts
from kb.content.checks.agreed_facts import contradictions, read_agreements
from kb.content.checks.links import hidden_targets
from kb.content.checks.page import Page
from kb.content.checks.scripts import MAX_CHAT_SCRIPT, SPOKEN
from kb.content.fields import SLUG
from kb.content.findings import Findings, quoted
from kb.content.front_matter import read_front_matter
from kb.content.lint import future_dates
from kb.content.reader import ArticleFiles, line_of
from kb.content.strict import Strictness
from kb.content.validation import article_fields
from kb.errors import QueryError
from kb.model import Article, Problem
from kb.ports.catalog import Catalog, FileVersion
from kb.ports.content import Scan
from kb.usecases.question import Vocabulary

#: Nobody mends more in one go, and finding the place of each takes as long as the file is.
MOST_FINDINGS = 200

#: The fields that a file can't do without, by what is said when they are missing.
_REQUIRED = {spec.required: spec.name for spec in article_fields(()) if spec.required}


@dataclass(frozen=True, slots=True)
class FieldFinding:
    """What is wrong and where: the field by ``FieldPlaces``, the line of the file; ``severity`` as in Problem."""

    field: str
    line: int
    severity: str
    message: str


@dataclass(frozen=True, slots=True)
class ScriptLength:
    """How many characters a wording has; ``limit`` is None where it is read out, not sent. ``channel`` as in Script."""

    channel: str | None
    characters: int
    limit: int | None


@dataclass(frozen=True, slots=True)
class Checked:
    """The findings of one unsaved article. ``article`` is None when it breaks the format; then only ``findings`` say
    something.
    """

    article: Article | None
    findings: tuple[FieldFinding, ...]
    duplicates: tuple[Duplicate, ...] = ()
    standing: tuple[StandingFact, ...] = ()
    scripts: tuple[ScriptLength, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsaved:
    """A file that is being edited. ``id``: of the article that it will replace, None for a new one; ``folder``:
    ``product/scenario``.
    """

    source: str
    id: str | None
    folder: str


class Checker:
    """Checks unsaved articles against all others; thread-safe. ``variables`` are those that agents can fill in."""

    def __init__(self, files: ArticleFiles, catalog: Catalog, variables: tuple[str, ...]) -> None:
        self._files, self._catalog, self._variables = files, catalog, variables
        self._facts, self._wordings = StandingFacts(catalog), Wordings(catalog)

    def judge(self, unsaved: Unsaved) -> FileVersion:
        """The article that the file describes, or what breaks the format. Raises QueryError for a bad folder."""
        return self._judged(unsaved, self._above(unsaved))

    def check(self, unsaved: Unsaved, vocabulary: Vocabulary, today: date) -> Checked:
        """All that can be said. Raises QueryError for a folder that can't be, StoreError."""
        above = self._above(unsaved)
        version = self._judged(unsaved, above)
        problems, article = list(version.problems), version.article
        if article is None:
            return Checked(None, _placed(unsaved.source, problems))
        before = self._catalog.get(unsaved.id) if unsaved.id else None
        problems += islice(self._strict(version, article, above, vocabulary, today), MOST_FINDINGS)
        problems += self._ids(version, article, unsaved.id)
        return Checked(
            article=article,
            findings=_placed(unsaved.source, sorted(set(problems))),
            duplicates=tuple(self.duplicates((article.title, *article.questions), vocabulary, unsaved.id)),
            standing=self._facts.check(before.article if before else None, article),
            scripts=tuple(_lengths(article)),
        )

    def duplicates(self, texts: tuple[str, ...], vocabulary: Vocabulary, own_id: str | None) -> list[Duplicate]:
        """Which other articles have these wordings already, see ``Wordings``."""
        return self._wordings.duplicates(texts, vocabulary, own_id)

    def _above(self, unsaved: Unsaved) -> Scan:
        """Its folders alone: a walk over the whole tree with every rest of the writer's hands holds agents up."""
        product, _, scenario = unsaved.folder.partition("/")
        if not (SLUG.fullmatch(product) and SLUG.fullmatch(scenario)):
            raise QueryError(f"没有{quoted(unsaved.folder)}这个分类；请先选产品类型和问题场景。")
        return self._files.scan_above(_path(unsaved))

    def _judged(self, unsaved: Unsaved, above: Scan) -> FileVersion:
        return self._files.judge(_path(unsaved), unsaved.source.encode("utf-8", "surrogatepass"), above.folders)

    def _strict(
        self, version: FileVersion, article: Article, above: Scan, vocabulary: Vocabulary, today: date
    ) -> Iterator[Problem]:
        """What ``kb lint --strict`` would say of this one file, but for twins: those are duplicates."""
        front = read_front_matter(version.source, Findings(version.path))
        assert front is not None  # noqa: S101  # there is an article
        page = Page(version.path, article, front)
        strict = Strictness(self._variables, vocabulary.tokenizer, vocabulary.stop_words, vocabulary.synonyms.groups)
        yield from strict.of_page(page, today)
        related = self._catalog.get_many(article.related)
        yield from hidden_targets(page, {i: r.article for i, r in related.items() if r.article.status != "published"})
        yield from contradictions(page, read_agreements(above.folder_files).holding_for(version.path), today)
        yield from future_dates(version, today)

    def _ids(self, version: FileVersion, article: Article, own_id: str | None) -> Iterator[Problem]:
        """Ids that lead nowhere, or to somebody else."""
        known = self._catalog.get_many((article.id, *article.related))
        if article.id != own_id and article.id in known:
            message = f"编号{quoted(article.id)}已经是“{known[article.id].article.title}”的，请换一个没有用过的编号。"
            yield Problem(version.path, line_of(version, "id"), message)
        for target in article.related:
            if target not in known:
                message = f"相关知识里的{quoted(target)}没有对应的条目，可能已删除或改号；请改正或去掉。"
                yield Problem(version.path, line_of(version, "related"), message, "warning")


def _path(unsaved: Unsaved) -> str:
    return f"{unsaved.folder}/{unsaved.id or 'new'}.md"


def _placed(source: str, problems: list[Problem]) -> tuple[FieldFinding, ...]:
    places = FieldPlaces(source)
    errors_first = sorted(problems, key=lambda problem: problem.severity != "error")
    return tuple(
        FieldFinding(_REQUIRED.get(p.message) or places.field_at(p.line), p.line, p.severity, p.message)
        for p in sorted(errors_first[:MOST_FINDINGS])
    )


def _lengths(article: Article) -> Iterator[ScriptLength]:
    for script in article.scripts:
        limit = None if script.channel == SPOKEN else MAX_CHAT_SCRIPT
        yield ScriptLength(script.channel, len(script.text), limit)
