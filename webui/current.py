"""The service behind the request that is being answered."""

from __future__ import annotations

from typing import cast

from flask import current_app

from kb.service import Service


def service() -> Service:
    """The Service that the application was created with."""
    return cast(Service, current_app.extensions["service"])
