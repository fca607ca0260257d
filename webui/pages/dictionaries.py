"""``/dictionaries``: terms, synonyms and stop words as text, what is wrong in them, which queries a change concerns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from kb.content.dictionary_files import NAMES, path_of
from kb.errors import EditConflict, InvalidArticle
from kb.model import Problem
from webui.current import desk
from webui.http import inputs, limits
from webui.http.security import welcome_visitor
from webui.pages.acting import REFUSED

#: bytes; all three files as a form, where a Chinese character takes nine
LONGEST = 2 * 1024 * 1024

blueprint = Blueprint("dictionaries", __name__)
blueprint.before_request(welcome_visitor)


class Kind(NamedTuple):
    """How a dictionary is called and what goes into it."""

    title: str
    hint: str


KINDS = {
    "terms.txt": Kind("专有词", "产品名、活动名、行话，一行一个。写在这里的词会当作一个整体来查，不会被拆开。"),
    "synonyms.txt": Kind(
        "同义词",
        "一行一组，用空格分开，最想用的写在前面。查其中一个，另外几个也会查。只写几乎总能互换的；"
        "处理办法不同的（如退货与换货）不要放在一组。",
    ),
    "stopwords.txt": Kind("停用词", "客套话、语气词，一行一个。查询里有这些词时不看它们；只剩这些词时照常查。"),
}


@blueprint.get("/dictionaries")
def page() -> ResponseReturnValue:
    """The files as they are; ``load`` (number of a revision) shows an earlier text of one, not yet saved."""
    files = desk().dictionaries.files()
    texts = {file.name: file.text for file in files}
    given = inputs.filled_in(request.args)
    loaded = ""
    if "load" in given:
        loaded, text = desk().dictionaries.former(inputs.integer(given, "load", 0, 1, 10**9 - 1))
        texts[loaded] = text
    return _page(texts, {file.name: file.revision for file in files}, loaded=loaded)


@blueprint.post("/dictionaries")
@limits.accept_up_to(LONGEST)
def change() -> ResponseReturnValue:
    """Show what the texts that were sent would change, or save them."""
    texts = {name: _text(request.form.get(name, "")) for name in NAMES}
    seen = {name: request.form.get(f"revision:{name}", "") for name in NAMES}
    if request.form.get("action") != "save":
        return _page(texts, seen, preview=desk().dictionaries.preview(texts))
    try:
        changed = desk().dictionaries.save(texts, seen, request.form.get("note", ""))
    except InvalidArticle:
        return _page(texts, seen, trouble="有几行写得不对，没有保存；请按下面的提示改好再保存。"), 422
    except EditConflict as error:
        return _page(texts, _revisions(), trouble=f"{error}你写的还在下面；再点一次保存会用你的内容。"), 409
    except REFUSED as error:
        return _page(texts, seen, trouble=str(error)), 409
    return redirect(url_for(".page", saved="1" if changed else "0"), 303)


def _page(texts: Mapping[str, str], seen: Mapping[str, str], **found: object) -> str:
    dictionaries = desk().dictionaries
    problems: dict[str, list[Problem]] = {name: [] for name in NAMES}
    for problem in dictionaries.problems(texts):
        problems[problem.path.rpartition("/")[2]].append(problem)
    return render_template(
        "dictionaries.html",
        kinds=KINDS,
        texts=texts,
        seen=seen,
        problems=problems,
        unreadable={file.name: file.trouble for file in dictionaries.files() if file.trouble},
        revisions=dictionaries.revisions(),
        title_of={path_of(name): kind.title for name, kind in KINDS.items()},
        saved=request.args.get("saved"),
        **found,
    )


def _revisions() -> dict[str, str]:
    return {file.name: file.revision for file in desk().dictionaries.files()}


def _text(sent: str) -> str:
    """What a browser sends of a text area, as a file says it: line feeds, one at the end."""
    text = sent.replace("\r\n", "\n").rstrip("\n")
    return f"{text}\n" if text else ""
