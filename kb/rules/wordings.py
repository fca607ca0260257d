"""How the questions of each scenario are worded: a naive-Bayes model over the grams of titles and questions.

It sees all articles of a scenario at once, where a search sees the few that match best; each errs elsewhere.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from kb.text.grams import grams
from kb.text.normalize import normalize

#: what is added to every count (Lidstone); measured
_SMOOTHING = 0.1


@dataclass(frozen=True, slots=True)
class Wordings:
    """``carriers[gram][label]`` is how many texts of a label hold the gram; ``texts`` and ``sizes`` sum up by label."""

    carriers: Mapping[str, Mapping[str, int]]
    texts: Mapping[str, int]
    sizes: Mapping[str, int]

    @classmethod
    def of(cls, labelled: Iterable[tuple[str, str]]) -> Wordings:
        """Learn from (label, text)."""
        carriers: defaultdict[str, Counter[str]] = defaultdict(Counter)
        texts: Counter[str] = Counter()
        sizes: Counter[str] = Counter()
        for label, text in labelled:
            held = grams_of(text)
            texts[label] += 1
            sizes[label] += len(held)
            for gram in held:
                carriers[gram][label] += 1
        return cls(carriers, texts, sizes)

    def likelihoods(self, asked: Collection[str]) -> dict[str, float]:
        """How likely each label has texts with the grams ``asked`` (logarithm, comparable between labels).

        Divided by the root of their number: grams overlap, so that each of many says less than the model believes.
        """
        known = [self.carriers[gram] for gram in asked if gram in self.carriers]
        if not known:
            return dict.fromkeys(self.texts, 0.0)
        gains = dict.fromkeys(self.texts, 0.0)
        for labels in known:
            for label, count in labels.items():
                gains[label] += math.log(1 + count / _SMOOTHING)
        root = math.sqrt(len(known))
        return {label: (gains[label] + self._without(label, len(known))) / root for label in self.texts}

    def _without(self, label: str, count: int) -> float:
        """The logarithm of what a label would get if it had none of ``count`` grams."""
        every = self.sizes[label] + _SMOOTHING * len(self.carriers)
        return math.log(self.texts[label]) + count * math.log(_SMOOTHING / every)

    def known_share(self, asked: Collection[str], labels: Collection[str]) -> float:
        """The part (0 to 1) of the grams ``asked``, rare ones counting more, that texts of any of ``labels`` hold."""
        whole = held = 0.0
        for gram in asked:
            carriers = self.carriers.get(gram, {})
            rarity = math.log(1 + len(self.texts) / max(len(carriers), 1))
            whole += rarity
            held += 0.0 if carriers.keys().isdisjoint(labels) else rarity
        return held / whole if whole else 0.0


def grams_of(text: str) -> frozenset[str]:
    """What of a text is learnt and looked up."""
    return frozenset(grams(normalize(text)))
