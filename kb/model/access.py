"""Who asks, and what they may do: roles, scopes and rights (design: agent < editor < reviewer < admin)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    """What somebody is to the house, the least first; ``PUBLIC`` is whoever comes without being asked who they are."""

    PUBLIC = "public"
    AGENT = "agent"
    EDITOR = "editor"
    REVIEWER = "reviewer"
    ADMIN = "admin"

    def includes(self, other: Role) -> bool:
        """Whether this role may do all that ``other`` may."""
        return _RANKS[self] >= _RANKS[other]

    @property
    def label(self) -> str:
        """As screens say it."""
        return {"public": "访客", "agent": "客服", "editor": "业务编辑", "reviewer": "审核人", "admin": "管理员"}[
            self.value
        ]


_RANKS = {role: rank for rank, role in enumerate(Role)}


class Right(Enum):
    """What one may be allowed to do; ``kb.rules.access`` says who is."""

    READ_INTERNAL = "read_internal"  # articles for the house only; review lists, gaps
    EDIT = "edit"  # write drafts, see drafts and history
    PUBLISH = "publish"  # change what agents are served: publish, archive, delete, move
    REVIEW = "review"  # say that an article is right
    EDIT_DICTIONARIES = "edit_dictionaries"  # terms, synonyms: they change everybody's searches
    ADMINISTER = "administer"  # users, tokens, audit log


class Via(Enum):
    """How a caller came to be known."""

    ANONYMOUS = "anonymous"
    SESSION = "session"
    TOKEN = "token"  # noqa: S105  # the name of a way, no secret
    PROXY = "proxy"
    LINK = "link"  # one from a reminder, which does one thing
    LOCAL = "local"  # whoever can run commands on this machine can edit the files anyway

    @property
    def label(self) -> str:
        """As screens say it."""
        return {
            "anonymous": "未登录",
            "session": "网页",
            "token": "令牌",
            "proxy": "代理",
            "link": "提醒里的链接",
            "local": "本机命令",
        }[self.value]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. ``name`` is ``""`` for nobody known; ``owners``: the business departments whose articles they deal
    with, None for all; ``can_publish`` is a right of its own for editors, others don't need it. ``display``: how people
    call them, if not by ``name``.
    """

    name: str
    role: Role
    owners: frozenset[str] | None = None
    can_publish: bool = False
    via: Via = Via.ANONYMOUS
    display: str = field(default="", compare=False)

    @property
    def known(self) -> bool:
        """Whether this is somebody in particular: everything that writes articles needs that."""
        return self.via is not Via.ANONYMOUS

    @property
    def sees_internal(self) -> bool:
        """Whether articles for the house only exist for this caller."""
        return self.role.includes(Role.AGENT)

    @classmethod
    def anonymous(cls, role: Role) -> Caller:
        """Nobody known, who may do what ``anonymous_role`` says."""
        return cls("", role)

    @classmethod
    def local(cls, name: str = "") -> Caller:
        """Whoever runs a command on this machine."""
        return cls(name, Role.ADMIN, None, True, Via.LOCAL)
