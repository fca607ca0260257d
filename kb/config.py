"""Settings: one tuple that says name, default and meaning; read from ``kb.toml`` and the environment.

``KB_ARTICLES=/srv/kb`` in the environment wins over ``articles = "/srv/kb"`` in ``kb.toml``; command line options
win over both. README's settings table is checked against ``SETTINGS`` by a test.
"""

from __future__ import annotations

import ipaddress
import os
import re
import sys
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from kb.errors import SettingsError
from kb.model import KINDS, PRIORITIES, Interval, Role

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
#: here, nobody listens in between
_THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("只能是 " + "、".join(allowed))
        return text

    return parse


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("，", ",").split(",") if name.strip())


def _channels(text: str) -> tuple[str, ...]:
    names = _names(text)
    if not names or "all" in names:
        raise ValueError("至少写一个渠道，用逗号分开；all 是保留字")
    return names


def _flag(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise ValueError("只能是 true 或 false")
    return text.lower() == "true"


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("必须大于 0")
    return number


def _interval(text: str) -> Interval:
    try:
        interval = Interval.parse(text)
    except ValueError:
        raise ValueError(
            f"{text.strip()!r} 不是复核周期，应像 7d（天）、2w（周）、3m（月），数字从 1 到 9999"
        ) from None
    if interval.is_as_good_as_never:
        raise ValueError(f"{interval} 超过十年，等于不再复核，请写短一些")
    return interval


def _intervals(known: Collection[str] = ()) -> Callable[[str], Mapping[str, Interval]]:
    """Review intervals by name; the names must be ``known`` unless that is empty."""
    example = f"{next(iter(known), '售后业务部')}=7d"

    def parse(text: str) -> Mapping[str, Interval]:
        found: dict[str, Interval] = {}
        for pair in _names(text):
            name, equals, interval = (part.strip() for part in pair.rpartition("="))
            if not (name and equals):
                raise ValueError(f"{pair!r} 应写成 名称=周期，像 {example}，多项用逗号分开")
            if known and name not in known:
                raise ValueError(f"没有 {name!r} 这一种，可以写 {'、'.join(known)}")
            if name in found:
                raise ValueError(f"{name!r} 写了两次，只能留一个")
            found[name] = _interval(interval)
        return found

    return parse


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text.strip())
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder of names
        raise ValueError("应是 IANA 时区名，像 Asia/Shanghai 或 America/New_York，区分大小写") from None


def _issuer(text: str) -> str:
    text = text.strip()
    address = urlsplit(text)
    safe = address.scheme == "https" or (address.scheme == "http" and address.hostname in _THIS_MACHINE)
    if text and not (safe and address.hostname):
        raise ValueError("须是 https:// 开头的网址，与统一登录服务公布的 issuer 完全一致")
    return text


def _roles(text: str) -> tuple[tuple[str, Role], ...]:
    pairs = [name.rpartition("=") for name in _names(text)]
    roles = {role.value: role for role in Role if role is not Role.PUBLIC}
    if any(not group or role not in roles for group, _, role in pairs):
        raise ValueError(f"应像 kb-editors=editor,kb-admins=admin；角色只能是 {'、'.join(roles)}")
    return tuple((group.strip(), roles[role]) for group, _, role in pairs)


def _networks(text: str) -> tuple[Network, ...]:
    try:
        networks = tuple(ipaddress.ip_network(name) for name in _names(text))
    except ValueError:
        raise ValueError("应是网络地址，用逗号分开，像 10.0.0.5,192.168.1.0/24") from None
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("不能信任所有地址：那样任何人都能冒充任何人")
    return networks


def _header(text: str) -> str:
    if not re.fullmatch(r"([A-Za-z0-9]+(-[A-Za-z0-9]+)+)?", text):
        raise ValueError("应是专用的请求头，像 X-Remote-User，只用字母、数字和 -")
    return text


