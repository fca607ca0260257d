"""A real OpenSearch cluster on this machine, for tests and measuring.

- ``nodes``: nodes that can be started, stopped and killed, one process each
- ``python -m tests.cluster`` (``make cluster``): three of them until Ctrl-C
"""
