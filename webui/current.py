"""The service behind the request that is being answered, and who asks."""

from __future__ import annotations

from typing import cast

from flask import current_app

from kb.desk import Desk
from kb.model import Caller, Role
from kb.service import Service


def service() -> Service:
    """The Service that the application was created with."""
    return cast(Service, current_app.extensions["service"])


def caller() -> Caller:
    """Who asks. There is no login yet: everybody is an agent who reads."""
    return Caller.anonymous(Role.AGENT)


def desk() -> Desk:
    """The system as the caller may use it."""
    return service().desk(caller())
