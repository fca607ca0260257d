"""On a cluster with TLS, logins and rights (the security plugin of OpenSearch): every role works with the rights that
the guide gives, and what is wrong is said.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from tests.cluster.secured import Secured
from tests.e2e.processes import Desk, answered, edit, wait_until

REFUND = "mall/refund/refund-not-received.md"
QUESTION = "没收到货怎么退款"


@pytest.fixture
def prefix() -> str:
    return f"t{secrets.token_hex(6)}"


def test_migration_writer_and_search_node_need_no_more_rights_than_the_guide_gives(
    secured_node: Secured, prefix: str, desk: Desk, tmp_path: Path
) -> None:
    environment = {**secured_node.environment(), "KB_OPENSEARCH_INDEX": prefix, "KB_SECRET": secrets.token_hex(32)}
    done = desk.run("migrate", "--to", "opensearch", env={**os.environ, **environment, "KB_SEMANTIC": "off"})
    assert done.returncode == 0, done.stderr
    assert "KB_OPENSEARCH_USER=zhida" in done.stdout
    assert f"KB_OPENSEARCH_CA={secured_node.ca}" in done.stdout
    environment["KB_ENGINE"] = "opensearch"
    node_desk = Desk(tmp_path / "no articles", tmp_path / "node")
    with (
        desk.serve(**environment, KB_ROLE="writer") as writer,
        node_desk.serve(**environment, KB_ROLE="search") as node,
    ):
        assert answered(node, QUESTION) == answered(writer, QUESTION) != []
        edit(desk.articles / REFUND, "## 标准话术", "## 标准话术\n饕餮快递。")
        wait_until(lambda: node.search("饕餮 快递")[:1] == ["refund-not-received"])
        assert node.get("/healthz")["checks"] == {"engine": "ok", "store": "ok", "files": "ok"}
        assert writer.get("/healthz")["checks"] == {"engine": "ok", "store": "ok", "files": "ok"}


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"KB_OPENSEARCH_PASSWORD": "wrong"}, "不接受用户“zhida”的密码"),
        ({"KB_OPENSEARCH_USER": ""}, "要求登录"),
        ({"KB_OPENSEARCH_USER": "reader"}, "用户“reader”在搜索集群上没有所需的权限"),
        ({"KB_OPENSEARCH_INDEX": "others"}, "用户“zhida”在搜索集群上没有所需的权限"),
        ({"KB_OPENSEARCH_CA": ""}, "建立不了加密连接"),
        ({"KB_OPENSEARCH_CA": "/nowhere/ca.pem"}, "KB_OPENSEARCH_CA"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_built(
    secured_node: Secured, prefix: str, desk: Desk, changed: dict[str, str], told: str
) -> None:
    environment = {**os.environ, **secured_node.environment(), "KB_OPENSEARCH_INDEX": prefix, **changed}
    done = desk.run("migrate", "--to", "opensearch", env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert not [one for one in secured_node.tell("GET", "/_cat/indices?format=json") if one["index"].startswith(prefix)]
