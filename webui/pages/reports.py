"""``/reports``: how the week was, week by week, and the same as files."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.errors import QueryError
from kb.reports import files
from kb.shapes.reports import WeeklyReport
from webui.current import desk
from webui.http.security import welcome_visitor
from webui.report_file import ReportPage, to_html

#: what a report can be downloaded as
FORMS = {"xlsx": "Excel", "csv": "CSV", "html": "网页", "md": "Markdown"}
_WRITERS: dict[str, tuple[str, Callable[[WeeklyReport], str | bytes]]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", files.to_xlsx),
    "csv": ("text/csv; charset=utf-8", files.to_csv),
    "html": ("text/html; charset=utf-8", to_html),
    "md": ("text/markdown; charset=utf-8", files.to_markdown),
}

blueprint = Blueprint("reports", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/reports")
def page() -> ResponseReturnValue:
    """The report of ``week``, by default of the running one; a week that has none is told above the others."""
    try:
        report = desk().reports.weekly(request.args.get("week") or None)
    except QueryError as error:
        return render_template("report.html", page=None, weeks=desk().reports.weeks(), trouble=str(error)), 400
    weeks = desk().reports.weeks()  # after the report: a week may end in between
    names = [str(week) for week in weeks]
    at = names.index(report["week"])
    return render_template(
        "report.html",
        page=ReportPage.of(report),
        weeks=weeks,
        later=names[at - 1] if at else None,
        earlier=names[at + 1] if at + 1 < len(names) else None,
        forms=FORMS,
        article_url=lambda article_id: url_for("pages.article", article_id=article_id),
    )


@blueprint.get("/reports/file")
def file() -> ResponseReturnValue:
    """The report of ``week`` as a file in the form ``format``."""
    form = request.args.get("format", "")
    if form not in _WRITERS:
        raise QueryError(f"没有“{form[:20]}”这种格式，可用的有：{'、'.join(_WRITERS)}。")
    report = desk().reports.weekly(request.args.get("week") or None)
    content_type, write = _WRITERS[form]
    name = f"zhida-{report['week']}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write(report), content_type=content_type, headers=headers)
