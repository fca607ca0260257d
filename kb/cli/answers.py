"""Commands that ask: search, suggest, faq, stale."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb import contracts
from kb.cli.context import (
    DAY,
    PATH,
    Context,
    badge,
    json_option,
    json_text,
    output,
    pass_context,
    print_json,
    remarks,
    shown,
    table,
    utf8,
)
from kb.contracts.queue import stale_document
from kb.model import Hit, SearchRequest, SignalKind, Snippet, State

if TYPE_CHECKING:  # it loads what ``kb --help`` shall not wait for
    from rich.table import Table

    from kb.review.queue import QueuePage


@click.command()
@click.argument("query", callback=utf8)
@click.option("--product", help="Only this product (slug or title).")
@click.option("--scenario", help="Only this scenario (slug or title).")
@click.option("--channel", help="Only articles for this channel, with its script.")
@click.option("--kind", help="Only this kind: faq, guide, case, policy or script.")
@click.option("--tag", help="Only articles with this tag.")
@click.option("--limit", default=10, show_default=True, help="How many hits.")
@click.option("--offset", default=0, show_default=True, help="How many hits to skip.")
@click.option("--explain", is_flag=True, help="Show what each score is made of.")
@json_option
@pass_context
def search(context: Context, query: str, explain: bool, as_json: bool, **filters: object) -> None:
    """Search the articles. "短语" must occur as it stands, -词 must not; all other words are preferred."""
    page = context.desk.search(SearchRequest(query, **filters))  # type: ignore[arg-type]  # click checked them
    if as_json:
        print_json(contracts.search_document(page))
        return
    for remark in filter(None, (page.fallback, page.semantic_trouble)):
        remarks.print(f"[yellow]{shown(remark)}[/]")
    for rank, hit in enumerate(page.hits, int(str(filters["offset"])) + 1):
        _print_hit(rank, hit, shown(hit.script) if filters["channel"] else "")
        if explain:
            output.print(f"   [dim]{_explanation(hit)}[/]")
    remarks.print(f"共 {page.total} 条，用时 {page.took_ms:.1f} 毫秒" if page.total else "没有找到相关条目。")


def _print_hit(rank: int, hit: Hit, said: str) -> None:
    """The hit, and what is ``said`` on the channel asked for (as markup); without that where it matched."""
    article = hit.record.article
    place = shown(f"{article.product.title} › {article.scenario.title}")
    fresh = badge(hit.freshness.state)
    output.print(f"[bold]{rank}. {_highlighted(hit.title)}[/]  [dim]{place}  {article.id}[/]  {fresh}")
    output.print(f"   {said or _highlighted(hit.snippet)}".replace("\n", "\n   "))


def _explanation(hit: Hit) -> str:
    """The score as a sum of its parts; factors of 1 are left out."""
    parts = hit.parts
    added = f"字词 {parts.words:.3f} + 语义 {parts.meaning:.3f} + 学到的问法 {parts.learned:.3f}"
    factors = (("时效", parts.freshness), ("使用", parts.demand))
    return f"得分 {hit.score:.3f} = （{added}）" + "".join(f" × {name} {by:.2f}" for name, by in factors if by != 1)


def _highlighted(snippet: Snippet) -> str:
    pieces, done = [], 0
    for start, end in snippet.marks:
        pieces += [shown(snippet.text[done:start]), "[bold magenta]", shown(snippet.text[start:end]), "[/]"]
        done = end
    return "".join([*pieces, shown(snippet.text[done:])])


@click.command()
@click.argument("query", callback=utf8)
@click.option("--limit", default=10, show_default=True, type=click.IntRange(1), help="How many suggestions.")
@json_option
@pass_context
def suggest(context: Context, query: str, limit: int, as_json: bool) -> None:
    """Complete a few keystrokes: characters, pinyin, initials or a mix (退款, tuikuan, tk, 退kuan)."""
    rows = context.desk.suggest(query, limit)
    if as_json:
        print_json(contracts.suggest_document(query, rows))
        return
    for row in rows:
        place = " › ".join(part for part in (row.product, row.scenario) if part and part != row.text)
        fresh = f"  {badge(State(row.freshness))}" if row.freshness else ""
        output.print(f"{shown(row.text)}  [dim]{row.kind}  {shown(place)}[/]{fresh}")


@click.command()
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1), help="How many articles.")
@click.option("--channel", help="Only articles for this channel, with its script.")
@json_option
@pass_context
def faq(context: Context, limit: int, channel: str | None, as_json: bool) -> None:
    """The panel of frequent questions."""
    panel = context.desk.faq(channel, limit)
    if as_json:
        print_json(contracts.faq_document(panel))
        return
    ranked = datetime.fromisoformat(panel.as_of).astimezone()
    title = f"高频问题速查（{ranked:%Y-%m-%d %H:%M} 更新）"
    rows = table(title, "名次", "标准问", "产品 › 场景", "时效", "编号")
    for item in panel.items:
        article = item.record.article
        place = f"{article.product.title} › {article.scenario.title}"
        rows.add_row(str(item.rank), shown(article.title), shown(place), badge(item.freshness.state), article.id)
    output.print(rows)


@click.command()
@click.option("--as-of", type=DAY, help="Judge by this day instead of today.")
@click.option("--owner", help="Only articles of this business department.")
@click.option("--product", help="Only this product (slug or title).")
@click.option("--scenario", help="Only this scenario (slug or title).")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only this state.")
@click.option("--signal", type=click.Choice([kind.value for kind in SignalKind]), help="Only with this signal.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "xlsx", "md"]),
    default="table",
    show_default=True,
    help="Form of the report.",
)
@click.option("-o", "--output", "target", type=PATH, help="Write to this file, not to the screen.")
@click.option("--fail-on-stale", is_flag=True, help="Exit with 1 when anything is listed.")
@pass_context
def stale(
    context: Context, as_of: datetime | None, form: str, target: Path | None, fail_on_stale: bool, **wanted: str | None
) -> None:
    """The review queue: what is expired, stale, never verified, changed, due or spoken against, riskiest first."""
    from kb.review.queue import QueueFilter

    page = context.desk.review.page(QueueFilter.of(**wanted), as_of.date() if as_of else None)
    if form == "table":
        if target is not None:
            raise click.UsageError("表格只用于屏幕显示；写文件请选 --format csv、xlsx、md 或 json。")
        output.print(_stale_table(page))
    else:
        _write_report(form, page, target)
    if fail_on_stale and page.items:
        sys.exit(1)


def _write_report(form: str, page: QueuePage, target: Path | None) -> None:
    from kb.review import queue_files

    if form == "xlsx" and target is None:
        raise click.UsageError("xlsx 是二进制文件，请用 -o 指定文件名。")
    if form == "json":
        data = json_text(stale_document(page)).encode()
    elif form == "md":
        data = queue_files.to_markdown(page.items, page.as_of).encode()
    else:
        data = queue_files.to_xlsx(page.items) if form == "xlsx" else queue_files.to_csv(page.items)
    if target is None:
        sys.stdout.buffer.write(data)
    else:
        target.write_bytes(data)
        remarks.print(f"已写入 {target}（{page.total} 条）")


def _stale_table(page: QueuePage) -> Table:
    title = f"复核清单（{page.as_of}，{page.total} 条）"
    rows = table(title, "标准问、编号、部门", "状态", "原因和证据", whole=("状态",))
    # reasons are long and ids must not be broken: what is short stands below each other, else 80 columns are too few
    rows.columns[0].width = max((len(item.id) for item in page.items), default=0)
    for item in page.items:
        overdue = f"逾期 {item.days_overdue} 天" if item.days_overdue else ""
        rows.add_row(
            f"{shown(item.title)}\n{item.id}\n[dim]{shown(item.owner or '未指定部门')}[/]",
            f"{badge(item.state, item.state_label)}\n{overdue}",
            "\n".join((*map(shown, item.reasons), *(f"[dim]· {shown(piece)}[/]" for piece in item.evidence))),
        )
    rows.show_lines = True
    return rows


COMMANDS = (search, suggest, faq, stale)
