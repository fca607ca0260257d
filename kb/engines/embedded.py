"""Engines that keep their files below one folder."""

from __future__ import annotations

from pathlib import Path

from kb.engines.generational import GenerationalEngine
from kb.engines.generations import Generations


class EmbeddedEngine(GenerationalEngine):
    """Index below ``root``; ``lock_timeout`` in seconds. See ``kb.ports.engine.SearchEngine`` for the contract."""

    def __init__(self, root: Path, lock_timeout: float = 20.0) -> None:
        super().__init__(Generations(root, lock_timeout))
