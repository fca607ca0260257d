"""Everything that a query finds in an index, page by page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kb.cluster.client import Cluster

#: seconds: rows of a house of 100,000 articles come in some hundred pages, nobody waits for one of them
PATIENCE = 20.0


def all_found(
    cluster: Cluster, index: str, query: Mapping[str, Any], order: Sequence[str], fields: object, page: int
) -> Iterator[dict[str, Any]]:
    """The documents, in the ``order`` of fields that tell all of them apart; of each its ``fields``, True: all."""
    asked: dict[str, Any] = {"query": query, "sort": order, "_source": fields, "size": page}
    asked["track_total_hits"] = False
    while True:
        hits = cluster.ask("POST", f"/{index}/_search", asked, PATIENCE)["hits"]["hits"]
        yield from (hit["_source"] for hit in hits)
        if len(hits) < page:
            return
        asked["search_after"] = hits[-1]["sort"]


def refresh(cluster: Cluster, index: str) -> None:
    """Let searches see all that was written."""
    cluster.ask("POST", f"/{index}/_refresh", seconds=PATIENCE)
