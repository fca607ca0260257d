"""Which answers are missing: what agents reported and searched in vain, in near-same wordings, as one gap each.

A gap counts for more the more often it was met; one that somebody dealt with is quiet until it has been met again.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rapidfuzz import fuzz, process

from kb.ports.store import GapVerdict
from kb.rules.learning import teaches
from kb.text.normalize import letters_of

#: A report takes a decision and a click, a search without a result may be a slip of the finger.
REPORT_WEIGHT = 3

#: What nobody has reported must have been searched so often to be more than a slip.
FEWEST_SEARCHES = 2

#: A gap that was dealt with comes back after three more reports, or so many searches.
COMES_BACK = 3 * REPORT_WEIGHT

#: Wordings whose content words share so many per cent of their characters ask the same: in whatever order they were
#: put, and however a dictionary that does not know the house's words cuts them.
NEAR = 80


@dataclass(frozen=True, slots=True)
class Mention:
    """One time that an answer was missed: ``reported`` by somebody, or else searched in vain."""

    text: str
    at: datetime
    reported: bool
    note: str | None = None
    channel: str | None = None
    product: str | None = None

    @property
    def weight(self) -> int:
        """What it counts for."""
        return REPORT_WEIGHT if self.reported else 1


@dataclass(frozen=True, slots=True)
class KnowledgeGap:
    """A question without an answer. ``wordings`` as people asked it, the most frequent first; ``mentions`` the latest
    first; ``verdict``: what somebody decided last, if anybody did.
    """

    wordings: tuple[str, ...]
    mentions: tuple[Mention, ...]
    verdict: GapVerdict | None = None

    @property
    def title(self) -> str:
        """As it was asked most."""
        return self.wordings[0]

    @property
    def reports(self) -> int:
        """How often it was reported."""
        return sum(mention.reported for mention in self.mentions)

    @property
    def searches(self) -> int:
        """How often it was searched without a result."""
        return len(self.mentions) - self.reports

    @property
    def weight(self) -> int:
        """What the gap counts for, against others."""
        return sum(mention.weight for mention in self.mentions)

    @property
    def last(self) -> datetime:
        """When it was met last."""
        return self.mentions[0].at

    @property
    def since_verdict(self) -> tuple[Mention, ...]:
        """How it was met after somebody dealt with it."""
        return tuple(m for m in self.mentions if self.verdict is None or m.at > self.verdict.at)

    @property
    def is_open(self) -> bool:
        """Whether somebody should deal with it (again)."""
        if self.verdict is not None:
            return sum(mention.weight for mention in self.since_verdict) >= COMES_BACK
        return self.reports > 0 or self.searches >= FEWEST_SEARCHES

    def common(self, name: str) -> tuple[str, ...]:
        """What the mentions say of ``channel``, ``product`` or ``note``, the most frequent first."""
        said = Counter(value for mention in self.mentions if (value := getattr(mention, name)))
        return tuple(value for value, _ in said.most_common())


def find_gaps(
    mentions: Iterable[Mention], verdicts: Iterable[GapVerdict], content: Callable[[str], str]
) -> list[KnowledgeGap]:
    """All gaps, open or not, the weightiest first. ``content``: the letters of a text's content words."""
    alike: dict[str, list[Mention]] = defaultdict(list)  # letters -> mentions
    for mention in mentions:
        if teaches(letters := letters_of(mention.text)):
            alike[letters].append(mention)
    judged = {verdict.asked: verdict for verdict in verdicts}
    groups = _grouped(alike, judged, content)
    gaps = [_gap([alike[letters] for letters in group], [judged.get(letters) for letters in group]) for group in groups]
    return sorted(gaps, key=lambda gap: (-gap.weight, -gap.last.timestamp(), gap.title))


def _grouped(
    alike: Mapping[str, Sequence[Mention]], judged: Mapping[str, GapVerdict], content: Callable[[str], str]
) -> Iterator[list[str]]:
    """Letters that ask the same, together. What somebody dealt with and what is asked most gather the others."""
    order = sorted(alike, key=lambda letters: (letters not in judged, -_weight(alike[letters]), letters))
    groups: dict[str, list[str]] = {}  # letters of the first -> all
    leaders: dict[str, str] = {}  # letters of the first -> the characters of its content, sorted
    for letters in order:
        characters = "".join(sorted(content(alike[letters][0].text) or letters))
        found = process.extractOne(characters, leaders, scorer=fuzz.ratio, score_cutoff=NEAR)
        if found is None:
            leaders[letters], groups[letters] = characters, [letters]
        else:
            groups[found[2]].append(letters)
    yield from groups.values()


def _gap(alike: Sequence[Sequence[Mention]], verdicts: Sequence[GapVerdict | None]) -> KnowledgeGap:
    """One gap of mentions, those with the same letters together."""
    wordings = [
        Counter(mention.text.strip() for mention in mentions).most_common(1)[0][0]
        for mentions in sorted(alike, key=_weight, reverse=True)
    ]
    mentions = sorted((m for same in alike for m in same), key=lambda mention: mention.at, reverse=True)
    latest = max((v for v in verdicts if v is not None), key=lambda verdict: verdict.at, default=None)
    return KnowledgeGap(tuple(wordings), tuple(mentions), latest)


def _weight(mentions: Sequence[Mention]) -> int:
    return sum(mention.weight for mention in mentions)
