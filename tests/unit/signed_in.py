"""Browsers of people who have logged in, for tests of the pages on which they act."""

from __future__ import annotations

from dataclasses import replace

from flask.testing import FlaskClient

from kb.config import Settings
from kb.model import Role
from kb.service import Service
from kb.store.database import Database
from kb.wiring.access import build_access
from tests.conftest import indexed
from tests.unit.access_desk import GOOD, ROOT, quick_passwords
from tests.unit.forms import log_in
from webui import create_app

#: of the articles of ``tests.unit.article_tree``
DEPARTMENT = "售后业务部"


def with_people(settings: Settings) -> Service:
    """A service that knows boss (administrator), 王芳 and 吴敏 (editors of DEPARTMENT; 吴敏 may not publish) and
    李雷 (editor of another department).
    """
    service = indexed(settings)
    access = build_access(settings, Database(settings.database), passwords=quick_passwords())
    accounts = access.accounts
    accounts.add(ROOT, "boss", Role.ADMIN, GOOD)
    accounts.add(ROOT, "王芳", Role.EDITOR, GOOD, owners=frozenset({DEPARTMENT}), can_publish=True)
    accounts.add(ROOT, "吴敏", Role.EDITOR, GOOD, owners=frozenset({DEPARTMENT}), can_publish=False)
    accounts.add(ROOT, "李雷", Role.EDITOR, GOOD, owners=frozenset({"支付业务部"}), can_publish=True)
    return Service(replace(service.system, access=access))


def browser_of(service: Service, name: str) -> FlaskClient:
    """A browser in which somebody has logged in; ``""`` for nobody."""
    client = create_app(service).test_client()
    if name:
        assert log_in(client, name, GOOD).status_code == 303
    return client
