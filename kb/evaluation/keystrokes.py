"""Keystrokes to the answer: how much has to be typed until suggestions show a right article among the first TOP.

Typed are, from their first character on, the customers' questions word for word (what is typed when the question is
copied out: characters, however many keys an input method takes for each), and the titles of the right articles in
full pinyin and in initials (what somebody types who knows what it is called: letters). Questions that have to be
typed to the end, or never lead there, save nothing; the share saved counts them too, so that a suggester
that is quick where it succeeds and seldom succeeds doesn't look good.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Any

from kb.evaluation.sets import QrelsSet
from kb.text.normalize import letters_of
from kb.text.pinyin import typed_as
from kb.usecases.progress import Progress, silent
from kb.usecases.suggesting import SuggestFunction

#: So many suggestions are seen at a glance.
TOP = 5

#: What is typed.
KINDS = ("question", "pinyin", "initials")


@dataclass(frozen=True, slots=True)
class Typed:
    """One text of ``length`` keys; ``keys``: after how many the right article was shown, None: never."""

    length: int
    keys: int | None

    @property
    def saved(self) -> float:
        """The share of the text that needn't be typed."""
        return 1 - self.keys / self.length if self.keys else 0.0


def type_all(data: QrelsSet, suggest: SuggestFunction, progress: Progress = silent) -> dict[str, list[Typed]]:
    """By KINDS: every judged query, and twice the title of every article that is right for one. Nothing is sampled."""
    asked = [(text.strip(), data.relevant[qid]) for qid, text in data.judged_texts().items()]
    right = frozenset().union(*data.relevant.values())
    titles = [(typed_as(letters_of(a.title)).partition(" "), frozenset({a.id})) for a in data.articles if a.id in right]
    spelled = [(keys, finds) for (keys, _, _), finds in titles]
    initials = [(keys, finds) for (_, _, keys), finds in titles]
    return {
        kind: [_type(text, finds, suggest) for text, finds in progress(texts, len(texts), "按键")]
        for kind, texts in zip(KINDS, (asked, spelled, initials), strict=True)
    }


def as_json(typed: dict[str, list[Typed]]) -> dict[str, Any]:
    """Per kind: how many were ``asked``, the share ``reached``, ``median`` and ``mean`` keys of these (null when
    there are none), and the share ``saved`` of all keys, on average over all that were asked."""
    return {"top": TOP, **{kind: _summary(results) for kind, results in typed.items()}}


def average(documents: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """The mean over sets of the shares; numbers of keys depend on how long a set's texts are."""
    rows = list(documents)
    return {
        kind: {name: round(fmean(row[kind][name] for row in rows), 4) for name in ("reached", "saved")}
        for kind in KINDS
    }


def _type(text: str, finds: Collection[str], suggest: SuggestFunction) -> Typed:
    sizes = range(1, len(text) + 1)
    shown = (size for size in sizes if any(row.id in finds for row in suggest(text[:size])[:TOP]))
    return Typed(len(text), next(shown, None))


def _summary(results: Sequence[Typed]) -> dict[str, Any]:
    keys = [typed.keys for typed in results if typed.keys]
    return {
        "asked": len(results),
        "reached": round(len(keys) / len(results), 4) if results else 0.0,
        "median": median(keys) if keys else None,
        "mean": round(fmean(keys), 2) if keys else None,
        "saved": round(fmean(typed.saved for typed in results), 4) if results else 0.0,
    }
