"""``kb lint --strict``: what breaks nothing, but makes agents send what is wrong, doubtful or unreadable."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from kb.content.checks.agreed_facts import contradictions, read_agreements
from kb.content.checks.links import hidden_targets, unpublished
from kb.content.checks.page import Page, published_pages
from kb.content.checks.past_dates import past_deadlines
from kb.content.checks.pictures import missing_pictures
from kb.content.checks.scripts import long_scripts, marked_up_scripts, missing_wordings, unknown_variables
from kb.content.checks.twins import core_of, twins
from kb.model import Problem
from kb.ports.catalog import FileVersion
from kb.ports.content import Scan
from kb.text.tokenizer import Tokenizer


@dataclass(frozen=True, slots=True)
class Strictness:
    """What the strict checks go by. ``variables``: names an agent can fill in; the rest tells wordings apart."""

    variables: tuple[str, ...]
    tokenizer: Tokenizer
    stop_words: Collection[str]
    synonyms: Sequence[Sequence[str]] = ()

    def problems(self, root: Path, scan: Scan, versions: Sequence[FileVersion], today: date) -> Iterator[Problem]:
        """All findings in the articles folder ``root``, in no particular order; of published articles only."""
        pages = published_pages(versions)
        agreements = read_agreements(scan.folder_files)
        yield from agreements.problems
        hidden = unpublished(versions)
        for page in pages:
            yield from self.of_page(page, today)
            yield from hidden_targets(page, hidden)
            yield from missing_pictures(page, root)
            yield from contradictions(page, agreements.holding_for(page.path), today)
        yield from twins(pages, core_of(self.tokenizer, self.stop_words, self.synonyms))

    def of_page(self, page: Page, today: date) -> Iterator[Problem]:
        """What can be said of one page without looking at others."""
        yield from missing_wordings(page)
        yield from long_scripts(page)
        yield from marked_up_scripts(page)
        yield from unknown_variables(page, self.variables)
        yield from past_deadlines(page, today)
