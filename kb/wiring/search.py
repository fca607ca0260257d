"""What searching is made of: the engine, the model, the words that dictionaries teach."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec

from kb.config import Settings
from kb.content.dictionaries import read_dictionaries
from kb.embedding.providers import choose, remake
from kb.embedding.vector_file import VectorFile, stored_fingerprints
from kb.errors import SettingsError
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
from kb.wiring.cluster import build_cluster
from kb.wiring.sharing import build_elsewhere


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine is used and why, in words."""

    name: str
    reason: str


def choose_engine(settings: Settings) -> EngineChoice:
    """The engine that ``settings.engine`` names; ``auto`` never takes a cluster. Raises SettingsError when it is not
    installed.
    """
    installed = find_spec("tantivy") is not None
    if settings.engine == "tantivy" and not installed:
        raise SettingsError(
            "KB_ENGINE 指定了 tantivy，但没有安装它。请执行 pip install 'zhida-kb[tantivy]'，"
            "或把 KB_ENGINE 改为 auto（没有 tantivy 时用自带的 whoosh）。"
        )
    if settings.engine == "opensearch" and find_spec("opensearchpy") is None:
        raise SettingsError(
            "KB_ENGINE 指定了 opensearch，但没有安装连接它的库。请执行 pip install 'zhida-kb[opensearch]'。"
        )
    if settings.engine == "opensearch":
        return EngineChoice("opensearch", f"KB_ENGINE 指定了 opensearch，集群在 {'、'.join(settings.opensearch_url)}")
    if settings.engine != "auto":
        return EngineChoice(settings.engine, f"KB_ENGINE 指定了 {settings.engine}")
    if installed:
        return EngineChoice("tantivy", "已安装；建索引更快，占用的内存和磁盘更少")
    return EngineChoice("whoosh", "自带；安装 tantivy 后建索引更快、占用更少：pip install 'zhida-kb[tantivy]'")


def build_engine(settings: Settings) -> SearchEngine:
    """The chosen engine. Another one than before builds its own generation at the next ``kb index`` or start."""
    name = choose_engine(settings).name
    if name == "opensearch":
        from kb.engines.opensearch_engine import OpenSearchEngine

        timeout = float(settings.lock_timeout)
        return OpenSearchEngine(build_cluster(settings), settings.opensearch_index, settings.opensearch_shards, timeout)
    if name == "tantivy":
        from kb.engines.tantivy_engine import TantivyEngine

        return TantivyEngine(settings.index_dir, settings.lock_timeout)
    from kb.engines.whoosh_engine import WhooshEngine

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
    elsewhere = build_elsewhere(settings, embedder.fingerprint)
    return Semantic(embedder, store, former, settings.semantic_deadline_ms / 1000, elsewhere)


def fingerprint(engine: SearchEngine) -> str:
    """All that the index depends on besides the articles; another one means: rebuild."""
    libraries = " ".join(f"{name} {version(name)}" for name in (engine.library, "opencc") if name)
    return f"{engine.name} format {engine.format}, analyzer {ANALYZER_VERSION}, {libraries}"


def build_vocabulary(settings: Settings) -> Vocabulary:
    """Tokenizer, stop words and synonyms from the program's lists and ``articles/_dict``."""
    return vocabulary_of(read_dictionaries(settings.articles)[0], settings)


def vocabulary_of(dictionaries: Dictionaries, settings: Settings) -> Vocabulary:
    """Tokenizer, stop words and synonyms from the program's lists and ``dictionaries``."""
    tokenizer = Tokenizer(map(normalize, dictionaries.terms), cache_dir=settings.data)
    stop_words = function_words() | set(map(normalize, dictionaries.stopwords))
    return Vocabulary(tokenizer, stop_words, Synonyms(dictionaries.synonyms), settings.data / "suggest.cells")
