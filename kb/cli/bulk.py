"""Commands for many articles at once: import, export."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, remarks, shown, track
from kb.text.controls import without_controls

if TYPE_CHECKING:
    from kb.bulk.importing import ImportReport

_MOST_SHOWN = 200  # rows; all of them are in --json


@click.command("import")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--product", help="Put all rows into this product (slug or title; made when missing).")
@click.option("--dry-run", is_flag=True, help="Only say what would be done with each row.")
@click.option("--skip-errors", is_flag=True, help="Import the good rows although others are wrong.")
@click.option("--undo", type=click.Choice(["LAST"]), help="Take the last import back, exactly.")
@click.option("--template", type=click.Choice(["csv", "xlsx"]), help="Write an empty table to FILE, to be filled in.")
@json_option
@pass_context
def import_command(
    context: Context,
    file: Path | None,
    product: str | None,
    dry_run: bool,
    skip_errors: bool,
    undo: str | None,
    template: str | None,
    as_json: bool,
) -> None:
    """Take over articles from FILE: XLSX, CSV, JSONL, phpMyFAQ XML or a folder of Markdown. All rows or none."""
    if undo:
        _undo(context, as_json)
    elif template:
        _write_template(context, file or Path(f"直达导入模板.{template}"), template)
    elif file is None:
        raise click.UsageError("请写明要导入的文件，如 kb import 词条.xlsx；用 --template xlsx 可以生成模板。")
    else:
        _import(context, file, product, dry_run, skip_errors, as_json)


def _import(context: Context, file: Path, product: str | None, dry_run: bool, skip_errors: bool, as_json: bool) -> None:
    from kb.bulk.importing import ImportOptions
    from kb.wiring.bulk import import_file

    if not file.exists():
        raise click.UsageError(f"没有 {file} 这个文件，没有导入；请核对路径。")
    report = import_file(context.settings, file, ImportOptions(product, dry_run, skip_errors), track)
    if as_json:
        rows = [asdict(row) for row in report.rows]
        print_json(
            {
                "written": report.written,
                "counts": report.counts,
                "unused": report.unused,
                "made": report.made,
                "rows": rows,
            }
        )
    else:
        _print_import(report, dry_run)
    if report.counts["错误"]:
        sys.exit(1)


def _print_import(report: ImportReport, dry_run: bool) -> None:
    told = [row for row in report.rows if row.verdict == "错误" or (dry_run and row.verdict != "不变")]
    for row in told[:_MOST_SHOWN]:
        detail = "，".join(part for part in (row.path, row.reason) if part)
        click.echo(without_controls(f"第 {row.line} 行 {row.id or '—'}：{row.verdict} {detail}".rstrip()))
    if len(told) > _MOST_SHOWN:
        click.echo(f"……还有 {len(told) - _MOST_SHOWN} 行，用 --json 查看全部。")
    if report.unused:
        remarks.print(f"[yellow]没有用到的列：{shown('、'.join(report.unused))}[/]")
    for news in report.made[:_MOST_SHOWN]:
        remarks.print(f"[yellow]{shown(news)}[/]")
    summary = "，".join(f"{verdict} {count}" for verdict, count in report.counts.items())
    if report.written:
        output.print(f"已写入：{summary}")
        if report.counts["新增"] or report.counts["更新"]:
            remarks.print("要撤销这次导入：kb import --undo LAST")
    else:
        output.print(f"{'试运行，没有写入' if dry_run else '没有写入'}：{summary}")


def _undo(context: Context, as_json: bool) -> None:
    from kb.wiring.bulk import undo_import

    journal = undo_import(context.settings)
    restored = [change.path for change in journal.changes if change.before]
    removed = [change.path for change in journal.changes if not change.before]
    if as_json:
        print_json({"at": journal.at, "restored": len(restored), "removed": len(removed)})
    else:
        at = datetime.fromisoformat(journal.at).astimezone()
        output.print(f"已撤销 {at:%Y-%m-%d %H:%M:%S} 的导入：恢复{_files(restored)}，移除{_files(removed)}。")


def _files(paths: Sequence[str]) -> str:
    folders = sum(path.endswith("/_index.md") for path in paths)
    return f" {len(paths) - folders} 条知识" + (f"、{folders} 个目录文件" if folders else "")


def _write_template(context: Context, target: Path, form: str) -> None:
    from kb.bulk.exporting import write_template

    try:
        write_template(target, form, context.settings.channels)
    except FileExistsError:
        raise click.UsageError(f"{target} 已经存在，没有改动它；请换一个文件名。") from None
    output.print(f"模板已写入 {target}")


@click.command("export")
@click.option(
    "--format",
    "form",
    required=True,
    type=click.Choice(["csv", "xlsx", "jsonl", "html"]),
    help="Table for editing (csv, xlsx, jsonl) or page for reading offline (html).",
)
@click.option("-o", "--output", "target", required=True, type=click.Path(path_type=Path), help="File to write.")
@pass_context
def export_command(context: Context, form: str, target: Path) -> None:
    """Write all articles to one file; an edited table can be imported again."""
    from kb.wiring.bulk import export_file

    report = export_file(context.settings, target, form, track)
    output.print(f"已写入 {target}（{report.articles} 条）")
    if report.unreadable:
        remarks.print(f"[yellow]{len(report.unreadable)} 个文件写法有误，没有导出；执行 kb lint 查看。[/]")
        sys.exit(1)


COMMANDS = (import_command, export_command)
