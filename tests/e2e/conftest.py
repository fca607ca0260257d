"""A desk of one's own for every test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.processes import Desk

ARTICLES = Path(__file__).resolve().parents[2] / "articles"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """A copy of the project's articles and an empty data folder."""
    return Desk(shutil.copytree(ARTICLES, tmp_path / "articles"), tmp_path / "data")
