"""Where a new article goes: into folders that are there, or into new ones that are named after their Chinese titles."""

from __future__ import annotations

from collections.abc import Mapping

from kb.editing.form import ArticleForm
from kb.editing.writing import Place
from kb.errors import EditError
from kb.model import Folder
from kb.text.slugs import slug_of


def place_of(form: ArticleForm, products: Mapping[str, Folder], scenarios: Mapping[str, Folder]) -> Place:
    """Where the form says that the article goes; ``scenarios`` is keyed by ``product/scenario``.

    A title that is there already means that folder. Raises EditError when something is missing.
    """
    product = form.product or _slug("产品类型", form.product_title, products)
    within = {path.partition("/")[2]: folder for path, folder in scenarios.items() if path.startswith(f"{product}/")}
    if form.scenario:
        scenario = form.scenario.rpartition("/")[2]
        if scenario not in within or form.scenario != f"{product}/{scenario}":
            raise EditError("所选的问题场景不在所选的产品类型下，请重新选择问题场景。")
    else:
        scenario = _slug("问题场景", form.scenario_title, within)
    titles = ("" if form.product else form.product_title, "" if form.scenario else form.scenario_title)
    return Place(product, scenario, *titles)


def _slug(what: str, title: str, folders: Mapping[str, Folder]) -> str:
    """The folder with this title, else the name of a new one."""
    if not title:
        raise EditError(f"还没有选{what}：请选一个，或填写新{what}的名称。")
    named = (slug for slug, folder in folders.items() if folder.title == title)
    return next(named, None) or slug_of(title, folders)
