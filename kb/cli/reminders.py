"""``kb notify``: send each owner what needs them, once a week."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, remarks, shown, table

if TYPE_CHECKING:
    from kb.notify.reminders import Preview
    from kb.notify.sending import Outcome


@click.command()
@click.option("--dry-run", is_flag=True, help="Print what would be sent to whom; send nothing, write nothing.")
@click.option("--week", help="The digests of this week (2026-W47) instead of the running one.")
@click.option("--owner", help="Only the digests of this business department.")
@click.option("--again", is_flag=True, help="Also send again what may have arrived already.")
@json_option
@pass_context
def notify(context: Context, dry_run: bool, week: str | None, owner: str | None, again: bool, as_json: bool) -> None:
    """Remind each owner, once a week, of what needs them; exits with 1 when something was not sent."""
    from kb.contracts.reminders import outcomes_document, previews_document

    desk = context.desk.reminders
    if dry_run:
        previews = desk.preview(week, owner)
        print_json(previews_document(previews)) if as_json else _print_previews(previews)
        return
    outcomes = desk.remind(week, owner, again)
    print_json(outcomes_document(outcomes)) if as_json else _print_outcomes(outcomes)
    if not all(outcome.is_good for outcome in outcomes):
        sys.exit(1)


def _print_previews(previews: Sequence[Preview]) -> None:
    for preview in previews:
        for number, part in enumerate(preview.parts, 1):
            size, of = len(part.encode()), len(preview.parts)
            heading = f"{preview.owner} → {preview.channel}：{preview.title}（第 {number}/{of} 条，{size} 字节）"
            output.print(f"[bold]—— {shown(heading)} ——[/]")
            output.print(shown(part))
        if not preview.parts:
            said = preview.trouble or "没有要提醒的。"
            output.print(f"{shown(preview.owner)} → {shown(preview.channel)}：{shown(said)}")
    remarks.print(
        "以上只是预演，没有发送；其中“确认有效”的链接只是示意，不能用。" if previews else "本周的提醒都已发过。"
    )


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    rows = table("复核提醒", "业务部门", "发到", "结果", "说明", whole=("结果",))
    for outcome in outcomes:
        rows.add_row(shown(outcome.owner), shown(outcome.channel), _result(outcome), shown(outcome.trouble))
    output.print(rows)
    if any(outcome.unknown for outcome in outcomes):
        remarks.print("不确定是否发出的，请先到群里或邮箱看一眼；确实没收到，再执行 kb notify --again。")


def _result(outcome: Outcome) -> str:
    if outcome.unknown:
        return "[yellow]不确定是否发出[/]"
    if outcome.open or outcome.trouble:
        return "[red]没有发出[/]" if outcome.open == outcome.parts else f"[red]还差 {outcome.open} 条[/]"
    if not outcome.parts:
        return "没有要提醒的"
    return "[green]已发送[/]" if outcome.sent else "早已发过"


COMMANDS = (notify,)
