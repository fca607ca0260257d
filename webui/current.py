"""The service behind the request that is being answered, and who asks."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from kb.access import Access
from kb.desk import Desk
from kb.model import Caller, Role
from kb.service import Service


def service() -> Service:
    """The Service that the application was created with."""
    return cast(Service, current_app.extensions["service"])


def caller() -> Caller:
    """Who asks (``webui.http.callers`` has found out); until that is known, nobody with any rights."""
    return cast(Caller, g.get("caller", Caller.anonymous(Role.PUBLIC)))


def access() -> Access:
    """Logins, accounts, tokens."""
    return service().access


def desk() -> Desk:
    """The system as the caller may use it."""
    return service().desk(caller())
