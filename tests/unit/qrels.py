"""The project's own small sets of judged questions, and folders of that shape to be broken."""

from __future__ import annotations

import shutil
from pathlib import Path

QRELS = Path(__file__).resolve().parent.parent / "qrels"
REFUNDS, DELIVERY = QRELS / "refunds", QRELS / "delivery"


def copied(target: Path, source: Path = REFUNDS) -> Path:
    """A copy of a set that may be changed."""
    return Path(shutil.copytree(source, target))
