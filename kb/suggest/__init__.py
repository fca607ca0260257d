"""Suggestions while the agent types: everything in memory, no engine and no database on the path."""

from kb.suggest.lines import CutText, cell_cutter
from kb.suggest.suggester import Entry, Suggester

__all__ = ["CutText", "Entry", "Suggester", "cell_cutter"]
