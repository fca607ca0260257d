"""What gets mistaken for what in writing: sounds that dialects and input methods mix up, characters that look alike."""

from __future__ import annotations

import re
from functools import cache

#: Southern speakers and lazy fingers: zh z, ch c, sh s · n l · fu hu, fei hui · -ng -n.
_NEAR_SOUNDS = (
    (re.compile(r"^([zcs])h"), r"\1"),
    (re.compile(r"^n"), "l"),
    (re.compile(r"^hu(?=.)"), "f"),
    (re.compile(r"^hu$"), "fu"),
    (re.compile(r"^fei$"), "fi"),
    (re.compile(r"(?<=[aei])ng$"), "n"),
)

#: Characters that stand for each other even where both are words (登陆, 帐户) or sound different (已 and 己).
_CONFUSED = (
    *("账帐", "陆录", "已己", "末未", "拔拨", "侯候", "即既", "象像相", "邦绑", "需须", "晴情", "折拆", "货贷"),
    *("刷涮", "密蜜", "园圆员", "赔陪", "带戴", "振震", "辩辨", "待侍", "免兔", "延廷", "烂栏", "稍捎", "粘沾"),
)
_LIKE = {char: group.replace(char, "") for group in _CONFUSED for char in group}


@cache
def near_sound(syllable: str) -> str:
    """The same for two syllables that are easily confused."""
    for pattern, instead in _NEAR_SOUNDS:
        syllable = pattern.sub(instead, syllable)
    return syllable


def look_alikes(char: str) -> str:
    """The characters that are often written instead of ``char``."""
    return _LIKE.get(char, "")
