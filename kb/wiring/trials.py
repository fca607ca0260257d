"""Search and suggestions on a throw-away index, for measuring."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

from kb.config import Settings
from kb.model import Article, ArticleRecord, Freshness, State
from kb.rules.vector_index import ArticleTexts
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.documents import index_document
from kb.usecases.library import Library
from kb.usecases.progress import Progress, silent
from kb.usecases.question import Vocabulary
from kb.usecases.retrieval import Trial
from kb.usecases.searching import Searcher
from kb.usecases.suggesting import build_suggester
from kb.wiring.search import build_engine, build_semantic, fingerprint


@contextmanager
def evaluation_search(
    articles: Sequence[Article], settings: Settings, semantic: bool = False, progress: Progress = silent
) -> Iterator[Trial]:
    """The ordinary search and suggestions over foreign ``articles`` (none of ``settings``' dictionaries apply).

    Raises SettingsError when ``semantic`` retrieval is asked for and there is none.
    """
    settings = replace(settings, semantic="on" if semantic else "off")
    with trial(articles, settings, Vocabulary(Tokenizer(), function_words()), progress) as opened:
        yield opened


@contextmanager
def trial(
    articles: Sequence[Article], settings: Settings, vocabulary: Vocabulary, progress: Progress = silent
) -> Iterator[Trial]:
    """Search and suggestions on a throw-away index over ``articles``, every one of which counts as current."""
    records = _InMemory({article.id: ArticleRecord(article, article.id, article.id) for article in articles})
    current = Freshness(State.FRESH, (), None, 0)
    library = Library.of((record.article for record in records.values()), date.max)
    suggest = build_suggester(tuple(records.values()), library, lambda _: current, {}, (), vocabulary.cells_of)
    with tempfile.TemporaryDirectory(prefix="kb-trial-") as folder:
        # a cluster answers as an engine on files does, and is no place for what is thrown away
        engine_name = "auto" if settings.engine == "opensearch" else settings.engine
        settings = replace(settings, data=Path(folder), engine=engine_name)
        engine = build_engine(settings)
        engine.rebuild((index_document(article, article.id) for article in articles), fingerprint(engine))
        semantic = build_semantic(settings)
        if semantic:
            semantic.follow(tuple(map(ArticleTexts.of, articles)))
            semantic.embed(progress)
        searcher = Searcher(
            engine=engine,
            articles=records,
            library=library,
            vocabulary=vocabulary,
            freshness=lambda _, day: current,
            by_pinyin=lambda text: [row.id for row in suggest(text, 50) if row.id],
            channels=settings.channels,
            today=lambda: date.max,
            semantic=semantic,
        )
        vocabulary.tokenizer.warm_up()
        yield Trial(searcher, suggest)
        engine.close()
        if semantic:
            semantic.close()


class _InMemory(dict[str, ArticleRecord]):
    def get_many(self, ids: Sequence[str]) -> Mapping[str, ArticleRecord]:
        return {article_id: self[article_id] for article_id in ids if article_id in self}
