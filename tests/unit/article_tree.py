"""Article files for tests: a small tree on disk, and the real articles of this repository."""

from __future__ import annotations

from pathlib import Path

from kb.content.reader import ArticleFiles
from kb.model import Article, Folder, Problem
from kb.ports.catalog import FileVersion

CHANNELS = ("微信", "APP", "官网", "电话")
REPOSITORY = Path(__file__).parents[2]
REAL_ARTICLES = sorted(path for path in (REPOSITORY / "articles").glob("*/*/*.md") if path.name != "_index.md")

ARTICLE = """\
---
id: refund-not-received
title: 未收到货退款
questions:
  - 没收到货怎么退款
kind: faq
channels: [微信, 电话]
created: 2026-03-02
updated: 2026-11-02
verified: 2026-11-16
verified_by: aftersales-lead
related: [refund-received]
---
## 标准话术
您好，可以退款。
### 电话
可以退的。
## 处理步骤
1. 查物流。
"""


def write(root: Path, path: str, content: str | bytes) -> Path:
    """Write a file below ``root``, with the folders above it."""
    full = root / path
    full.parent.mkdir(parents=True, exist_ok=True)
    full.write_bytes(content if isinstance(content, bytes) else content.encode())
    return full


def make_tree(root: Path) -> Path:
    """``mall/refund/refund-not-received.md`` with both folders named; returns the root."""
    write(root, "mall/_index.md", "---\ntitle: 网上商城\nowner: 交易业务部\nreview_every: 30d\n---\n")
    write(root, "mall/refund/_index.md", "---\ntitle: 退款与退货\nowner: 售后业务部\n---\n")
    write(root, "mall/refund/refund-not-received.md", ARTICLE)
    return root


def judge(source: str | bytes) -> FileVersion:
    """What is made of a source, as ``mall/refund/a.md``."""
    data = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
    folders = {"mall": Folder("mall", "网上商城"), "mall/refund": Folder("refund", "退款与退货")}
    return ArticleFiles(Path(), CHANNELS).judge("mall/refund/a.md", data, folders)


def with_fields(*lines: str, body: str = "## 标准话术\n您好。\n") -> str:
    """A source with id, title and ``lines`` as front matter."""
    return "\n".join(["---", "id: a", "title: 标题", *lines, "---", body])


def article_of(source: str) -> Article:
    """The article of a source that is right."""
    version = judge(source)
    assert version.article is not None, version.problems
    return version.article


def errors(problems: tuple[Problem, ...] | list[Problem]) -> list[Problem]:
    """Those that keep a file from being served."""
    return [problem for problem in problems if problem.severity == "error"]
