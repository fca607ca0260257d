"""``kb learn``: what was learned from use, and the verdicts of the business owners on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kb import contracts
from kb.cli.context import Context, json_option, output, pass_context, print_json, remarks, shown, table, utf8

if TYPE_CHECKING:
    from rich.table import Table

    from kb.usecases.learning import Proposal

_QUERY = click.argument("query", callback=utf8)
_ID = click.argument("article_id", metavar="ID")
_BY = click.option("--by", "user", required=True, help="Who decides.")


@click.group(invoke_without_command=True)
@click.option("--from-log", is_flag=True, help="Learn anew from the log first, as a server does every ten minutes.")
@json_option
@click.pass_context
def learn(click_context: click.Context, from_log: bool, as_json: bool) -> None:
    """What agents keep choosing for the same query: list, accept, reject, undo."""
    if click_context.invoked_subcommand is not None:
        return
    context = click_context.find_object(Context)
    assert context is not None  # noqa: S101  # the group above made it
    if from_log:
        context.service.learn()
    proposals = context.desk.learned.proposals()
    if as_json:
        print_json(contracts.learned_document(proposals))
        return
    output.print(_listed(proposals))
    if proposals:
        remarks.print("采纳：kb learn accept 问法 编号 --by 姓名；拒绝：kb learn reject …；撤销：kb learn undo …")


def _listed(proposals: Sequence[Proposal]) -> Table:
    title = f"从使用中学到的问法（{len(proposals)} 条）"
    rows = table(title, "问法", "编号", "人数", "次数", "强度", "最近用到", "条目里相近的问法")
    for proposal in proposals:
        question = proposal.question
        rows.add_row(
            shown(question.text),
            question.article_id,
            str(question.people),
            str(question.picks),
            f"{question.strength:.2f}",
            question.last.isoformat(),
            shown(proposal.similar or ""),
        )
    return rows


@learn.command()
@_QUERY
@_ID
@_BY
@pass_context
def accept(context: Context, query: str, article_id: str, user: str) -> None:
    """Write QUERY into the questions of article ID."""
    question = context.desk.learned.accept(query, article_id, user)
    output.print(f"已把“{shown(question.text)}”写入条目 {shown(article_id)} 的相似问法。")
    remarks.print("运行中的服务会自动收录；没有服务在运行时请执行 kb index。")


@learn.command()
@_QUERY
@_ID
@_BY
@pass_context
def reject(context: Context, query: str, article_id: str, user: str) -> None:
    """Never let QUERY count for article ID again."""
    question = context.desk.learned.reject(query, article_id, user)
    output.print(f"已拒绝：“{shown(question.text)}”不再为条目 {shown(article_id)} 加分，也不再建议。")


@learn.command()
@_QUERY
@_ID
@pass_context
def undo(context: Context, query: str, article_id: str) -> None:
    """Take a verdict on QUERY and article ID back."""
    verdict = context.desk.learned.undo(query, article_id)
    done = "已从相似问法中删去" if verdict.accepted else "重新起作用"
    output.print(f"已撤销 {shown(verdict.user)} 的决定：“{shown(verdict.text)}”{done}。")


COMMANDS = (learn,)
