"""What a cluster that can't do something says, as our errors: what happened and how to mend it, in Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from opensearchpy.exceptions import ConnectionError as NotConnected
from opensearchpy.exceptions import ConnectionTimeout, SSLError, TransportError

from kb.errors import ClusterAway, ClusterBusy, ClusterConflict, ClusterError, ClusterMissing

_LONGEST = 300
_UNAVAILABLE = (502, 503, 504)
#: a name by its distribution, and the oldest major version whose calls are those that we use
_KNOWN = {"opensearch": ("OpenSearch", 2), "elasticsearch": ("Elasticsearch", 8)}


def translated(error: Exception, where: str, user: str, seconds: float) -> ClusterError:
    """The error for what the library raised; ``where`` are the addresses, ``seconds`` the deadline."""
    if isinstance(error, SSLError):
        return ClusterAway(
            f"与搜索集群（{where}）建立不了加密连接：{_short(error)}。请检查 KB_OPENSEARCH_CA 和集群的证书。"
        )
    if isinstance(error, ConnectionTimeout):
        return ClusterAway(f"搜索集群（{where}）在 {seconds:g} 秒内没有答复。请检查集群是否过忙、网络是否畅通。")
    if isinstance(error, NotConnected):
        return ClusterAway(f"连不上搜索集群（{where}）。请检查 KB_OPENSEARCH_URL，以及集群是否在运行。")
    if isinstance(error, TransportError) and isinstance(error.status_code, int):
        return refusal(error.status_code, _cause(error.info), user)
    return ClusterError(
        f"搜索集群（{where}）的答复看不懂：{_short(error)}。请检查 KB_OPENSEARCH_URL 指向的是不是集群。"
    )


def refusal(status: int, cause: Mapping[str, Any], user: str = "") -> ClusterError:
    """The error for an HTTP ``status`` and the ``type`` and ``reason`` of its cause."""
    kind, reason = str(cause.get("type", "")), str(cause.get("reason", ""))
    told = _short(f"{kind}：{reason}" if kind else reason or f"HTTP {status}")
    if status == 401:
        return ClusterError(_login(user))
    if kind == "cluster_block_exception" and status in (403, 429):
        return ClusterError(_block(reason))
    if status == 403:
        return ClusterError(f"用户“{user}”在搜索集群上没有所需的权限（{told}）。请管理员按 docs/guide-admin.md 授权。")
    if status == 404:
        return ClusterMissing(f"搜索集群上没有要找的内容（{told}）。")
    if status == 409:
        return ClusterConflict(f"搜索集群上的内容已被另一个进程改动（{told}）。")
    if status == 429:
        return ClusterBusy(f"搜索集群太忙，暂时不接受请求（{told}）。请稍后再试；经常如此就需要加节点。")
    if status in _UNAVAILABLE:
        return ClusterAway(f"搜索集群暂时不可用（{told}）。节点可能正在重启或选主，稍后会自动重试。")
    return ClusterError(f"搜索集群拒绝了请求（{told}）。")


def unsuitable(answer: object) -> ClusterError | None:
    """What is wrong with whoever answers ``GET /`` like that; None: nothing."""
    version = answer.get("version") if isinstance(answer, dict) else None
    number = str(version.get("number", "")) if isinstance(version, dict) else ""
    found = re.match(r"\d+", number)
    if not (isinstance(version, dict) and found):
        return ClusterError("KB_OPENSEARCH_URL 指向的不是 OpenSearch，也不是 Elasticsearch。")
    name, oldest = _KNOWN.get(str(version.get("distribution", "elasticsearch")), _KNOWN["opensearch"])
    if int(found[0]) < oldest:
        return ClusterError(f"搜索集群的版本太旧：{name} {number}，需要 {oldest}.0 或更新的版本。请先升级集群。")
    return None


def _login(user: str) -> str:
    if not user:
        return "搜索集群要求登录，请设置 KB_OPENSEARCH_USER 和 KB_OPENSEARCH_PASSWORD。"
    return f"搜索集群不接受用户“{user}”的密码。请检查 KB_OPENSEARCH_USER 和 KB_OPENSEARCH_PASSWORD。"


def _block(reason: str) -> str:
    """Why nothing can be written; searching goes on."""
    if "flood" in reason or "read-only / allow delete" in reason:
        return "搜索集群的磁盘快满了，索引已被集群设为只读，查询照常。请清理磁盘或增加节点，之后会自动继续写入。"
    return f"搜索集群上的索引是只读的，查询照常（{_short(reason)}）。请管理员解除只读设置，之后会自动继续写入。"


def _cause(info: Any) -> Mapping[str, Any]:
    error = info.get("error") if isinstance(info, dict) else None
    if isinstance(error, dict):
        causes = error.get("root_cause") or [error]
        return causes[0] if isinstance(causes[0], dict) else error
    return {"reason": error if isinstance(error, str) else ""}


def _short(told: object) -> str:
    return " ".join(str(told).split())[:_LONGEST]
