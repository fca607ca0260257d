"""How Chinese text is typed in pinyin: the readings of every character, without tones.

A character with several readings takes the one of the longest known word around it (银行 yin hang, 重新 chong
xin). No dictionary is right about every word (没收 in 没收到货), so where two readings are plausible both count.
"""

from __future__ import annotations

from functools import cache, lru_cache

from kb.text.normalize import normalize
from kb.text.pinyin_table import reading_of_word, readings_of

#: Characters that stand alone in more than one reading, the commoner first, but are safe to read by the word around.
_ALONE = {
    "还": ("hai", "huan"),
    "行": ("xing", "hang"),
    "长": ("chang", "zhang"),
    "重": ("chong", "zhong"),
    "调": ("tiao", "diao"),
    "弹": ("tan", "dan"),
    "得": ("de", "dei"),
    "地": ("di", "de"),
    "着": ("zhe", "zhao"),
    "校": ("jiao", "xiao"),
    "藏": ("cang", "zang"),
    "落": ("luo", "la"),
    "粘": ("zhan", "nian"),
    "露": ("lu", "lou"),
    "的": ("de",),
    "都": ("dou",),
    "率": ("lv",),
}

#: Words that the dictionary lacks, or has with a reading that is hardly ever meant.
_WORDS = {
    "还款": ("huan", "kuan"),
    "重置": ("chong", "zhi"),
    "长按": ("chang", "an"),
    "没收": ("mei", "shou"),
    "发卡": ("fa", "ka"),
}

_WORD_SIZES = (4, 3, 2)


def syllables(text: str) -> list[tuple[str, ...]]:
    """The plausible readings of each character of ``text``, likeliest first; ``()`` for what is not Chinese.

    ü is spelled ``v`` (绿 lv); 略 and 虐 are ``lue`` and ``nue``, the way input methods take them.
    """
    return [_in_context(text, at) if _is_polyphone(char) else _alone(char) for at, char in enumerate(text)]


@lru_cache(maxsize=2000)
def typed_as(text: str) -> str:
    """What one may type for ``text`` besides itself: its pinyin, a blank, its initials."""
    folded = normalize(text)
    spelled = [readings[0] if readings else char for char, readings in zip(folded, syllables(folded), strict=True)]
    return f"{''.join(spelled)} {''.join(syllable[0] for syllable in spelled)}"


def _in_context(text: str, at: int) -> tuple[str, ...]:
    char = text[at]
    in_words = _readings_in_words(text, at)
    if not in_words:
        return _alone(char)
    return in_words if char in _ALONE else tuple(dict.fromkeys(in_words + _alone(char)))


def _readings_in_words(text: str, at: int) -> tuple[str, ...]:
    """The readings of ``text[at]`` in the longest words that cover it."""
    for size in _WORD_SIZES:
        found = []
        for start in range(max(at - size + 1, 0), min(at, len(text) - size) + 1):
            word = text[start : start + size]
            if reading := _WORDS.get(word) or reading_of_word(word):
                found.append(reading[at - start])
        if found:
            return tuple(dict.fromkeys(found))
    return ()


@cache
def _is_polyphone(char: str) -> bool:
    return len(readings_of(char)) > 1


@cache
def _alone(char: str) -> tuple[str, ...]:
    return _ALONE.get(char) or readings_of(char)[:1]
