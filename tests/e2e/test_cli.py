"""The kb command as a person or a script uses it: output, JSON documents, exit codes."""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import datetime, timedelta, timezone
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


def test_why_the_index_is_rebuilt_is_said_once(desk: Desk) -> None:
    assert desk.run("index").stderr.count("首次建立索引") == 1
    assert desk.run("index", "--rebuild").stderr.count("按要求重建") == 1


def test_the_review_queue_comes_in_every_form(indexed: Desk, tmp_path: Path) -> None:
    assert indexed.run("stale", "--format", "csv").stdout.startswith("\ufeff")
    assert indexed.run("stale", "--format", "md").stdout.startswith("## 复核清单")
    book = tmp_path / "queue.xlsx"
    assert indexed.run("stale", "--format", "xlsx", "-o", str(book)).returncode == 0
    assert book.read_bytes().startswith(b"PK")
    assert indexed.run("stale", "--format", "xlsx").returncode == 2
    assert indexed.run("stale", "--as-of", "2026-11-21", "--fail-on-stale").returncode == 1
    narrowed = ("--as-of", "2026-11-21", "--product", "mall", "--state", "expired")
    mall = json.loads(indexed.run("stale", "--format", "json", *narrowed).stdout)
    assert {(item["product"], item["state"]) for item in mall["items"]} == {("网上商城", "expired")}
    assert mall["total"] == len(mall["items"])
    assert json.loads(indexed.run("stale", "--format", "json", "--signal", "sent_back").stdout)["items"] == []
    assert "“下周”不是日期，请写成 2026-11-30 这样" in indexed.run("stale", "--as-of", "下周").stderr
    nobody = indexed.run("stale", "--owner", "没有的部门")
    assert nobody.returncode == 2
    assert "现有：" in nobody.stderr


def test_the_panel_is_dated_in_local_time(indexed: Desk) -> None:
    ranked = datetime.fromisoformat(indexed.json("faq")["as_of"])
    there = timezone(timedelta(hours=8))
    done = indexed.run("faq", env={**os.environ, "TZ": "CST-8"})
    assert f"{ranked.astimezone(there):%Y-%m-%d %H:%M} 更新" in done.stdout


def test_reported_gaps_are_listed(indexed: Desk) -> None:
    assert indexed.json("gaps") == {"items": []}
    with indexed.serve() as server:
        server.post("/api/v1/gaps", query="能刷花呗吗", note="问的人多")
        server.post("/api/v1/gaps", query="可以刷花呗吗", channel="微信")
    (gap,) = indexed.json("gaps")["items"]
    assert gap["queries"] == ["可以刷花呗吗", "能刷花呗吗"]
    assert (gap["reports"], gap["searches"], gap["notes"], gap["channels"]) == (2, 0, ["问的人多"], ["微信"])
    assert "可以刷花呗吗" in indexed.run("gaps").stdout


def test_stored_texts_do_not_command_the_terminal(indexed: Desk) -> None:
    with indexed.serve() as server:
        server.post("/api/v1/gaps", query="能刷\x1b]0;花呗\x07吗\x9b2J", note="[red]问的\x1b[31m人多")
    listed = "".join(indexed.run("gaps").stdout.replace("│", "").split())
    assert not any(code < " " or "\x7f" <= code < "\xa0" for code in listed)
    assert "[red]" in listed


def test_ids_are_whole_on_a_narrow_screen(indexed: Desk) -> None:
    narrow = {**os.environ, "COLUMNS": "80"}
    listed = [item["id"] for item in indexed.json("faq")["items"]]
    assert listed
    table = indexed.run("faq", env=narrow).stdout
    assert [article_id for article_id in listed if article_id not in table] == []
    due = json.loads(indexed.run("stale", "--format", "json", "--as-of", "2026-11-21").stdout)["items"]
    queue = indexed.run("stale", "--as-of", "2026-11-21", env=narrow).stdout
    assert [item["id"] for item in due if item["id"] not in queue] == []
    short = [item["reasons"][0] for item in due if len(item["reasons"][0]) < 15]
    assert short
    assert [reason for reason in short if reason not in queue] == []