def _anonymous(text: str) -> Role | None:
    roles = {"agent": Role.AGENT, "public": Role.PUBLIC, "none": None}
    return roles[_choice(*roles)(text)]


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; the environment variable is ``KB_`` + NAME in capitals."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting("articles", "articles", Path, "folder of the Markdown articles"),
    Setting("data", "var", Path, "folder for the index and the database"),
    Setting("engine", "auto", _choice("auto", "whoosh"), "index engine; auto picks the fastest one installed"),
    Setting(
        "semantic",
        "auto",
        _choice("auto", "on", "off"),
        "search by meaning too; auto: when there is a model (below, or the packaged one); on: not to start without",
    ),
    Setting("embeddings_url", "", str.strip, "OpenAI-compatible `/v1/embeddings` to use instead of the packaged model"),
    Setting("embeddings_key", "", str.strip, "its key, if it wants one"),
    Setting("embeddings_model", "text-embedding-3-small", str.strip, "its model; a change embeds all articles anew"),
    Setting(
        "semantic_deadline_ms", "150", _positive, "a search waits so long for the model, then it goes by words alone"
    ),
    Setting("channels", "微信,APP,官网,电话", _channels, "service channels, comma separated"),
    Setting(
        "variables",
        "客户称呼,订单号,快递单号,预计时间,金额,手机尾号,商品名称,设备型号",
        _names,
        "variables that scripts may hold, comma separated; `kb lint --strict` reports others",
    ),
    Setting("timezone", "Asia/Shanghai", _zone, "IANA time zone in which reports and digests count days and weeks"),
    Setting(
        "review_every", "30d", _interval, "review interval where neither article nor folder nor a setting below has one"
    ),
    Setting("review_kinds", "", _intervals(KINDS), "review intervals by kind, such as `policy=7d,case=90d`"),
    Setting(
        "review_priorities",
        "",
        _intervals(PRIORITIES),
        "the same by priority: `urgent=7d`; of several the shortest holds",
    ),
    Setting("review_owners", "", _intervals(), "the same by department, in full: `售后业务部=14d`"),
    Setting(
        "review_top",
        "7d",
        _interval,
        "the longest interval of what is in the current top 200, unless article or folder sets one",
    ),
    Setting(
        "retention_days", "180", _positive, "days after which logged queries, events and reported gaps are deleted"
    ),
    Setting(
        "git_commit",
        "false",
        _flag,
        "commit each save by its author, if the articles folder is the root of a git repository; needs the extra `git`",
    ),
    Setting(
        "anonymous_role",
        "agent",
        _anonymous,
        "what may be read without a login: `agent` everything, `public` what is meant for customers, `none` nothing",
    ),
    Setting("session_idle_hours", "12", _positive, "a login ends after so many hours without a request"),
    Setting("session_max_days", "7", _positive, "a login ends after so many days in any case"),
    Setting("lock_timeout", "20", _positive, "seconds to wait for another process that writes the index"),
    Setting(
        "oidc_issuer", "", _issuer, "address of the OpenID Connect provider to log in with (extra `oidc`); empty: none"
    ),
    Setting("oidc_client_id", "", str.strip, "what the provider calls this installation"),
    Setting("oidc_client_secret", "", str.strip, "and the secret that it gave"),
    Setting("oidc_name", "统一登录", str.strip, "the login page's button that leads there"),
    Setting("oidc_role_claim", "", str.strip, "claim that lists somebody's groups, such as `groups`"),
    Setting(
        "oidc_roles",
        "",
        _roles,
        "roles by group, such as `kb-editors=editor,kb-admins=admin`, set at every login; empty: set here",
    ),
    Setting(
        "trusted_proxies",
        "",
        _networks,
        "addresses of reverse proxies (`10.0.0.5,192.168.1.0/24`) whose `X-Forwarded-*` headers are believed",
    ),
    Setting(
        "proxy_user_header",
        "",
        _header,
        "header in which those proxies say who asks, such as `X-Remote-User`; from anybody else it is ignored",
    ),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force; see SETTINGS for their meaning. Paths are absolute."""

    articles: Path
    data: Path
    engine: str
    semantic: str
    embeddings_url: str
    embeddings_key: str = field(repr=False)
    embeddings_model: str
    semantic_deadline_ms: int
    channels: tuple[str, ...]
    variables: tuple[str, ...]
    timezone: ZoneInfo
    review_every: Interval
    review_kinds: Mapping[str, Interval]
    review_priorities: Mapping[str, Interval]
    review_owners: Mapping[str, Interval]
    review_top: Interval
    retention_days: int
    git_commit: bool
    anonymous_role: Role | None
    session_idle_hours: int
    session_max_days: int
    lock_timeout: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_name: str
    oidc_role_claim: str
    oidc_roles: tuple[tuple[str, Role], ...]
    trusted_proxies: tuple[Network, ...]
    proxy_user_header: str

    @property
    def index_dir(self) -> Path:
        """Where the generations of the index live."""
        return self.data / "index"

    @property
    def vectors_dir(self) -> Path:
        """Where the vectors of articles are kept."""
        return self.data / "vectors"

    @property
    def import_dir(self) -> Path:
        """Where an import keeps its journal and what it replaced."""
        return self.data / "import"

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "zhida.db"


def load_settings(
    environ: Mapping[str, str] = os.environ,
    folder: Path | None = None,
    overrides: Mapping[str, str | None] | None = None,
) -> Settings:
    """Settings from defaults, ``folder/kb.toml`` (default: working directory), environment and overrides.

    Raises SettingsError naming the setting and where the bad value came from.
    """
    folder = folder or Path.cwd()
    from_file = _read_toml(folder / "kb.toml")
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        variable = f"KB_{setting.name.upper()}"
        given = (overrides or {}).get(setting.name)
        candidates = (
            ("命令行", given),
            (f"环境变量 {variable}", environ.get(variable)),
            ("kb.toml", from_file.get(setting.name)),
        )
        source, text = next(((s, t) for s, t in candidates if t is not None), ("默认值", setting.default))
        values[setting.name] = _parsed(setting, source, text)
    for name in ("articles", "data"):
        values[name] = (folder / values[name]).resolve()
    return Settings(**values)


def _parsed(setting: Setting, source: str, value: object) -> Any:
    text = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    try:
        return setting.parse(text)
    except ValueError as error:
        raise SettingsError(f"设置 {setting.name} 的值 {text!r}（来自{source}）不能用：{error}") from None


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"读不了 {path}：{error}") from None
    tables = {
        f"{table}_{name}": value
        for table, values in found.items()
        if isinstance(values, dict)
        for name, value in values.items()
    }  # [git] commit is git_commit
    found = {name: value for name, value in found.items() if not isinstance(value, dict)} | tables
    unknown = sorted(set(found) - {setting.name for setting in SETTINGS})
    if unknown:
        raise SettingsError(f"{path} 里有不认识的设置：{'、'.join(unknown)}")
    return found
