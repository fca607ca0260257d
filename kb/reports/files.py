"""The weekly report as a file.

The same report gives the same file, to the byte; of XLSX the same cells (it carries the time of writing).
"""

from __future__ import annotations

from kb.reports.tables import all_tables, heading
from kb.review import table_files
from kb.shapes.reports import WeeklyReport


def to_csv(report: WeeklyReport) -> bytes:
    """The tables one below the other."""
    lines: list[table_files.Line] = [[heading(report)], *([note] for note in report["notes"])]
    for table in all_tables(report):
        lines += [[], [table.title], table.headings, *table.rows]
    return table_files.to_csv(lines)


def to_xlsx(report: WeeklyReport) -> bytes:
    """One sheet a table. What there is to say of the week is on the first."""
    sheets = {table.title: [table.headings, *table.rows] for table in all_tables(report)}
    return table_files.to_xlsx(sheets, ["", heading(report), *report["notes"]])


def to_markdown(report: WeeklyReport) -> str:
    """A heading and a section for each table."""
    lines = [f"## {heading(report)}", *(f"> {note}" for note in report["notes"])]
    for table in all_tables(report):
        lines += ["", f"### {table.title}", ""]
        lines += table_files.to_markdown(table.headings, table.rows) if table.rows else [table.empty]
    return "\n".join(lines) + "\n"
