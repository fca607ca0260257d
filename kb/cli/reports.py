"""``kb report``: how the week was, as a file or on the screen."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kb.cli.context import PATH, Context, json_text, pass_context, remarks, utf8
from kb.errors import QueryError
from kb.shapes.reports import WeeklyReport

_FORMS = ("md", "html", "csv", "xlsx", "json")


def _form(context: click.Context, parameter: click.Parameter, value: str) -> str:
    if value not in _FORMS:
        raise QueryError(f"没有“{value[:20]}”这种格式，可用的有：{'、'.join(_FORMS)}。")
    return value


@click.group()
def report() -> None:
    """How the week was, for supervisors: weekly."""


@report.command()
@click.option("--week", callback=lambda _c, _p, value: value and utf8(_c, _p, value), help="Such as 2026-W47.")
@click.option(
    "--format",
    "form",
    default="md",
    show_default=True,
    metavar=f"[{'|'.join(_FORMS)}]",
    callback=_form,
    help="Form of the report; html is one file that can be mailed.",
)
@click.option("-o", "--output", "target", type=PATH, help="Write to this file, not to the screen.")
@pass_context
def weekly(context: Context, week: str | None, form: str, target: Path | None) -> None:
    """Freshness, backlog, reviews, use and changes of a week, by default of the running one."""
    if form == "xlsx" and target is None:
        raise click.UsageError("xlsx 是二进制文件，请用 -o 指定文件名。")
    made = context.desk.reports.weekly(week, complete=True)  # where no server runs, trends have their weeks too
    data = _written(made, form)
    if target is None:
        sys.stdout.buffer.write(data)
    else:
        target.write_bytes(data)
        remarks.print(f"已写入 {target}（{made['week']}）")


def _written(made: WeeklyReport, form: str) -> bytes:
    if form == "json":
        return json_text(made).encode()
    if form == "html":
        from webui.report_file import to_html

        return to_html(made).encode()
    from kb.reports import files

    if form == "md":
        return files.to_markdown(made).encode()
    return files.to_xlsx(made) if form == "xlsx" else files.to_csv(made)


COMMANDS = (report,)
