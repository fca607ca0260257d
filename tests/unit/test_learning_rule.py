"""What is learned from choices: by several people only, bounded, fading, whatever the order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ports.events import Choice, Evidence, Visit
from kb.ports.store import LearnedQuestion
from kb.rules.learning import (
    HALF_LIFE_DAYS,
    MIN_PEOPLE,
    MOST_PER_ARTICLE,
    PER_GATEWAY,
    PER_ORIGIN,
    learn,
    strength,
    teaches,
)

TODAY = date(2026, 11, 21)
ASKED = "钱什么时候回来"


def choice(person: int, article: str = "a", asked: str = ASKED, age: int = 0, position: int | None = 2) -> Choice:
    """What a person with an address of their own chose ``age`` days ago."""
    visit = Visit(article, f"address {person}", f"cookie {person}", TODAY - timedelta(days=age))
    return Choice(asked, asked, visit, 1, position)


def learned(*choices: Choice, origins: int = 100, unhelpful: tuple[Choice, ...] = ()) -> list[LearnedQuestion]:
    visits = frozenset(choice.visit for choice in unhelpful)
    return learn(Evidence(choices, visits, origins), TODAY, has_content=lambda _: True)


def reached(*choices: Choice, origins: int = 100, unhelpful: tuple[Choice, ...] = ()) -> float:
    """The strength of the only question, 0 if there is none."""
    questions = learned(*choices, origins=origins, unhelpful=unhelpful)
    assert len(questions) <= 1
    return questions[0].strength if questions else 0.0


def test_three_people_who_choose_alike_teach_a_question() -> None:
    (question,) = learned(choice(1, age=9), choice(2, age=3), choice(3, age=3))
    assert (question.asked, question.article_id, question.text) == (ASKED, "a", ASKED)
    assert (question.people, question.picks, question.last) == (3, 3, TODAY - timedelta(days=3))
    assert learned(choice(1), choice(2)) == []


def test_the_wording_used_most_stands_for_all() -> None:
    visits = [choice(person).visit for person in (1, 2, 3)]
    spelled = zip(["钱什么时候回来", "钱什么时候回来？", "钱什么时候回来？"], visits, strict=True)
    (question,) = learned(*(Choice(ASKED, text, visit) for text, visit in spelled))
    assert question.text == "钱什么时候回来？"


visits = st.builds(
    Visit,
    st.sampled_from("ab"),
    st.sampled_from(["o1", "o2", "o3", "o4", "o5"]),
    st.sampled_from(["c1", "c2", "c3", "c4"]),
    st.integers(0, 83).map(lambda age: TODAY - timedelta(days=age)),
)
choices = st.builds(Choice, st.just(ASKED), st.just(ASKED), visits, st.integers(1, 99), st.none() | st.integers(1, 30))
logs = st.lists(choices, max_size=40)


@given(logs.flatmap(lambda log: st.tuples(st.just(log), st.permutations(log))), st.frozensets(visits, max_size=5))
def test_the_order_does_not_matter(orders: tuple[list[Choice], list[Choice]], unhelpful: frozenset[Visit]) -> None:
    one, other = (learn(Evidence(tuple(log), unhelpful, 9), TODAY, lambda _: True) for log in orders)
    assert one == other


@given(logs, st.integers(1, 9))
def test_everything_is_bounded(log: list[Choice], origins: int) -> None:
    for question in learned(*log, origins=origins):
        assert 0 < question.strength < 1
        assert question.people >= MIN_PEOPLE


@given(st.lists(choices.filter(lambda c: c.visit.agent == "c1" and c.visit.origin == "o1")), st.integers(1, 9))
def test_one_person_never_suffices(log: list[Choice], origins: int) -> None:
    assert learned(*log, origins=origins) == []


@given(st.lists(choices.filter(lambda c: c.visit.origin == "o1")), st.integers(MIN_PEOPLE, 9))
def test_one_address_never_suffices_where_addresses_tell_people_apart(log: list[Choice], origins: int) -> None:
    assert learned(*log, origins=origins) == []


@given(st.sets(st.integers(0, 83)), st.integers(1, 9))
def test_a_browser_that_forgets_its_cookie_is_one_person(days: set[int], origins: int) -> None:
    log = [Choice(ASKED, ASKED, Visit("a", "o1", f"cookie of {age}", TODAY - timedelta(days=age))) for age in days]
    assert learned(*log, origins=origins) == []


@given(st.lists(choices.filter(lambda c: c.visit.article_id == "a"), max_size=30), choices)
def test_another_choice_never_weakens_its_article(log: list[Choice], more: Choice) -> None:
    more = Choice(more.asked, more.query, Visit("a", more.visit.origin, "new", more.visit.day), 1, more.position)
    assert reached(*log, more) >= reached(*log)


@given(st.integers(3, 60), st.integers(1, 30))
def test_every_person_more_teaches_more(people: int, position: int) -> None:
    few = [choice(person, position=position) for person in range(people)]
    assert reached(*few, choice(99, position=position)) > reached(*few)


@given(st.integers(3, 30), st.integers(0, 40), st.integers(1, 40))
def test_it_fades(people: int, age: int, longer: int) -> None:
    assert reached(*(choice(p, age=age + longer) for p in range(people))) < reached(
        *(choice(p, age=age) for p in range(people))
    )


def test_after_the_half_life_half_of_what_speaks_for_it_is_left() -> None:
    people = range(8)
    assert reached(*(choice(p, age=int(HALF_LIFE_DAYS)) for p in people)) == pytest.approx(strength(4), abs=1e-4)
    assert reached(*(choice(p) for p in people)) == pytest.approx(strength(8), abs=1e-4)


def test_it_is_forgotten_when_nobody_confirms_it() -> None:
    assert reached(*(choice(p, age=40) for p in range(3))) > 0
    assert reached(*(choice(p, age=95) for p in range(3))) == 0


def test_persistence_is_no_crowd() -> None:
    once = [choice(p) for p in range(3)]
    often = [choice(p, age=age) for p in range(3) for age in range(60)]
    assert reached(*once) < reached(*often) < strength(6)


def test_invented_cookies_of_one_address_count_for_a_few_people_at_most() -> None:
    crowd = [Choice(ASKED, ASKED, Visit("a", "address 0", f"cookie {n}", TODAY), 1, 2) for n in range(500)]
    assert reached(*crowd) == 0
    assert reached(*crowd, choice(1)) == pytest.approx(strength(PER_ORIGIN + 1), abs=1e-4)


def test_behind_one_gateway_cookies_tell_people_apart() -> None:
    office = [Choice(ASKED, ASKED, Visit("a", "gateway", f"cookie {n}", TODAY), 1, 2) for n in range(50)]
    assert reached(*office[: MIN_PEOPLE - 1], origins=1) == 0
    assert reached(*office[:MIN_PEOPLE], origins=1) == pytest.approx(strength(MIN_PEOPLE), abs=1e-4)
    assert reached(*office, origins=2) == pytest.approx(strength(PER_GATEWAY), abs=1e-4)


def test_what_means_several_things_teaches_nothing() -> None:
    for_a, for_b = [choice(p) for p in range(6)], [choice(p, "b") for p in range(10, 14)]
    assert learned(*for_a, *for_b) == []
    assert [question.article_id for question in learned(*for_a, *for_b[:3])] == ["a"]


def test_what_came_first_anyway_teaches_less() -> None:
    first, unknown, third = (reached(*(choice(p, position=position) for p in range(4))) for position in (1, None, 3))
    assert 0 < first == unknown < third


def test_who_found_it_unhelpful_that_day_speaks_against_it() -> None:
    log = [choice(p) for p in range(5)]
    assert reached(*log, unhelpful=(log[0],)) == pytest.approx(strength(4 - 1), abs=1e-4)
    assert reached(*log, unhelpful=tuple(log[:3])) == 0
    assert reached(*log, unhelpful=(choice(0, age=1), choice(77))) == reached(*log)


@pytest.mark.parametrize("asked", ["", "退", "12345678", "退" * 61])
def test_keystrokes_pastes_and_bare_numbers_teach_nothing(asked: str) -> None:
    assert not teaches(asked)
    assert learned(*(choice(p, asked=asked) for p in range(9))) == []


def test_stop_words_alone_teach_nothing() -> None:
    evidence = Evidence(tuple(choice(p) for p in range(9)), frozenset(), 9)
    assert learn(evidence, TODAY, has_content=lambda asked: asked != ASKED) == []


def test_an_article_keeps_its_strongest_questions_only() -> None:
    log = [choice(p, asked=f"问法{n:02}甲") for n in range(30) for p in range(3 + n)]
    kept = [question.asked for question in learned(*log)]
    assert kept == [f"问法{n:02}甲" for n in range(29, 29 - MOST_PER_ARTICLE, -1)]
