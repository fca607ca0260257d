"""Settings: one tuple that says name, default and meaning; read from ``kb.toml`` and the environment.

``KB_ARTICLES=/srv/kb`` in the environment wins over ``articles = "/srv/kb"`` in ``kb.toml``; command line options
win over both. README's settings table is checked against ``SETTINGS`` by a test.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from kb.config_values import (
    Network,
    anonymous,
    channels,
    choice,
    flag,
    header,
    index_prefix,
    interval,
    intervals,
    issuer,
    lists,
    names,
    networks,
    nodes,
    port,
    positive,
    roles,
    secret,
    sender,
    site,
    weekly,
    zone,
)
from kb.errors import SettingsError
from kb.model import KINDS, PRIORITIES, Interval, Role, WeeklyTime

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; the environment variable is ``KB_`` + NAME in capitals. What is ``secret`` is not quoted."""

    name: str
    default: str
    parse: Callable[[str], Any]
    help: str
    secret: bool = False


SETTINGS: tuple[Setting, ...] = (
    Setting("articles", "articles", Path, "folder of the Markdown articles"),
    Setting("data", "var", Path, "folder for the index and the database"),
    Setting(
        "engine",
        "auto",
        choice("auto", "whoosh", "tantivy", "opensearch"),
        "index engine; auto: tantivy when it is installed, else whoosh; `opensearch`: a cluster (extra `opensearch`)",
    ),
    Setting(
        "opensearch_url",
        "https://localhost:9200",
        nodes,
        "nodes of the OpenSearch cluster, comma separated: when one does not answer, the next is asked",
    ),
    Setting("opensearch_user", "", str.strip, "login there; empty: without"),
    Setting("opensearch_password", "", str, "and its password", secret=True),
    Setting("opensearch_ca", "", str.strip, "file of the authority that signed its certificates; empty: a public one"),
    Setting("opensearch_index", "zhida", index_prefix, "what the names of all our indexes there begin with"),
    Setting("opensearch_shards", "1", positive, "primary shards of a new index"),
    Setting(
        "role",
        "alone",
        choice("alone", "writer", "search"),
        "what `kb serve` is: everything (`alone`), the one `writer` of a cluster, or one of its `search` nodes",
    ),
    Setting(
        "secret",
        "",
        secret,
        "of 32 characters or more, the same on all nodes of a cluster: signs what one node gives out and another gets",
        secret=True,
    ),
    Setting("writer_url", "", site, "on search nodes: the writer's address, for those who edit, review or log in"),
    Setting(
        "semantic",
        "auto",
        choice("auto", "on", "off"),
        "search by meaning too; auto: when there is a model (below, or the packaged one); on: not to start without",
    ),
    Setting("embeddings_url", "", str.strip, "OpenAI-compatible `/v1/embeddings` to use instead of the packaged model"),
    Setting("embeddings_key", "", str.strip, "its key, if it wants one"),
    Setting("embeddings_model", "text-embedding-3-small", str.strip, "its model; a change embeds all articles anew"),
    Setting(
        "semantic_deadline_ms", "150", positive, "a search waits so long for the model, then it goes by words alone"
    ),
    Setting("channels", "微信,APP,官网,电话", channels, "service channels, comma separated"),
    Setting(
        "variables",
        "客户称呼,订单号,快递单号,预计时间,金额,手机尾号,商品名称,设备型号",
        names,
        "variables that scripts may hold, comma separated; `kb lint --strict` reports others",
    ),
    Setting("timezone", "Asia/Shanghai", zone, "IANA time zone in which reports and digests count days and weeks"),
    Setting(
        "review_every", "30d", interval, "review interval where neither article nor folder nor a setting below has one"
    ),
    Setting("review_kinds", "", intervals(KINDS), "review intervals by kind, such as `policy=7d,case=90d`"),
    Setting(
        "review_priorities",
        "",
        intervals(PRIORITIES),
        "the same by priority: `urgent=7d`; of several the shortest holds",
    ),
    Setting("review_owners", "", intervals(), "the same by department, in full: `售后业务部=14d`"),
    Setting(
        "review_top",
        "7d",
        interval,
        "the longest interval of what is in the current top 200, unless article or folder sets one",
    ),
    Setting("retention_days", "180", positive, "days after which logged queries, events and reported gaps are deleted"),
    Setting(
        "git_commit",
        "false",
        flag,
        "commit each save by its author, if the articles folder is the root of a git repository; needs the extra `git`",
    ),
    Setting(
        "anonymous_role",
        "agent",
        anonymous,
        "what may be read without a login: `agent` everything, `public` what is meant for customers, `none` nothing",
    ),
    Setting("session_idle_hours", "12", positive, "a login ends after so many hours without a request"),
    Setting("session_max_days", "7", positive, "a login ends after so many days in any case"),
    Setting("lock_timeout", "20", positive, "seconds to wait for another process that writes the index"),
    Setting(
        "oidc_issuer", "", issuer, "address of the OpenID Connect provider to log in with (extra `oidc`); empty: none"
    ),
    Setting("oidc_client_id", "", str.strip, "what the provider calls this installation"),
    Setting("oidc_client_secret", "", str.strip, "and the secret that it gave"),
    Setting("oidc_name", "统一登录", str.strip, "the login page's button that leads there"),
    Setting("oidc_role_claim", "", str.strip, "claim that lists somebody's groups, such as `groups`"),
    Setting(
        "oidc_roles",
        "",
        roles,
        "roles by group, such as `kb-editors=editor,kb-admins=admin`, set at every login; empty: set here",
    ),
    Setting(
        "trusted_proxies",
        "",
        networks,
        "addresses of reverse proxies (`10.0.0.5,192.168.1.0/24`) whose `X-Forwarded-*` headers are believed",
    ),
    Setting(
        "proxy_user_header",
        "",
        header,
        "header in which those proxies say who asks, such as `X-Remote-User`; from anybody else it is ignored",
    ),
    Setting(
        "base_url", "", site, "address of this installation, such as `https://kb.example.com`, for links in reminders"
    ),
    Setting("notify_at", "", weekly, "when `kb serve` sends reminders, such as `mon 09:35`; empty: `kb notify` does"),
    Setting(
        "notify_owners",
        "",
        lists,
        "where each department's reminders go, as JSON; the table `[notify.owners]` in `kb.toml` (docs/guide-admin.md)",
        secret=True,
    ),
    Setting("smtp_host", "", str.strip, "mail server for reminders"),
    Setting("smtp_port", "587", port, "its port"),
    Setting("smtp_security", "starttls", choice("starttls", "tls", "none"), "how its connection is encrypted"),
    Setting("smtp_user", "", str.strip, "login there; empty: without"),
    Setting("smtp_password", "", str, "and its password"),
    Setting("mail_from", "", sender, "sender of reminders, such as `直达 <kb@example.com>`"),
)


@dataclass(frozen=True, slots=True)
class Settings:
    """The values in force; see SETTINGS for their meaning. Paths are absolute."""

    articles: Path
    data: Path
    engine: str
    opensearch_url: tuple[str, ...]
    opensearch_user: str
    opensearch_password: str = field(repr=False)
    opensearch_ca: str
    opensearch_index: str
    opensearch_shards: int
    role: str
    secret: str = field(repr=False)
    writer_url: str
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
    base_url: str
    notify_at: WeeklyTime | None
    notify_owners: dict[str, tuple[str, ...]] = field(repr=False)
    smtp_host: str
    smtp_port: int
    smtp_security: str
    smtp_user: str
    smtp_password: str = field(repr=False)
    mail_from: str

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
    try:
        return setting.parse(_as_text(value))
    except ValueError as error:
        quoted = "" if setting.secret else f" {_as_text(value)!r}"
        raise SettingsError(f"设置 {setting.name} 的值{quoted}（来自{source}）不能用：{error}") from None


def _as_text(value: object) -> str:
    """As it would stand in the environment."""
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)


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
