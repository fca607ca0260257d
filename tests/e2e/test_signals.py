"""What speaks against articles shows up in the review queue: of a running server by itself, else with ``kb index``."""

from __future__ import annotations

from typing import Any

from tests.e2e.processes import Desk, edit, wait_until

ARTICLE = "mall/refund/refund-not-received.md"


def reasons(document: dict[str, Any], article_id: str = "refund-not-received") -> str:
    return "；".join(reason for row in document["items"] if row["id"] == article_id for reason in row["reasons"])


def test_a_running_server_finds_and_forgets_them_by_itself(desk: Desk) -> None:
    path = desk.articles / ARTICLE
    with desk.serve() as server:
        assert "打不开" not in reasons(server.get("/api/v1/stale"))
        edit(path, "## 标准话术", "## 标准话术\n见[这里](/a/no-such-article)。")
        wait_until(lambda: "1 处链接或图片打不开" in reasons(server.get("/api/v1/stale")))
        edit(path, "见[这里](/a/no-such-article)。", "")
        wait_until(lambda: "打不开" not in reasons(server.get("/api/v1/stale")))
        server.post("/api/v1/feedback", id="refund-not-received", vote="outdated", note="打 13800138000 没人接")
        wait_until(lambda: "1 人说内容过时" in reasons(server.get("/api/v1/stale")))


def test_without_a_server_indexing_finds_them(desk: Desk) -> None:
    path = desk.articles / ARTICLE
    desk.json("index")
    edit(path, "## 标准话术", "## 标准话术\n见[这里](/a/no-such-article)。")
    desk.json("index")
    assert "1 处链接或图片打不开" in desk.run("stale", "--format", "md").stdout
    edit(path, "见[这里](/a/no-such-article)。", "")
    desk.json("index")
    assert "打不开" not in desk.run("stale", "--format", "md").stdout
