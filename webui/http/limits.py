"""How long a request's body may be: 64 KB, or what its view says.

The application answers 413 from the Content-Length alone; the server (``webui.server``) refuses anything beyond
``LARGEST`` before it is stored, also where no length is told (chunked).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

View = TypeVar("View", bound=Callable[..., object])

#: bytes; more than any form or event needs
USUAL = 64 * 1024
#: bytes; what no view may exceed
LARGEST = 5 * 1024 * 1024 + USUAL


def accept_up_to(size: int) -> Callable[[View], View]:
    """Let the view below take bodies of up to ``size`` bytes (above or below ``describe``, but below the route)."""
    if size > LARGEST:
        raise ValueError(f"{size} bytes are more than the server lets through: raise LARGEST")

    def mark(view: View) -> View:
        view.longest_body = size  # type: ignore[attr-defined]  # views are functions, which carry anything
        return view

    return mark


def said(size: int) -> str:
    """A limit as people read it: ``64 KB``, ``1 MB``."""
    return f"{size // 1024**2} MB" if size >= 1024**2 else f"{size // 1024} KB"
