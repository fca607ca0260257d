"""Who may do what: the table in ``kb.rules.access``, row by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.errors import AccessDenied, LoginRequired
from kb.model import Caller, Right, Role, Via
from kb.rules.access import covers, has, may, require, require_for

OURS = frozenset({"售后业务部"})
WRITING = tuple(right for right in Right if right is not Right.READ_INTERNAL)


def caller(role: Role, owners: frozenset[str] | None = None, can_publish: bool = True) -> Caller:
    return Caller("lin", role, owners, can_publish, Via.SESSION)


@pytest.mark.parametrize(
    ("role", "rights"),
    [
        (Role.PUBLIC, set()),
        (Role.AGENT, {Right.READ_INTERNAL}),
        (Role.EDITOR, {Right.READ_INTERNAL, Right.EDIT, Right.PUBLISH, Right.EDIT_DICTIONARIES}),
        (Role.REVIEWER, set(Right) - {Right.ADMINISTER}),
        (Role.ADMIN, set(Right)),
    ],
)
def test_each_role_has_its_rights(role: Role, rights: set[Right]) -> None:
    assert {right for right in Right if has(caller(role), right)} == rights


@pytest.mark.parametrize("right", WRITING)
@pytest.mark.parametrize("role", list(Role))
def test_nobody_known_writes(role: Role, right: Right) -> None:
    with pytest.raises(LoginRequired):
        require(Caller.anonymous(role), right)


def test_publishing_is_a_right_of_its_own_for_editors_only() -> None:
    writer = caller(Role.EDITOR, can_publish=False)
    assert has(writer, Right.EDIT)
    assert not has(writer, Right.PUBLISH)
    assert not has(writer, Right.EDIT_DICTIONARIES)
    assert has(caller(Role.REVIEWER, can_publish=False), Right.PUBLISH)


@pytest.mark.parametrize("role", [Role.EDITOR, Role.REVIEWER, Role.ADMIN])
@pytest.mark.parametrize("right", [Right.EDIT, Right.PUBLISH])
def test_a_scope_limits_to_the_articles_of_its_departments(role: Role, right: Right) -> None:
    scoped = caller(role, OURS)
    require_for(scoped, right, "售后业务部")
    for other in ("物流业务部", None):
        with pytest.raises(AccessDenied, match="售后业务部"):
            require_for(scoped, right, other)


def test_dictionaries_are_everybodys_so_a_scope_shuts_them() -> None:
    with pytest.raises(AccessDenied, match="全部部门"):
        require(caller(Role.REVIEWER, OURS), Right.EDIT_DICTIONARIES)


def test_whoever_runs_commands_here_may_do_everything() -> None:
    assert all(may(Caller.local(), right, owner) for right in Right for owner in (None, "售后业务部"))


@given(st.sampled_from(list(Role)), st.sampled_from(list(Role)), st.sampled_from(list(Right)), st.booleans())
def test_a_higher_role_never_has_less(low: Role, high: Role, right: Right, can_publish: bool) -> None:
    if high.includes(low) and has(caller(low, None, can_publish), right):
        assert has(caller(high, None, can_publish), right)


@given(st.frozensets(st.text(max_size=3), max_size=3), st.none() | st.text(max_size=3))
def test_a_scope_never_covers_what_it_does_not_name(owners: frozenset[str], owner: str | None) -> None:
    assert covers(caller(Role.EDITOR, owners), owner) == (owner in owners)
