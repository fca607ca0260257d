"""A customer's conversation, and what is made of it: answers by sentence, the likely product and scenario."""

from __future__ import annotations

from dataclasses import dataclass

from kb.model.article import Folder
from kb.model.search import Hit

UNCERTAIN = "不确定"


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat, oldest first. What the agent said is context; only the customer's words are searched."""

    text: str
    by_customer: bool = True


@dataclass(frozen=True, slots=True)
class Sentence:
    """``text`` is ``[start:end]`` of the message with this number (from 0).

    ``query`` is what of it is searched, without greetings and numbers, if need be with the sentence before it.
    ``weight`` (0 to 1) says how much it counts among the customer's sentences.
    """

    text: str
    message: int
    start: int
    end: int
    query: str
    weight: float


@dataclass(frozen=True, slots=True)
class Recommended:
    """An article with the sentence that it answers best. ``score`` is comparable within one list only."""

    hit: Hit
    sentence: Sentence
    score: float


@dataclass(frozen=True, slots=True)
class Recommendations:
    """Ranked answers to a conversation; ``note`` says in words why there are none. ``took_ms`` in milliseconds.

    ``sentences`` are those that were searched, ``unanswered`` those of them that no article was found for.
    ``semantic_trouble``: why meaning took no part in answering one of them, if it should have.
    """

    items: tuple[Recommended, ...]
    sentences: tuple[Sentence, ...]
    unanswered: tuple[Sentence, ...]
    note: str | None
    semantic_trouble: str | None = None
    generation: str = ""
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A scenario that may be meant; ``confidence`` is the probability that it is."""

    product: Folder
    scenario: Folder
    confidence: float


@dataclass(frozen=True, slots=True)
class Classification:
    """What a conversation is about. ``product`` and ``scenario`` are None where that is uncertain.

    ``confidence`` is the probability that the finest of what is named is right; with nothing named, that of the best
    candidate. ``candidates`` are the likeliest scenarios, also when none is likely enough.
    """

    product: Folder | None
    scenario: Folder | None
    confidence: float
    candidates: tuple[Candidate, ...]
    generation: str = ""
    took_ms: float = 0.0

    @property
    def label(self) -> str:
        """What is named, in words; 不确定 stands for what isn't."""
        named = [folder.title for folder in (self.product, self.scenario) if folder is not None]
        return " › ".join(named if self.scenario else [*named, UNCERTAIN])
