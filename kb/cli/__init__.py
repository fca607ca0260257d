"""The ``kb`` command: people get tables and progress bars, machines get one JSON document with ``--json``.

Exit codes: 0 good, 1 the thing checked is not good, 2 wrong use (also: settings, queries or files that can't be used).
"""

from kb.garbage import without_garbage_collection

with without_garbage_collection():
    from kb.cli.main import main

__all__ = ["main"]
