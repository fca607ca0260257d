"""``python -m tests.cluster``: three nodes on ports 9200 to 9202 until Ctrl-C; what they hold is gone then."""

from __future__ import annotations

import argparse
import signal

from tests.cluster.nodes import running

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="OpenSearch nodes on this machine, until Ctrl-C")
    parser.add_argument("--nodes", type=int, default=3)
    parser.add_argument("--heap", default="384m", help="of each node")
    parser.add_argument("--port", type=int, default=9200, help="of the first; the others follow")
    given = parser.parse_args()
    with running(given.nodes, given.heap, range(given.port, given.port + given.nodes)) as nodes:
        print("KB_ENGINE=opensearch KB_OPENSEARCH_URL=" + ",".join(node.url for node in nodes), flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
