"""Commands about what a customer said: recommend, classify."""

from __future__ import annotations

from typing import BinaryIO

import click

from kb import contracts
from kb.cli.context import (
    Context,
    badge,
    json_option,
    output,
    pass_context,
    print_json,
    remarks,
    shown,
    utf8,
)
from kb.errors import QueryError
from kb.model import Message


@click.command()
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--channel", help="Only articles for this channel, with its script.")
@click.option("--product", help="Only this product (slug or title).")
@click.option("--limit", default=5, show_default=True, type=click.IntRange(1, 20), help="How many articles.")
@json_option
@pass_context
def recommend(
    context: Context, file: BinaryIO, channel: str | None, product: str | None, limit: int, as_json: bool
) -> None:
    """Articles that answer a customer's messages: one a line, in FILE or on standard input."""
    try:
        messages = [Message(line) for line in file.read().decode("utf-8-sig").splitlines()]
    except UnicodeDecodeError:
        raise QueryError("消息不是 UTF-8 编码的文字，请转成 UTF-8 再试。") from None
    answers = context.desk.recommend(messages, channel, product, limit)
    if as_json:
        print_json(contracts.recommend_document(answers))
        return
    for remark in filter(None, (answers.note, answers.semantic_trouble)):
        remarks.print(f"[yellow]{remark}[/]")
    for rank, item in enumerate(answers.items, 1):
        article, freshness = item.hit.record.article, item.hit.freshness
        output.print(f"[bold]{rank}. {shown(article.title)}[/]  [dim]{article.id}[/]  {badge(freshness.state)}")
        output.print(f"   [dim]答：{shown(item.sentence.text)}[/]")
        if channel:
            output.print(f"   {shown(item.hit.script)}".replace("\n", "\n   "))


@click.command()
@click.argument("text", callback=utf8)
@json_option
@pass_context
def classify(context: Context, text: str, as_json: bool) -> None:
    """The likely product and scenario of what a customer said, or 不确定."""
    found = context.desk.classify([Message(text)])
    if as_json:
        print_json(contracts.classify_document(found))
        return
    output.print(f"[bold]{shown(found.label)}[/]  把握 {found.confidence:.0%}")
    for candidate in found.candidates:
        place = shown(f"{candidate.product.title} › {candidate.scenario.title}")
        output.print(f"   [dim]{candidate.confidence:4.0%}[/]  {place}")


COMMANDS = (recommend, classify)
