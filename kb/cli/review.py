"""``kb review``: a reviewer's verdict on one article, given on this machine."""

from __future__ import annotations

import sys

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, remarks, shown, utf8
from kb.errors import ArticleNotFound, EditConflict, InvalidArticle
from kb.model import Caller, Verdict


@click.command()
@click.argument("article_id", metavar="ID", callback=utf8)
@click.option(
    "--verdict",
    type=click.Choice([verdict.value for verdict in Verdict]),
    required=True,
    help="It holds; its owner has to mend it; it goes out of service.",
)
@click.option("--by", "user", metavar="USER", required=True, callback=utf8, help="Who says so: any name.")
@click.option("--note", default="", callback=utf8, help="Why; with revise what has to be mended.")
@click.option("--revision", help="Of the file that was judged; without it, whatever the file says now.")
@json_option
@pass_context
def review(
    context: Context, article_id: str, verdict: str, user: str, note: str, revision: str | None, as_json: bool
) -> None:
    """Confirm an article, send it back to its owner or archive it; exits with 1 if that can't be said of it."""
    desk = context.service.desk(Caller.local(user.strip()))
    try:
        outcome = desk.verdicts.give(article_id, Verdict(verdict), note, revision)
    except (ArticleNotFound, EditConflict, InvalidArticle) as error:
        click.echo(f"错误：{error}", err=True)
        if isinstance(error, EditConflict) and error.diff:
            click.echo(error.diff, err=True)
        sys.exit(1)
    for remark in outcome.remarks:
        remarks.print(f"[yellow]{shown(remark)}[/]")
    if as_json:
        from kb.contracts.reviews import given_document

        print_json(given_document(outcome))
        return
    output.print(f"已记下：{shown(article_id)} {Verdict(verdict).label}，审核人 {shown(user.strip())}。")


COMMANDS = (review,)
