"""The model article of docs/authors.md has to pass what it teaches."""

from __future__ import annotations

import re
import shutil
from datetime import date
from pathlib import Path

from kb.config import load_settings
from kb.content.lint import lint
from kb.content.reader import ArticleFiles
from kb.content.strict import Strictness
from kb.wiring.checks import check_retrieval
from kb.wiring.search import build_vocabulary

ROOT = Path(__file__).resolve().parent.parent
GUIDE = (ROOT / "docs/authors.md").read_text(encoding="utf-8")


def test_the_model_article_passes_every_check_next_to_the_real_ones(tmp_path: Path) -> None:
    (model,) = re.findall(r"```markdown\n(---\n.*?)```", GUIDE, re.DOTALL)
    articles = tmp_path / "articles"
    shutil.copytree(ROOT / "articles", articles)
    (articles / "smart-home/lock/lock-temp-password.md").write_text(model, encoding="utf-8")
    settings = load_settings(
        environ={}, overrides={"articles": str(articles), "data": str(tmp_path / "data"), "semantic": "off"}
    )
    words = build_vocabulary(settings)
    strict = Strictness(settings.variables, words.tokenizer, words.stop_words)
    only = [Path("smart-home/lock/lock-temp-password.md")]
    problems = lint(ArticleFiles(articles, settings.channels), only, date(2026, 11, 22), strict)
    assert [*problems, *check_retrieval(settings, only).problems] == []


def test_the_guide_names_the_variables_that_may_be_used() -> None:
    named = re.findall(r"\{\{(.+?)\}\}", GUIDE.partition("## 7.")[0])
    assert tuple(named) == load_settings(environ={}).variables
