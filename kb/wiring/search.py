"""What searching is made of: the engine, the model, the words that dictionaries teach."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version

from kb.config import Settings
from kb.content.dictionaries import read_dictionaries
from kb.embedding.providers import choose, remake
from kb.embedding.vector_file import VectorFile, stored_fingerprints
from kb.engines.whoosh_engine import WhooshEngine
from kb.engines.whoosh_index import FORMAT_VERSION
from kb.ports.embedder import Embedder, VectorStore
from kb.ports.engine import SearchEngine
from kb.rules.rewriting import Synonyms
from kb.text.analyzer import ANALYZER_VERSION
from kb.text.dictionaries import Dictionaries
from kb.text.normalize import normalize
from kb.text.stopwords import function_words
from kb.text.tokenizer import Tokenizer
from kb.usecases.question import Vocabulary
from kb.usecases.semantic import Semantic


def build_engine(settings: Settings) -> SearchEngine:
    """The engine that ``settings.engine`` names; ``auto`` is Whoosh, the only one of this version."""
    return WhooshEngine(settings.index_dir, settings.lock_timeout)


def build_semantic(settings: Settings) -> Semantic | None:
    """Search by meaning, when settings and libraries allow. Raises SettingsError when it must be and can't."""
    embedder = choose(settings)
    if embedder is None:
        return None
    folder = settings.vectors_dir

    def former() -> Iterator[tuple[Embedder, VectorStore]]:
        for name in stored_fingerprints(folder):
            if name != embedder.fingerprint and (one := remake(name, settings)):
                yield one, VectorFile(folder, name)

    store = VectorFile(folder, embedder.fingerprint)
    return Semantic(embedder, store, former, settings.semantic_deadline_ms / 1000)


def fingerprint(engine: SearchEngine) -> str:
    """All that the index depends on besides the articles; another one means: rebuild."""
    libraries = " ".join(f"{name} {version(name)}" for name in ("whoosh", "opencc"))
    return f"{engine.name} format {FORMAT_VERSION}, analyzer {ANALYZER_VERSION}, {libraries}"


def build_vocabulary(settings: Settings) -> Vocabulary:
    """Tokenizer, stop words and synonyms from the program's lists and ``articles/_dict``."""
    return vocabulary_of(read_dictionaries(settings.articles)[0], settings)


def vocabulary_of(dictionaries: Dictionaries, settings: Settings) -> Vocabulary:
    """Tokenizer, stop words and synonyms from the program's lists and ``dictionaries``."""
    tokenizer = Tokenizer(map(normalize, dictionaries.terms), cache_dir=settings.data)
    stop_words = function_words() | set(map(normalize, dictionaries.stopwords))
    return Vocabulary(tokenizer, stop_words, Synonyms(dictionaries.synonyms), settings.data / "suggest.cells")
