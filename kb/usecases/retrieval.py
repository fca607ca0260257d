"""``kb lint --retrieval``: does every article come first when somebody types its own words?

A trial index holds the published articles, each counted as current, so that what is judged is the wording and not
the calendar (in service, expired and stale articles rank lower on purpose). Asked are every title (first place, unless
near duplicates are before it), every question (first three) and every word of two to four characters in a title. A word
that many articles have in title or questions can't bring each of them among the first three; there, none that lacks
the word may come before one that has it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

from kb.content.checks.page import Page
from kb.model import Article, Problem, SearchRequest
from kb.rules.query import MAX_QUERY
from kb.text.grams import is_han_unit
from kb.text.normalize import letters_of, normalize
from kb.text.tokenizer import Tokenizer
from kb.usecases.progress import Progress, silent
from kb.usecases.searching import MAX_LIMIT, Searcher
from kb.usecases.suggesting import SuggestFunction

#: A question or word has to find its article among so many.
TOP = 3

_LOOKED_AT = 10
_WORD_LENGTHS = range(2, 5)

#: Wordings with so many per cent of their characters in common, in order, are near duplicates.
_NEAR = 75

#: What is asked, with its name.
KINDS_ASKED = {"title": "标题", "question": "相似问法", "word": "标题里的词"}


@dataclass(frozen=True, slots=True)
class Trial:
    """Search and suggestions over a throw-away index."""

    searcher: Searcher
    suggest: SuggestFunction

    def found(self, text: str, limit: int = _LOOKED_AT) -> list[str]:
        """The ids that a search gives, best first."""
        page = self.searcher.search(SearchRequest(text[:MAX_QUERY], limit=limit))
        return [hit.record.article.id for hit in page.hits]


@dataclass(frozen=True, slots=True)
class RetrievalReport:
    """How many of each kind (title, question, word) were asked, and a problem for each that failed."""

    asked: Mapping[str, int]
    problems: tuple[Problem, ...]


class RetrievalCheck:
    """Asks a trial that holds ``pages`` and nothing else for what they say of themselves."""

    def __init__(self, pages: Sequence[Page], trial: Trial, tokenizer: Tokenizer, stop_words: Collection[str]) -> None:
        self._articles = {page.article.id: page.article for page in pages}
        self._heads = [normalize("\n".join((a.title, *a.questions))) for a in self._articles.values()]
        self._tokenizer, self._stop_words = tokenizer, stop_words
        self._found = lru_cache(maxsize=None)(trial.found)
        self._spread = lru_cache(maxsize=None)(lambda word: sum(word in head for head in self._heads))

    def run(self, pages: Sequence[Page], progress: Progress = silent) -> RetrievalReport:
        """Ask for ``pages``, some or all of those in the trial."""
        asked: Counter[str] = Counter()
        problems = []
        for page in progress(pages, len(pages), "自检索"):
            for kind, query, line in self._queries(page):
                asked[kind] += 1
                message = self._failure(page.article, kind, query)
                if message:
                    problems.append(page.warning(line, message))
        return RetrievalReport(asked, tuple(problems))

    def _queries(self, page: Page) -> Iterator[tuple[str, str, int]]:
        """(kind, query, line) of everything to ask for a page; words that too many articles have can't be judged."""
        for text, line in page.wordings():
            yield ("title" if text == page.article.title else "question"), text, line
            if text == page.article.title:
                yield from (("word", w, line) for w in self._words(text) if self._spread(w) <= MAX_LIMIT)

    def _words(self, text: str) -> list[str]:
        """The content words of two to four Han characters, each once."""
        words = dict.fromkeys(token.text for token in self._tokenizer.top_words(text))
        telling = (w for w in words if len(w) in _WORD_LENGTHS and w not in self._stop_words)
        return [word for word in telling if all(map(is_han_unit, word))]

    def _failure(self, article: Article, kind: str, query: str) -> str | None:
        """What to say when ``query`` doesn't find its article; None when it does."""
        worst = max(TOP, self._spread(query)) if kind == "word" else TOP
        found = self._found(query, max(worst, _LOOKED_AT))
        rank = found.index(article.id) + 1 if article.id in found else None
        before = found[: rank - 1] if rank else found
        if kind == "title" and not all(self._is_near(query, other) for other in before[:TOP]):
            worst = 1
        if rank is not None and rank <= worst:
            return None
        place = f"排在第 {rank} 位，应在前 {worst} 位" if rank else f"查不到本条（看了前 {max(worst, _LOOKED_AT)} 位）"
        ahead = f"，前面是{'、'.join(before[:TOP])}" if before else ""
        advice = self._advice(article, kind, query, before)
        return f"{KINDS_ASKED[kind]}“{query}”{place}{ahead}；{advice}"

    def _is_near(self, text: str, other: str) -> bool:
        article = self._articles[other]
        wordings = map(letters_of, (article.title, *article.questions))
        return any(fuzz.ratio(letters_of(text), wording) >= _NEAR for wording in wordings)

    def _advice(self, article: Article, kind: str, query: str, before: Sequence[str]) -> str:
        if kind == "word":
            return self._advice_for_word(query)
        rival = next((other for other in before[:TOP] if self._is_near(query, other)), None)
        if rival:
            return f"它与“{self._articles[rival].title}”几乎一样，请合并两条，或把这句改到能看出区别。"
        if kind == "title":
            return "请在标题里写出与前面几条不同的地方，如产品、对象、原因。"
        return self._advice_for_question(article, query)

    def _advice_for_word(self, word: str) -> str:
        if not self._tokenizer.is_word(word):
            return (
                f"分词词典里没有这个词：是产品词就在 _dict/terms.txt 加一行“{word}”，不是就把它切断的那个产品词加进去。"
            )
        return f"请在 questions 里加一句短的、带“{word}”的客户问法。"

    def _advice_for_question(self, article: Article, query: str) -> str:
        """Join the question to what the title is about: by a word of the title, or by a synonym."""
        own, asked = self._words(article.title), self._words(query)
        missing = [word for word in own if word not in query]
        foreign = [word for word in asked if word not in article.title]
        if not missing:
            return "请把这句写得更具体，或删掉。"
        rarest = min(missing, key=self._spread)
        advice = f"请在这句里补上标题的词，如“{rarest}”"
        if not foreign:
            return f"{advice}。"
        other = min(foreign, key=self._spread)
        return f"{advice}；如果“{other}”就是“{rarest}”，在 _dict/synonyms.txt 加一行“{rarest} {other}”。"
