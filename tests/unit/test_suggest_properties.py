"""What holds for suggestions whatever the titles and the input are."""

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kb.suggest import CellCutter, Entry, Suggester
from kb.text.normalize import letters_of
from kb.text.pinyin import syllables

ALL = 10_000

titles = st.text("未已收到货退款还行长重银会员登录密码与的了西安先方案PLUSwifi5G i9（），、-", min_size=1, max_size=16)
readable_titles = titles.filter(letters_of)
title_lists = st.lists(readable_titles, min_size=1, max_size=12)
anything = st.text(st.characters(exclude_categories=()), max_size=60)


def suggester_of(title_list: list[str]) -> Suggester:
    entries = [Entry(title, id=str(number)) for number, title in enumerate(title_list)]
    return Suggester(entries, CellCutter({"退款", "收到", "到货", "银行", "会员", "登录", "密码"}.__contains__))


def found(suggester: Suggester, typed: str) -> set[str]:
    return {suggestion.text for suggestion in suggester.suggest(typed, limit=ALL)}


def readings(title: str) -> list[tuple[str, ...]]:
    typed = letters_of(title)
    return [reading or (char,) for char, reading in zip(typed, syllables_of_cells(title), strict=True)]


def syllables_of_cells(title: str) -> list[tuple[str, ...]]:
    """Readings depend on the words around, and punctuation parts words."""
    folded = "".join(char if char.isalnum() else " " for char in title.lower())
    return [reading for char, reading in zip(folded, syllables(folded), strict=True) if char.isalnum()]


@given(title_lists, st.data())
def test_every_part_of_a_title_finds_it(title_list: list[str], data: st.DataObject) -> None:
    title = data.draw(st.sampled_from(title_list))
    start = data.draw(st.integers(0, len(title) - 1))
    part = title[start : data.draw(st.integers(start + 1, len(title)))]
    assert not letters_of(part) or title in found(suggester_of(title_list), part)


@given(title_lists)
def test_full_pinyin_and_initials_of_every_title_find_it(title_list: list[str]) -> None:
    suggester = suggester_of(title_list)
    for title in title_list:
        usual = [reading[0] for reading in readings(title)]
        assert title in found(suggester, "".join(usual))
        assert title in found(suggester, "".join(syllable[0] for syllable in usual))


@given(readable_titles)
def test_one_character_may_be_typed_in_any_of_its_readings(title: str) -> None:
    suggester = suggester_of([title])
    spelling = readings(title)
    usual = [reading[0] for reading in spelling]
    for at, reading in enumerate(spelling):
        for other in reading:
            assert title in found(suggester, "".join([*usual[:at], other, *usual[at + 1 :]]))


@given(readable_titles, st.data())
def test_chinese_may_be_followed_by_pinyin_or_initials(title: str, data: st.DataObject) -> None:
    typed, usual = letters_of(title), [reading[0] for reading in readings(title)]
    cut = data.draw(st.integers(0, len(typed)))
    suggester = suggester_of([title])
    assert title in found(suggester, typed[:cut] + "".join(usual[cut:]))
    assert title in found(suggester, typed[:cut] + "".join(syllable[0] for syllable in usual[cut:]))


@given(title_lists, anything)
def test_each_article_comes_once_and_its_marks_lie_inside_its_text(title_list: list[str], typed: str) -> None:
    for query in (typed, title_list[0][:2]):
        suggestions = suggester_of(title_list).suggest(query, limit=ALL)
        assert len({suggestion.id for suggestion in suggestions}) == len(suggestions)
        for suggestion in suggestions:
            assert all(0 <= start < end <= len(suggestion.text) for start, end in suggestion.marks)


@given(title_lists, st.randoms(use_true_random=False), st.integers(1, 5))
def test_the_order_does_not_depend_on_the_order_of_the_entries(title_list, random, limit) -> None:  # type: ignore[no-untyped-def]
    entries = [Entry(title, id=str(number)) for number, title in enumerate(title_list)]
    shuffled = random.sample(entries, len(entries))
    for typed in ("t", "退", title_list[0][:3]):
        one, other = (
            Suggester(e, CellCutter({"退款"}.__contains__)).suggest(typed, limit) for e in (entries, shuffled)
        )
        assert one == other


@given(title_lists, st.integers(1, 5))
def test_a_limit_cuts_the_list_and_changes_nothing_else(title_list: list[str], limit: int) -> None:
    suggester = suggester_of(title_list)
    for typed in ("t", "tuik", "tk", "的w", "shf", "退", title_list[0][:3]):
        assert suggester.suggest(typed, limit) == suggester.suggest(typed, ALL)[:limit]


kinds = st.sampled_from(["article", "article", "article", "scenario", "product", "query"])
entries = st.builds(
    Entry,
    readable_titles,
    kinds,
    id=st.none(),
    product=st.sampled_from(["商城", "会员"]),
    scenario=st.sampled_from(["退款", "登录"]),
    questions=st.lists(titles, max_size=2).map(tuple),
    popularity=st.integers(0, 2),
    weight=st.integers(0, 1),
)
entry_lists = st.lists(entries, max_size=8).map(
    lambda found: [replace(entry, id=str(i)) if entry.is_article else entry for i, entry in enumerate(found)]
)
keystrokes = st.one_of(titles, st.text("tuikhdengluyinhxiaoms退款登录会员", min_size=1, max_size=6))


@given(st.lists(entry_lists, min_size=2, max_size=5), st.lists(keystrokes, max_size=8), st.integers(1, 6))
def test_edits_one_after_the_other_suggest_what_a_new_suggester_does(
    states: list[list[Entry]], typed: list[str], limit: int
) -> None:
    """However articles came to be what they are: edited, added, removed, moved to the front by being used."""
    cells_of = CellCutter({"退款", "收到", "到货", "银行", "会员", "登录", "密码"}.__contains__)
    suggester = Suggester(states[0], cells_of)
    for before, after in pairwise(states):
        old, new = ([entry for entry in state if entry.is_article] for state in (before, after))
        gone, come = ([entry for entry in one if entry not in other] for one, other in ((old, new), (new, old)))
        suggester = suggester.changed(gone, come, [entry for entry in after if not entry.is_article])
        fresh = Suggester(after, cells_of)
        for text in [*typed, *(entry.text[:3] for entry in after)]:
            assert suggester.suggest(text, limit) == fresh.suggest(text, limit), text
            assert suggester.compacted().suggest(text, limit) == fresh.suggest(text, limit), text


def test_where_there_is_no_room_between_two_articles_all_are_laid_out_anew() -> None:
    suggester = Suggester([Entry("退款", id="a"), Entry("退款" * 40, id="z")], CellCutter(bool))
    sizes = [1, 40]
    for size in range(39, 1, -1):  # each goes between the first and the one before it
        sizes.insert(1, size)
        suggester = suggester.changed((), [Entry("退款" * size, id=str(size))], ())
        assert [len(row.text) // 2 for row in suggester.suggest("退款", limit=50)] == sizes
