"""What one caller may ask and do: rights are checked here, below every front end and above every use case.

Front ends get a ``Desk`` from ``Service.desk(caller)`` and nothing else, so no page, route or command can forget to ask
who it is for. What concerns one task has a module of its own.
"""

from kb.desk.desk import Desk

__all__ = ["Desk"]
