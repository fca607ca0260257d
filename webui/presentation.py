"""How things are called and marked on screen: filters and constants for the templates."""

from __future__ import annotations

import re
from datetime import datetime

from flask import Flask, request
from markupsafe import Markup, escape

from kb import contracts
from kb.model import Snippet
from kb.text.render import render_html
from kb.text.sections import without_scripts
from webui.current import service

KINDS = {"faq": "常见问题", "guide": "操作指引", "case": "案例", "policy": "规则", "script": "话术"}
PRIORITIES = {"urgent": "一级（紧急）", "important": "二级（重要）", "general": "三级（一般）"}
FACETS = {"product": "产品类型", "scenario": "问题场景", "kind": "类型"}
FILTERS = FACETS | {"tag": "标签"}
VOTES = {"helpful": "有用", "unhelpful": "没用", "outdated": "内容过时"}

_VARIABLE = re.compile(r"(\{\{[^{}\n]{1,40}\}\})")


def register(app: Flask) -> None:
    """Give templates the filters and constants of this module."""
    app.context_processor(_frame)
    app.jinja_env.filters.update(marked=marked, variables=variables, body_html=body_html, local_time=local_time)
    app.jinja_env.globals.update(KINDS=KINDS, PRIORITIES=PRIORITIES, FACETS=FACETS, VOTES=VOTES)


def marked(snippet: Snippet) -> Markup:
    """A snippet with its matches in ``<mark>``."""
    return Markup(contracts.marked(snippet))  # noqa: S704  # it escapes


def variables(script: str) -> Markup:
    """A script with the ``{{…}}`` that the agent fills in ``<var>``."""
    pieces = (
        Markup("<var>{}</var>").format(piece) if _VARIABLE.fullmatch(piece) else escape(piece)
        for piece in _VARIABLE.split(script)
    )
    return Markup().join(pieces)


def body_html(body: str) -> Markup:
    """An article's body for its page, where the scripts have a place of their own."""
    return Markup(render_html(without_scripts(body)))  # noqa: S704  # it sanitises


def local_time(moment: str) -> str:
    """``2026-11-22T01:02:03+00:00`` → ``11-22 09:02`` where the server stands; empty stays empty."""
    return datetime.fromisoformat(moment).astimezone().strftime("%m-%d %H:%M") if moment else ""


def _frame() -> dict[str, object]:
    """What the frame around every page needs: the channels, and the one that the agent works on."""
    channel = request.args.get("channel")
    channels = service().channels
    return {"channels": channels, "channel": channel if channel in channels else None}
