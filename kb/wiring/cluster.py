"""The connection to a cluster that the settings name."""

from __future__ import annotations

from importlib.util import find_spec
from typing import TYPE_CHECKING

from kb.config import Settings
from kb.errors import SettingsError

if TYPE_CHECKING:
    from kb.cluster.client import Cluster


def build_cluster(settings: Settings, seconds: float | None = None) -> Cluster:
    """A connection, which is made when the first thing is asked; ``seconds``: of questions, if not the usual deadline.

    Raises SettingsError without its library.
    """
    if find_spec("opensearchpy") is None:
        raise SettingsError("没有安装连接搜索集群的程序库，请执行 pip install 'zhida-kb[opensearch]'。")
    from kb.cluster.client import QUERY_SECONDS, Cluster  # with opensearch-py, which one machine alone doesn't need

    return Cluster(
        settings.opensearch_url,
        settings.opensearch_user,
        settings.opensearch_password,
        settings.opensearch_ca,
        seconds or QUERY_SECONDS,
    )
