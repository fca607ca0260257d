"""How the values of settings are read; each function raises ValueError, saying what would be right."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Collection, Mapping
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from kb.model import Interval, Role, WeeklyTime

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: here, nobody listens in between
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
#: a mailbox that every mail server takes
MAILBOX = r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*"
_SENDER = re.compile(rf"{MAILBOX}|[^<>@,;:\x00-\x1f]*<{MAILBOX}>")
#: without login, query and fragment: paths are added to it, also in Markdown
_SITE = re.compile(r"https?://([\w-]+(\.[\w-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[\w.~/-]*)?")
_HIGHEST_PORT = 65535
_SHORTEST_SECRET = 32


def choice(*allowed: str) -> Callable[[str], str]:
    """One of a few words."""

    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("只能是 " + "、".join(allowed))
        return text

    return parse


def names(text: str) -> tuple[str, ...]:
    """Names, separated by commas of either width."""
    return tuple(name.strip() for name in text.replace("，", ",").split(",") if name.strip())


def channels(text: str) -> tuple[str, ...]:
    """Names of channels, at least one."""
    found = names(text)
    if not found or "all" in found:
        raise ValueError("至少写一个渠道，用逗号分开；all 是保留字")
    return found


def flag(text: str) -> bool:
    """``true`` or ``false``."""
    if text.lower() not in ("true", "false"):
        raise ValueError("只能是 true 或 false")
    return text.lower() == "true"


def positive(text: str) -> int:
    """A number above 0."""
    number = int(text)
    if number <= 0:
        raise ValueError("必须大于 0")
    return number


def port(text: str) -> int:
    """The number of a TCP port."""
    number = positive(text)
    if number > _HIGHEST_PORT:
        raise ValueError(f"端口最大是 {_HIGHEST_PORT}")
    return number


def interval(text: str) -> Interval:
    """A review interval of up to ten years."""
    try:
        found = Interval.parse(text)
    except ValueError:
        raise ValueError(
            f"{text.strip()!r} 不是复核周期，应像 7d（天）、2w（周）、3m（月），数字从 1 到 9999"
        ) from None
    if found.is_as_good_as_never:
        raise ValueError(f"{found} 超过十年，等于不再复核，请写短一些")
    return found


def intervals(known: Collection[str] = ()) -> Callable[[str], Mapping[str, Interval]]:
    """Review intervals by name; the names must be ``known`` unless that is empty."""
    example = f"{next(iter(known), '售后业务部')}=7d"

    def parse(text: str) -> Mapping[str, Interval]:
        found: dict[str, Interval] = {}
        for pair in names(text):
            name, equals, every = (part.strip() for part in pair.rpartition("="))
            if not (name and equals):
                raise ValueError(f"{pair!r} 应写成 名称=周期，像 {example}，多项用逗号分开")
            if known and name not in known:
                raise ValueError(f"没有 {name!r} 这一种，可以写 {'、'.join(known)}")
            if name in found:
                raise ValueError(f"{name!r} 写了两次，只能留一个")
            found[name] = interval(every)
        return found

    return parse


def zone(text: str) -> ZoneInfo:
    """The name of a time zone."""
    try:
        return ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of names
        raise ValueError("应是 IANA 时区名，像 Asia/Shanghai 或 America/New_York，区分大小写") from None


def is_safe(address: SplitResult) -> bool:
    """Whether nobody can listen in between: encrypted, or on this machine."""
    is_encrypted = address.scheme == "https"
    return bool(address.hostname) and (is_encrypted or (address.scheme == "http" and address.hostname in _THIS_MACHINE))


def issuer(text: str) -> str:
    """An address that nobody listens in on."""
    text = text.strip()
    if text and not is_safe(urlsplit(text)):
        raise ValueError("须是 https:// 开头的网址，与统一登录服务公布的 issuer 完全一致")
    return text


def site(text: str) -> str:
    """Where browsers find this installation; ``""``: not told."""
    if text.strip() and not _SITE.fullmatch(text.strip()):
        raise ValueError("应是浏览器里打开本系统的网址，像 https://kb.example.com")
    return text.strip().rstrip("/")


def nodes(text: str) -> tuple[str, ...]:
    """Addresses of the nodes of a cluster, at least one."""
    found = tuple(address.rstrip("/") for address in names(text))
    if not found or not all(_SITE.fullmatch(address) for address in found):
        raise ValueError("应是各节点的网址，用逗号分开，像 https://os1:9200,https://os2:9200；用户名和密码另行设置")
    return found


def index_prefix(text: str) -> str:
    """What names of indexes of a cluster may begin with."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,59}", text.strip()):
        raise ValueError("只能用小写字母、数字和下划线，以字母开头，最多 60 个字符")
    return text.strip()


def secret(text: str) -> str:
    """What nobody can guess; ``""``: none."""
    if text and len(text) < _SHORTEST_SECRET:
        raise ValueError(f"至少要 {_SHORTEST_SECRET} 个字符，例如 openssl rand -hex 32 的输出")
    return text


def sender(text: str) -> str:
    """A mailbox, with or without a name; ``""``: none."""
    if text.strip() and not _SENDER.fullmatch(text.strip()):
        raise ValueError("应是一个邮箱，像 kb@example.com 或 直达 <kb@example.com>")
    return text.strip()


def weekly(text: str) -> WeeklyTime | None:
    """A moment of the week; None for no text."""
    return WeeklyTime.parse(text) if text.strip() else None


def lists(text: str) -> dict[str, tuple[str, ...]]:
    """name -> one or more texts, from JSON, which is what tables of ``kb.toml`` become."""
    try:
        found = json.loads(text or "{}")
        named = {name: (texts,) if isinstance(texts, str) else tuple(texts) for name, texts in found.items()}
        good = all(name and texts and all(isinstance(one, str) for one in texts) for name, texts in named.items())
    except (ValueError, AttributeError, TypeError, RecursionError):
        good = False
    if not good:
        raise ValueError('kb.toml 里应像 [notify.owners] 下一行 "售后业务部" = ["mailto:…"]，环境变量里写成 JSON')
    return named


def roles(text: str) -> tuple[tuple[str, Role], ...]:
    """``group=role``, separated by commas."""
    pairs = [name.rpartition("=") for name in names(text)]
    roles = {role.value: role for role in Role if role is not Role.PUBLIC}
    if any(not group or role not in roles for group, _, role in pairs):
        raise ValueError(f"应像 kb-editors=editor,kb-admins=admin；角色只能是 {'、'.join(roles)}")
    return tuple((group.strip(), roles[role]) for group, _, role in pairs)


def networks(text: str) -> tuple[Network, ...]:
    """Network addresses, separated by commas; never all of them."""
    try:
        networks = tuple(ipaddress.ip_network(name) for name in names(text))
    except ValueError:
        raise ValueError("应是网络地址，用逗号分开，像 10.0.0.5,192.168.1.0/24") from None
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("不能信任所有地址：那样任何人都能冒充任何人")
    return networks


def header(text: str) -> str:
    """The name of a header that no browser sends by itself."""
    if not re.fullmatch(r"([A-Za-z0-9]+(-[A-Za-z0-9]+)+)?", text):
        raise ValueError("应是专用的请求头，像 X-Remote-User，只用字母、数字和 -")
    return text


def anonymous(text: str) -> Role | None:
    """What somebody is who does not log in; None: they have to."""
    roles = {"agent": Role.AGENT, "public": Role.PUBLIC, "none": None}
    return roles[choice(*roles)(text)]
