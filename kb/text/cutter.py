"""jieba, with its dictionary in a form that takes little memory and is read in milliseconds."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from math import log
from pathlib import Path

from kb.text.lexicon import Lexicon


@contextmanager
def _not_installed(name: str) -> Iterator[None]:
    """As if there were no module ``name``, unless it is loaded already."""
    if name in sys.modules:
        yield
        return
    sys.modules[name] = None  # type: ignore[assignment]  # how Python notes what can't be imported
    try:
        yield
    finally:
        del sys.modules[name]


with _not_installed("pkg_resources"):  # jieba does without: that is a tenth of a second and 5 MB (measured)
    import jieba

_CACHE = "jieba.words"


class Cutter(jieba.Tokenizer):  # type: ignore[misc]  # jieba has no types
    """jieba, with its dictionary in another form."""

    def __init__(self, lexicon: Lexicon) -> None:
        super().__init__()
        self.FREQ, self.total, self.initialized = lexicon, lexicon.total, True

    def get_DAG(self, sentence: str) -> dict[int, list[int]]:  # noqa: N802  # jieba's own name
        """For each character the places where words end that begin there; at least the character itself."""
        return {at: self.FREQ.ends_of_words(sentence, at) or [at] for at in range(len(sentence))}

    def calc(self, sentence: str, DAG: dict[int, list[int]], route: dict[int, tuple[float, int]]) -> None:  # noqa: N803  # jieba's name
        """For each character the likeliest word that begins there; the longer of equals. As jieba's, without looking
        every word up twice to tell beginnings from words.
        """
        frequency, whole = self.FREQ.frequency, log(self.total)
        route[len(sentence)] = (0, 0)
        for at in range(len(sentence) - 1, -1, -1):
            ends = DAG[at]
            found = [(log(frequency(sentence[at : end + 1]) or 1) - whole + route[end + 1][0], end) for end in ends]
            route[at] = found[0] if len(ends) == 1 else max(found)


def lexicon(cache_dir: Path | None) -> Lexicon:
    """The words of jieba's dictionary: from ``cache_dir``, else from its text and then kept there if possible."""
    if cache_dir is None:
        return _read_dictionary()
    path, source = cache_dir / _CACHE, f"jieba {jieba.__version__}"
    lexicon = Lexicon.load(path, source)
    if lexicon is None:
        lexicon = _read_dictionary()
        lexicon.save(path, source)
    return lexicon


def _read_dictionary() -> Lexicon:
    frequencies, total = {}, 0
    with closing(jieba.Tokenizer().get_dict_file()) as lines:
        for line in lines:
            word, count, _ = line.decode().split(" ")
            frequencies[word] = int(count)
            total += int(count)
    return Lexicon.of(frequencies, total)
