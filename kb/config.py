"""Settings: one tuple that says name, default and meaning; read from ``kb.toml`` and the environment.

``KB_ARTICLES=/srv/kb`` in the environment wins over ``articles = "/srv/kb"`` in ``kb.toml``; command line options
win over both. README's settings table is checked against ``SETTINGS`` by a test.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kb.errors import SettingsError
from kb.model import Interval, Role

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


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


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise ValueError("必须大于 0")
    return number


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
    Setting("review_every", "30d", Interval.parse, "review interval where neither article nor folder sets one"),
    Setting("review_top", "7d", Interval.parse, "review interval of what is in the current top 200"),
    Setting(
        "retention_days", "180", _positive, "days after which logged queries, events and reported gaps are deleted"
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
    review_every: Interval
    review_top: Interval
    retention_days: int
    anonymous_role: Role | None
    session_idle_hours: int
    session_max_days: int
    lock_timeout: int

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
    unknown = sorted(set(found) - {setting.name for setting in SETTINGS})
    if unknown:
        raise SettingsError(f"{path} 里有不认识的设置：{'、'.join(unknown)}")
    return found
