"""Suggestions while the agent types: everything in memory, no engine and no database on the path."""

from kb.suggest.cells import CellCutter
from kb.suggest.entries import Entry
from kb.suggest.suggester import Suggester

__all__ = ["CellCutter", "Entry", "Suggester"]
