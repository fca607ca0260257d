"""``/gaps``: agents report what they did not find; owners work through what is missing and what was learned from use.

The report of an agent is stored, then they are back where they were.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.rules.gaps import KnowledgeGap
from webui.api.answers import report_gap
from webui.api.gaps import judge
from webui.current import desk
from webui.http import inputs
from webui.http.security import welcome_visitor
from webui.pages.acting import REFUSED
from webui.pages.helping import near_titles

#: as many as somebody works through at a time
_SHOWN = 50
_RECENT = 20
#: of a gap, in the editor's field for questions
_WORDINGS = 20

blueprint = Blueprint("gaps", __name__)
blueprint.before_request(welcome_visitor)


@blueprint.get("/gaps")
def working_list() -> ResponseReturnValue:
    """What is missing most; ``judged`` names what has just been dealt with, so that it can be taken back."""
    return _page()


@blueprint.post("/gaps")
def report() -> ResponseReturnValue:
    """Store the report, then show the same search again; ``reported`` says that it was stored."""
    form = inputs.filled_in(request.form)
    report_gap(form)
    channel, product = form.get("channel"), form.get("product")
    return redirect(url_for("pages.search", q=form["query"], channel=channel, product=product, reported=1), 303)


@blueprint.post("/gaps/verdicts")
def decide() -> ResponseReturnValue:
    """Carry out what was decided about a gap."""
    query, decision = request.form.get("query", ""), request.form.get("decision", "")
    chosen = request.form.get("other", "").strip() or request.form.get("id") or None
    try:
        judge(query, decision, chosen)
    except REFUSED as error:
        return _page(trouble=str(error)), 400
    return redirect(url_for(".working_list", judged=query if decision != "open" else None), 303)


@blueprint.post("/gaps/learned")
def decide_on_learned() -> ResponseReturnValue:
    """Carry out what was decided about a question learned from use."""
    query, article_id = request.form.get("query", ""), request.form.get("id", "")
    learned, me = desk().learned, desk().caller.name
    try:
        if request.form.get("decision") == "accept":
            learned.accept(query, article_id, me)
        elif request.form.get("decision") == "reject":
            learned.reject(query, article_id, me)
        else:
            learned.undo(query, article_id)
            return redirect(url_for(".working_list", _anchor="learned"), 303)
    except REFUSED as error:
        return _page(trouble=str(error)), 400
    return redirect(url_for(".working_list", learned=query, id=article_id, _anchor="learned"), 303)


def _writing_url(gap: KnowledgeGap) -> str:
    """The editor, filled with what customers asked, as they worded it."""
    product = next(iter(gap.common("product")), None)
    return url_for("editor.new", q=gap.wordings[:_WORDINGS], product=product)


def _page(trouble: str = "") -> str:
    found = desk().gaps.list()
    waiting = [gap for gap in found if gap.is_open]
    judged_at = {gap.title: gap.verdict.at for gap in found if gap.verdict}
    dealt_with = [gap for gap in found if gap.verdict and not gap.is_open]
    judged, learned = request.args.get("judged", ""), request.args.get("learned", "")
    return render_template(
        "gaps.html",
        trouble=trouble,
        writing_url=_writing_url,
        waiting=len(waiting),
        gaps=[(gap, near_titles(gap.title)) for gap in waiting[:_SHOWN]],
        dealt_with=sorted(dealt_with, key=lambda gap: judged_at[gap.title], reverse=True)[:_RECENT],
        just_judged=desk().gaps.verdict(judged) if judged else None,
        may_judge=desk().gaps.may_judge(),
        proposals=[(proposal, desk().learned.may_decide(proposal)) for proposal in desk().learned.proposals()],
        just_learned=desk().learned.verdict(learned, request.args.get("id", "")) if learned else None,
    )
