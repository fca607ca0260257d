"""``kb show``: one article as it is, or as it was."""

from __future__ import annotations

from datetime import datetime

import click

from kb.cli.context import DAY, Context, badge, json_option, pass_context, print_json, remarks, shown, utf8
from kb.model import State
from kb.ports.history import ACTIONS, ORIGINS
from kb.text.controls import without_controls


@click.command()
@click.argument("article_id", metavar="ID", callback=utf8)
@click.option("--as-of", type=DAY, help="As it was at the end of this day.")
@json_option
@pass_context
def show(context: Context, article_id: str, as_of: datetime | None, as_json: bool) -> None:
    """Show one article: its file as it is served, or as it was on a day."""
    desk = context.desk
    if as_of is None:
        document = desk.article_document(article_id)
    else:
        then = desk.editing.as_of_document(article_id, as_of.date())
        document, said = then, then["as_of"]
        row = said["revision"]
        remarks.print(
            f"{said['day']} 结束时的内容：{row['at'][:16].replace('T', ' ')} 由{shown(row['by']) or '（未知）'}"
            f"{ACTIONS[row['action']]}（{ORIGINS[row['origin']]}）{'：' if row['note'] else ''}{shown(row['note'])}"
        )
        if said["inferred"]:
            remarks.print("[yellow]那一天还没有历史记录；按更新日期推断，内容从那以后没有改过。[/]")
    if document["status"] != "published":
        remarks.print(f"[yellow]{'还是草稿' if document['status'] == 'draft' else '已归档'}，客服看不到。[/]")
    else:
        remarks.print(f"时效：{'，'.join([badge(State(document['freshness'])), *map(shown, document['reasons'])])}")
    if as_json:
        print_json(document)
    else:
        click.echo(without_controls(document["source"]), nl=False)


COMMANDS = (show,)
