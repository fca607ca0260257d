"""Suggestions while the agent types: everything in memory, no engine and no database on the path.

- ``keystrokes`` → ``matcher`` → ``segment`` → ``suffixes``: from what was typed to the cells where it begins;
  ``loose``: what to mark where a text has it in another order
- ``entries``: what can be suggested, ``ranking``: in which order, ``suggester``: both together
- ``cells``: texts cut up, ``lines``: laid out, ``making``: segments of them, the large one kept in a file
"""

from kb.suggest.cells import CellCutter
from kb.suggest.entries import Entry
from kb.suggest.suggester import Suggester

__all__ = ["CellCutter", "Entry", "Suggester"]
