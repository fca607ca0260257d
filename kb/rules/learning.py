"""Which queries have become questions of an article: what different people keep choosing for the same words.

A choice counts by what it says and how surely it is another person's. Visitors are anonymous cookies that anybody can
invent and that browsers forget, so people are counted per network address: as many as were seen on one day, and only
a few of them. Everything is bounded, fades with time, and nothing depends on the order of events
(docs/decisions/0010-learning-from-use.md).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from heapq import nlargest
from itertools import islice

from kb.ports.events import Choice, Evidence
from kb.ports.store import LearnedQuestion

#: A choice counts half after so many days, and is not looked at after three times as many.
HALF_LIFE_DAYS = 28.0
WINDOW = timedelta(days=84)

#: So many different people have to choose an article before anything is learned, or shown to anybody.
MIN_PEOPLE = 3

#: One address counts for so many people a day. Where there are fewer addresses than ``MIN_PEOPLE`` (a proxy or one
#: office line before everybody), they can't tell people apart, and cookies have to do.
PER_ORIGIN, PER_GATEWAY = 2, 5

#: Every further day of an address counts half of the one before: nobody is a crowd by being persistent.
FURTHER_DAY = 0.5

#: What came first would have been seen anyway: choosing it confirms more than it teaches.
AT_THE_TOP = 0.5

#: Of all that was chosen for a query, the article needs this share; otherwise the words mean several things.
MAJORITY = 2 / 3

#: Three people who lately found an article below the first place give half of the greatest strength.
HALF_STRENGTH = 3.0
WEAKEST = 0.1

SHORTEST, LONGEST = 2, 60  # letters
MOST_PER_ARTICLE, MOST = 20, 5000


@dataclass(slots=True)
class _Case:
    """What speaks for one article as the answer to one query: origin -> day -> agent -> value (below 0: against)."""

    votes: dict[str, dict[date, dict[str, float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(dict))
    )
    wordings: Counter[str] = field(default_factory=Counter)
    last: date = date.min

    def add(self, choice: Choice, unhelpful: bool) -> None:
        visit = choice.visit
        value = -1.0 if unhelpful else 1.0 if (choice.position or 1) > 1 else AT_THE_TOP
        of_day = self.votes[visit.origin][visit.day]
        of_day[visit.agent] = max(value, of_day.get(visit.agent, value))
        self.wordings[choice.query.strip()] += choice.count
        self.last = max(self.last, visit.day)

    def people(self, allowed: int) -> int:
        """How many people chose the article, counting only those who can't be the same."""
        return sum(min(allowed, max(map(_supporters, days.values()))) for days in self.votes.values())

    def weight(self, today: date, allowed: int, sign: int) -> float:
        """What speaks for (``sign`` 1) or against (-1) the article."""
        return sum(_of_origin(days, today, allowed, sign) for _, days in sorted(self.votes.items()))


def learn(evidence: Evidence, today: date, has_content: Callable[[str], bool]) -> list[LearnedQuestion]:
    """The learned questions, the strongest first. ``has_content`` tells whether a text says more than stop words do."""
    allowed = PER_ORIGIN if evidence.origins >= MIN_PEOPLE else PER_GATEWAY
    learned = [
        question
        for asked, cases in _cases(evidence).items()
        if teaches(asked) and has_content(asked)
        for question in _of_query(asked, cases, today, allowed)
    ]
    return list(islice(_bounded(sorted(learned, key=lambda q: (-q.strength, q.asked, q.article_id))), MOST))


def teaches(asked: str) -> bool:
    """Whether the letters of a query may become a question: neither a keystroke, a paste nor a bare number."""
    return SHORTEST <= len(asked) <= LONGEST and not asked.isdigit()


def strength(weight: float) -> float:
    """From what speaks for an article (in recent people) to the strength of its learned question, below 1."""
    return max(weight, 0.0) / (max(weight, 0.0) + HALF_STRENGTH)


def _cases(evidence: Evidence) -> Mapping[str, Mapping[str, _Case]]:
    """asked -> article id -> case"""
    cases: dict[str, dict[str, _Case]] = defaultdict(lambda: defaultdict(_Case))
    for choice in evidence.choices:
        cases[choice.asked][choice.visit.article_id].add(choice, choice.visit in evidence.unhelpful)
    return cases


def _of_query(asked: str, cases: Mapping[str, _Case], today: date, allowed: int) -> Iterator[LearnedQuestion]:
    support = {article_id: case.weight(today, allowed, 1) for article_id, case in cases.items()}
    total = sum(sorted(support.values()))
    for article_id, case in cases.items():
        people, reached = case.people(allowed), strength(support[article_id] - case.weight(today, allowed, -1))
        if people >= MIN_PEOPLE and reached >= WEAKEST and support[article_id] >= MAJORITY * total:
            text = min(case.wordings, key=lambda wording: (-case.wordings[wording], wording))
            yield LearnedQuestion(asked, article_id, text, round(reached, 4), people, case.wordings.total(), case.last)


def _supporters(of_day: Mapping[str, float]) -> int:
    return sum(value > 0 for value in of_day.values())


def _of_origin(days: Mapping[date, Mapping[str, float]], today: date, allowed: int, sign: int) -> float:
    """The best people of each day, faded; the best day counts in full, each further one half of the one before."""
    of_days = [
        sum(nlargest(allowed, (value * sign for value in of_day.values() if value * sign > 0))) * _fading(today - day)
        for day, of_day in days.items()
    ]
    return sum(value * FURTHER_DAY**place for place, value in enumerate(sorted(of_days, reverse=True)))


def _fading(age: timedelta) -> float:
    return float(0.5 ** (max(age.days, 0) / HALF_LIFE_DAYS))


def _bounded(learned: Iterable[LearnedQuestion]) -> Iterator[LearnedQuestion]:
    """The first few of every article."""
    of_article: Counter[str] = Counter()
    for question in learned:
        of_article[question.article_id] += 1
        if of_article[question.article_id] <= MOST_PER_ARTICLE:
            yield question
