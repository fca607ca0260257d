"""All articles in one HTML file that needs no server, no network and no other file: for reading and searching offline.

Nothing in it comes from outside: texts are escaped, Markdown is sanitised, and a content security policy allows the one
script of the page by its hash and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from datetime import datetime
from html import escape
from importlib.resources import files
from itertools import groupby
from pathlib import Path
from typing import TextIO

from kb.model import Article, Freshness
from kb.text.render import render_html
from kb.text.sections import without_scripts

Listed = tuple[Article, Freshness]


def write_html(target: Path, articles: Iterable[Listed]) -> int:
    """Write what is published and valid by now; the articles come in order of path. Return how many there were."""
    script, style = (files("kb.bulk").joinpath(name).read_text(encoding="utf-8") for name in ("page.js", "page.css"))
    visible = (pair for pair in articles if pair[0].status == "published" and pair[1].servable)
    with target.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_head(script, style))
        count = 0
        for product, inside in groupby(visible, key=lambda pair: pair[0].product):
            file.write(f"<section><h2>{escape(product.title)}</h2>\n")
            for scenario, listed in groupby(inside, key=lambda pair: pair[0].scenario):
                file.write(f"<section><h3>{escape(scenario.title)}</h3>\n")
                count += sum(_write_article(file, article, freshness) for article, freshness in listed)
                file.write("</section>\n")
            file.write("</section>\n")
        file.write(f"</main>\n<script>{script}</script>\n</body></html>\n")
    return count


def _head(script: str, style: str) -> str:
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    now = datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
    return f"""<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>直达知识库（离线版）</title>
<style>{style}</style></head><body>
<header><h1>直达知识库（离线版）</h1>
<p>导出于 {now}，时效以当时为准；内部资料，请勿外传。</p>
<input id="search" type="search" placeholder="输入几个字查找，空格隔开表示都要有" aria-label="查找" autofocus>
<p id="count" role="status"></p></header>
<main>
"""


def _write_article(file: TextIO, article: Article, freshness: Freshness) -> int:
    facts = [
        f"编号 {article.id}",
        f"渠道 {'、'.join(article.channels)}",
        article.owner and f"业务部门 {article.owner}",
        article.contact and f"对接人 {article.contact}",
        article.updated and f"更新 {article.updated}",
        article.verified and f"审核 {article.verified}",
        freshness.due and f"复核期限 {freshness.due}",
        article.valid_to and f"有效至 {article.valid_to}",
    ]
    reasons = f'<p class="reasons">{escape("；".join(freshness.reasons))}。</p>' if freshness.reasons else ""
    scripts = "".join(
        f"<h4>标准话术{escape(f'（{script.channel}）') if script.channel else ''}</h4><pre>{escape(script.text)}</pre>"
        for script in article.scripts
    )
    questions = "".join(f"<li>{escape(question)}</li>" for question in article.questions)
    file.write(
        f'<details id="a-{escape(article.id)}"><summary>{escape(article.title)}'
        f' <span class="{freshness.state.value}">{escape(freshness.state.label)}</span></summary>'
        f'<p class="facts">{escape("　".join(fact for fact in facts if fact))}</p>'
        f"{reasons}{scripts}{render_html(without_scripts(article.body), folder=None)}"
        f"{f'<h4>相似问</h4><ul>{questions}</ul>' if questions else ''}</details>\n"
    )
    return 1
