"""Who may do what (design: Access), in one place; the service asks here before it does anything.

===================  ======================================================================================
right                who has it
===================  ======================================================================================
READ_INTERNAL        agents and above, also anonymous ones where ``anonymous_role`` is ``agent``
EDIT                 known editors and above, for articles of their own business departments
PUBLISH              the same, unless the account was made without it; reviewers and administrators always
REVIEW               known reviewers and above, for articles of their own business departments
EDIT_DICTIONARIES    known editors and above that may publish and deal with all departments
ADMINISTER           known administrators
===================  ======================================================================================
"""

from __future__ import annotations

from kb.errors import AccessDenied, LoginRequired
from kb.model import Caller, Right, Role

_LEAST_ROLE = {
    Right.READ_INTERNAL: Role.AGENT,
    Right.EDIT: Role.EDITOR,
    Right.PUBLISH: Role.EDITOR,
    Right.REVIEW: Role.REVIEWER,
    Right.EDIT_DICTIONARIES: Role.EDITOR,
    Right.ADMINISTER: Role.ADMIN,
}
_SAID = {
    Right.READ_INTERNAL: "查看内部知识",
    Right.EDIT: "编辑知识",
    Right.PUBLISH: "发布知识",
    Right.REVIEW: "审核知识",
    Right.EDIT_DICTIONARIES: "修改词典",
    Right.ADMINISTER: "管理用户和系统",
}


def has(caller: Caller, right: Right) -> bool:
    """Whether the caller has a right at all, for the articles of some department at least."""
    if right is not Right.READ_INTERNAL and not caller.known:
        return False
    if not caller.role.includes(_LEAST_ROLE[right]):
        return False
    if right in (Right.PUBLISH, Right.EDIT_DICTIONARIES) and caller.role is Role.EDITOR and not caller.can_publish:
        return False
    return right is not Right.EDIT_DICTIONARIES or caller.owners is None


def rights_of(caller: Caller) -> list[Right]:
    """All rights that the caller has, for some articles at least."""
    return [right for right in Right if has(caller, right)]


def covers(caller: Caller, owner: str | None) -> bool:
    """Whether articles of the department ``owner`` (None: of no department) are the caller's business."""
    return caller.owners is None or owner in caller.owners


def may(caller: Caller, right: Right, owner: str | None) -> bool:
    """Whether the caller has the right for the articles of ``owner``."""
    return has(caller, right) and covers(caller, owner)


def require(caller: Caller, right: Right) -> None:
    """Raises LoginRequired when it may be a matter of logging in, AccessDenied when it isn't."""
    if has(caller, right):
        return
    if not caller.known:
        raise LoginRequired(_SAID[right])
    if right is Right.EDIT_DICTIONARIES and caller.owners is not None:
        raise AccessDenied("词典对所有部门起作用，只有负责全部部门的人可以修改；请联系管理员。")
    raise AccessDenied(f"你的账号（{caller.role.label}）不能{_SAID[right]}；需要时请联系管理员调整权限。")


def require_for(caller: Caller, right: Right, owner: str | None) -> None:
    """The same for an article of ``owner``."""
    require(caller, right)
    if not covers(caller, owner):
        mine = "、".join(sorted(caller.owners or ())) or "（无）"
        raise AccessDenied(
            f"这条知识属于“{owner or '未指定部门'}”，你负责的是：{mine}。请联系该部门，或找管理员调整权限。"
        )
