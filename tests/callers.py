"""Callers that tests ask as."""

from __future__ import annotations

from kb.model import Caller, Role

#: whoever opens the page where ``anonymous_role`` is not changed
ANYBODY = Caller.anonymous(Role.AGENT)
#: whoever runs commands on the machine
OPERATOR = Caller.local()
