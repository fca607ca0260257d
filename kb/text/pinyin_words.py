"""Chinese typed with the input method off: which words a run of letters spells (tuikuan; tuikusn by a slip)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import product

from kb.text.pinyin import syllables

#: letters; nobody types more without looking, and every one of them is tried with its neighbours
_LONGEST_RUN = 24

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def words_by_pinyin(words: Iterable[str]) -> dict[str, str]:
    """Their full pinyin -> the words, with blanks between several."""
    found: dict[str, str] = {}
    for word in words:
        for letters in _spellings(word):
            before = found.get(letters)
            found[letters] = word if before is None else f"{before} {word}"
    return found


class PinyinWords:
    """Words by their full pinyin, as ``words_by_pinyin`` gives them; of several, the first ones are preferred."""

    def __init__(self, words: Mapping[str, str], longest: int | None = None) -> None:
        self.words = words
        #: letters of the longest spelling; looked for in ``words`` if it is not given
        self.longest = max(map(len, words), default=0) if longest is None else longest

    def sounding_like(self, words: Iterable[str]) -> set[str]:
        """The known words that are spelled like one of ``words``."""
        return {
            known for word in words for letters in _spellings(word) for known in self.words.get(letters, "").split()
        }

    def changed(self, words: Iterable[str], chosen: Callable[[set[str]], Iterable[str]]) -> PinyinWords:
        """The same where ``words`` came, went or are preferred otherwise: of one spelling, what is ``chosen``."""
        spelled: dict[str, set[str]] = defaultdict(set)
        for word in words:
            for letters in _spellings(word):
                spelled[letters].add(word)
        found = dict(self.words)
        for letters, some in spelled.items():
            found[letters] = " ".join(chosen({*found.get(letters, "").split(), *some}))
            if not found[letters]:
                del found[letters]
        return PinyinWords(found)

    def spelled(self, letters: str, is_word: Callable[[str], bool]) -> str | None:
        """The words that ``letters`` spell from end to end, as few as possible; None when they don't."""
        best: list[tuple[str, ...] | None] = [(), *[None] * len(letters)]
        for end in range(1, len(letters) + 1):
            for start in range(max(0, end - self.longest), end):
                before = best[start]
                word = before is not None and self._word(letters[start:end], is_word)
                shortest = best[end]
                if before is not None and word and (shortest is None or len(before) + 1 < len(shortest)):
                    best[end] = (*before, word)
        words = best[-1]
        return "".join(words) if words else None

    def with_one_slip(self, letters: str, is_word: Callable[[str], bool]) -> str | None:
        """The words that ``letters`` spell when one key was missed by its neighbour; None when they don't."""
        if len(letters) > _LONGEST_RUN:
            return None
        found = (self.spelled(variant, is_word) for variant in _neighbouring(letters))
        return next((words for words in found if words), None)

    def _word(self, letters: str, is_word: Callable[[str], bool]) -> str | None:
        return next((word for word in self.words.get(letters, "").split() if is_word(word)), None)


def _spellings(word: str) -> Iterator[str]:
    return map("".join, product(*syllables(word)))


def _neighbouring(letters: str) -> Iterator[str]:
    return (
        letters[:at] + near + letters[at + 1 :] for at, key in enumerate(letters) for near in _NEAR_KEYS.get(key, "")
    )


def _near_keys() -> dict[str, str]:
    """The keys left and right of each, then those above and below, on rows that are shifted by half a key."""
    near: dict[str, str] = {}
    for number, row in enumerate(_ROWS):
        above = _ROWS[number - 1] if number else ""
        below = _ROWS[number + 1] if number + 1 < len(_ROWS) else ""
        for at, key in enumerate(row):
            near[key] = (
                row[at + 1 : at + 2] + row[max(at - 1, 0) : at] + above[at : at + 2] + below[max(at - 1, 0) : at + 1]
            )
    return near


_NEAR_KEYS = _near_keys()
