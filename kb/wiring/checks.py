"""What is checked of all articles without a service: the format, and whether they are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from kb.config import Settings
from kb.content.checks.page import published_pages
from kb.content.dictionaries import read_dictionaries
from kb.content.lint import is_below, places_of
from kb.content.lint import lint as check_files
from kb.content.reader import ArticleFiles
from kb.content.strict import Strictness
from kb.model import Problem
from kb.rules.freshness import assess
from kb.usecases.progress import Progress, silent
from kb.usecases.retrieval import RetrievalCheck, RetrievalReport
from kb.wiring.basics import policy_of
from kb.wiring.bulk import try_to_finish_import
from kb.wiring.search import build_vocabulary
from kb.wiring.trials import trial


def lint(settings: Settings, paths: Sequence[Path] = (), strict: bool = False) -> list[Problem]:
    """Everything wrong in the article files, or only in ``paths``; ``strict``: also what weakens their quality."""
    try_to_finish_import(settings)
    strictness = None
    if strict:
        words, synonyms = build_vocabulary(settings), read_dictionaries(settings.articles)[0].synonyms
        strictness = Strictness(settings.variables, words.tokenizer, words.stop_words, synonyms)
    return check_files(ArticleFiles(settings.articles, settings.channels), paths, strict=strictness)


def check_retrieval(settings: Settings, paths: Sequence[Path] = (), progress: Progress = silent) -> RetrievalReport:
    """Whether the articles, or those in ``paths``, are found by their own words."""
    try_to_finish_import(settings)
    files = ArticleFiles(settings.articles, settings.channels)
    scan = files.scan()
    places = places_of(files.root, paths)
    policy, today = policy_of(settings), date.today()
    published = published_pages(files.read(file, scan.folders) for file in scan.files)
    pages = [page for page in published if assess(page.article, policy, today).servable]
    words = build_vocabulary(settings)
    with trial([page.article for page in pages], replace(settings, semantic="off"), words) as opened:
        check = RetrievalCheck(pages, opened, words.tokenizer, words.stop_words)
        return check.run([page for page in pages if is_below(page.path, places)], progress)
