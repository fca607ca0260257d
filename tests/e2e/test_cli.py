"""The kb command as a person or a script uses it: output, JSON documents, exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.e2e.processes import Desk

HIT = {
    "id", "title", "product", "scenario", "kind", "score", "snippet", "matched", "channels", "owner", "priority",
    "updated", "verified", "freshness", "script", "url",
}  # fmt: skip


@pytest.fixture
def indexed(desk: Desk) -> Desk:
    desk.json("index")
    return desk


def test_json_documents_have_the_fields_of_the_contract(indexed: Desk) -> None:
    page = indexed.json("search", "退款", "--limit", "3")
    assert {"query", "total", "took_ms", "generation", "fallback", "hits", "facets"} <= set(page)
    assert set(page["facets"]) == {"product", "scenario", "channel", "kind"}
    assert all(set(hit) >= HIT for hit in page["hits"])
    assert "<mark>" in page["hits"][0]["snippet"] + page["hits"][0]["title_html"]
    rows = indexed.json("suggest", "tk")["suggestions"]
    assert {"text", "kind", "id", "product", "scenario", "freshness"} <= set(rows[0])
    panel = indexed.json("faq", "--limit", "5")
    assert [item["rank"] for item in panel["items"]] == [1, 2, 3, 4, 5]
    assert {"id", "title", "product", "scenario", "script", "channels", "freshness", "pinned"} <= set(panel["items"][0])
    stale = json.loads(indexed.run("stale", "--format", "json", "--as-of", "2026-11-21").stdout)
    assert stale["as_of"] == "2026-11-21"
    assert {"expired", "stale", "never_verified", "changed"} <= {item["state"] for item in stale["items"]}
    assert {"reasons", "due", "days_overdue", "exposure", "owner"} <= set(stale["items"][0])


def test_the_index_summary_counts(desk: Desk) -> None:
    first, second = desk.json("index"), desk.json("index")
    assert {"articles", "added", "changed", "removed", "errors", "seconds"} <= set(first)
    assert first["added"] == first["articles"] > 60
    assert (second["added"], second["changed"], second["removed"]) == (0, 0, 0)


def test_the_review_queue_comes_in_every_form(indexed: Desk, tmp_path: Path) -> None:
    assert indexed.run("stale", "--format", "csv").stdout.startswith("\ufeff")
    assert indexed.run("stale", "--format", "md").stdout.startswith("## 复核清单")
    book = tmp_path / "queue.xlsx"
    assert indexed.run("stale", "--format", "xlsx", "-o", str(book)).returncode == 0
    assert book.read_bytes().startswith(b"PK")
    assert indexed.run("stale", "--format", "xlsx").returncode == 2
    assert indexed.run("stale", "--as-of", "2026-11-21", "--fail-on-stale").returncode == 1
    assert indexed.run("stale", "--owner", "没有的部门", "--fail-on-stale").returncode == 0


def test_lint_says_where_and_fails(desk: Desk) -> None:
    assert desk.run("lint").returncode == 0
    (desk.articles / "mall/order/bad.md").write_text("---\nid: bad\n---\n", encoding="utf-8")
    done = desk.run("lint")
    assert done.returncode == 1
    assert "mall/order/bad.md:" in done.stdout
    assert desk.run("lint", "membership").returncode == 0
    assert desk.run("lint", "no/such/file.md").returncode == 2


def test_lint_can_be_strict_and_ask_for_every_article(desk: Desk) -> None:
    path = "mall/refund/refund-not-received.md"
    article = desk.articles / path
    article.write_text(article.read_text(encoding="utf-8") + "\n{{天气}}\n", encoding="utf-8")
    assert desk.run("lint", path).returncode == 0
    done = desk.run("lint", path, "--strict", "--retrieval", "--json")
    assert done.returncode == 1
    (problem,) = json.loads(done.stdout)
    assert problem["path"] == path
    assert "天气" in problem["message"]
    assert "自检索：标题" in done.stderr
    assert desk.run("lint", "membership", "--strict", "--retrieval").stdout == ""


def test_analyze_shows_words_and_tokens(indexed: Desk) -> None:
    shown = indexed.json("analyze", "请问7天")
    assert [word["text"] for word in shown["words"] if word["stop"]] == ["请问"]
    assert "7天" in shown["tokens"]


def test_import_takes_all_rows_or_none(desk: Desk, tmp_path: Path) -> None:
    rows = [
        {"id": "imp-1", "title": "犀牛怎么退", "aliases": ["退犀牛"], "body": "可以退。", "category": ["动物", "退货"]}
    ]
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in [*rows, {"id": "", "title": ""}]), encoding="utf-8")
    assert desk.run("import", str(file), "--product", "动物园").returncode == 1
    assert not list(desk.articles.glob("*/*/imp-1.md"))
    file.write_text(json.dumps(rows[0]), encoding="utf-8")
    assert desk.run("import", str(file), "--product", "动物园", "--dry-run").returncode == 0
    assert not list(desk.articles.glob("*/*/imp-1.md"))
    assert desk.run("import", str(file), "--product", "动物园").returncode == 0
    desk.json("index")
    hit = desk.json("search", "犀牛", "--product", "动物园")["hits"][0]
    assert (hit["id"], hit["scenario"]) == ("imp-1", "退货")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("search", "退" * 10_000), 2, "200"),
        (("search", "退款", "--product", "没有"), 2, "没有"),
        (("search", ""), 0, "没有找到"),
        (("search", "\x01\x02 🎉"), 0, "没有找到"),
        (("eval", "/no/such/folder"), 2, "corpus.jsonl"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_wrong_use_is_said_plainly(indexed: Desk, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = indexed.run(*arguments)
    assert done.returncode == code
    assert said in done.stderr


def test_a_bad_setting_is_said_plainly(desk: Desk) -> None:
    done = desk.run("index", env={**os.environ, "KB_ENGINE": "lucene"})
    assert done.returncode == 2
    assert "KB_ENGINE" in done.stderr


def test_doctor_knows_good_from_bad(indexed: Desk) -> None:
    assert indexed.json("doctor")["ok"]
    (indexed.data / "index" / "CURRENT").write_text("nowhere")
    done = indexed.run("doctor")
    assert done.returncode == 1
    assert "kb index --rebuild" in done.stdout
