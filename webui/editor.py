"""``/edit``: the form in which business owners write. It can be sent without JavaScript; with it, answers are JSON."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.desk.forms import Opened, Pending
from kb.editing.form import ArticleForm, read_form
from kb.errors import ArticleError, EditConflict, EditError, InvalidArticle, LoginRequired
from webui import limits
from webui.current import desk
from webui.editor_labels import TOOLS, described_changes, limits_of, problem_documents
from webui.presentation import AUDIENCES, TIERS
from webui.security import welcome_visitor

#: bytes; the longest article, whose characters a form may send as three bytes each, and its other fields
LONGEST = 3 * 1024 * 1024 + limits.USUAL

blueprint = Blueprint("editor", __name__)
blueprint.before_request(welcome_visitor)