def test_a_search_for_a_channel_prints_its_script(indexed: Desk) -> None:
    script = "您别着急，没收到也能退"
    assert script not in indexed.run("search", "未收到货退款", "--limit", "1").stdout
    assert script in indexed.run("search", "未收到货退款", "--limit", "1", "--channel", "电话").stdout


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
        {"id": "imp-1", "title": "饕餮怎么退", "aliases": ["退饕餮"], "body": "可以退。", "category": ["动物", "退货"]}
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
    hit = desk.json("search", "饕餮", "--product", "动物园")["hits"][0]
    assert (hit["id"], hit["scenario"]) == ("imp-1", "退货")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("search", "退" * 10_000), 2, "200"),
        (("search", "退款", "--product", "没有"), 2, "没有"),
        (("search", ""), 0, "没有找到"),
        (("search", "\x01\x02 🎉"), 0, "没有找到"),
        (("eval", "/no/such/folder"), 2, "没有 /no/such/folder 这个文件夹"),
        (("nonsense",), 2, "nonsense"),
        (("import", "/no/such/file"), 2, "没有 /no/such/file 这个文件"),
        (("search", os.fsdecode(b"\xcd\xcb\xbf\xee")), 2, "不是 UTF-8 编码"),
        (("suggest", os.fsdecode(b"\xff")), 2, "不是 UTF-8 编码"),
        (("analyze", os.fsdecode(b"\xff")), 2, "不是 UTF-8 编码"),
    ],
)
def test_wrong_use_is_said_plainly(indexed: Desk, arguments: tuple[str, ...], code: int, said: str) -> None:
    done = indexed.run(*arguments)
    assert done.returncode == code
    assert said in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
@pytest.mark.parametrize("option", ["--articles", "--data"])
def test_a_folder_that_must_not_be_read_is_said_plainly(desk: Desk, tmp_path: Path, option: str) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    done = desk.run(option, str(closed), "index")
    assert done.returncode == 2
    assert str(closed) in done.stderr
    assert "权限" in done.stderr


def test_a_bad_setting_is_said_plainly(desk: Desk) -> None:
    done = desk.run("index", env={**os.environ, "KB_ENGINE": "lucene"})
    assert done.returncode == 2
    assert "KB_ENGINE" in done.stderr


def test_doctor_reports_a_damaged_row_and_an_index_run_mends_it(indexed: Desk) -> None:
    with sqlite3.connect(indexed.data / "zhida.db") as db:
        db.execute("UPDATE article_files SET article = '{broken' WHERE article_id = 'refund-express'")
    db.close()
    done = indexed.run("doctor")
    assert done.returncode == 1
    assert "mall/refund/refund-express.md；执行 kb index" in done.stdout
    assert len(indexed.json("search", "退款")["hits"]) == 10
    indexed.json("index")
    assert indexed.json("doctor")["ok"]


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_doctor_names_the_damaged_file_of_the_index_and_an_index_run_rebuilds_it(
    indexed: Desk, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KB_ENGINE", engine)
    indexed.json("index")
    generation = (indexed.data / "index" / "CURRENT").read_text()
    files = filter(Path.is_file, (indexed.data / "index" / generation).rglob("*"))
    segment = max(files, key=lambda path: path.stat().st_size)
    content = bytearray(segment.read_bytes())
    content[len(content) // 2] ^= 1
    segment.write_bytes(content)
    done = indexed.run("doctor")
    assert done.returncode == 1
    assert str(segment) in done.stdout
    assert indexed.json("index")["rebuilt"]
    assert indexed.json("doctor")["ok"]


def test_doctor_knows_good_from_bad(indexed: Desk) -> None:
    assert indexed.json("doctor")["ok"]
    (indexed.data / "index" / "CURRENT").write_text("nowhere")
    done = indexed.run("doctor")
    assert done.returncode == 1
    assert "kb index --rebuild" in done.stdout
