"""``/gaps``: the form of agents who found nothing. Their report is stored, then they are back where they were."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from webui import inputs
from webui.api import report_gap
from webui.security import welcome_visitor

blueprint = Blueprint("gaps", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.post("/gaps")
def report() -> ResponseReturnValue:
    """Store the report, then show the same search again; ``reported`` says that it was stored."""
    form = inputs.filled_in(request.form)
    report_gap(form)
    channel, product = form.get("channel"), form.get("product")
    return redirect(url_for("pages.search", q=form["query"], channel=channel, product=product, reported=1), 303)
