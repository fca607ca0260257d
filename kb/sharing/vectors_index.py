"""The vectors of one model in an index of the cluster, one document for each text; another model has another index.

A vector follows from model and text, so a document is never changed, and nobody has to know who has written it.
"""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterator, Mapping, Sequence
from hashlib import blake2b

import numpy as np

from kb.cluster.client import Cluster
from kb.cluster.pages import PATIENCE, all_found, refresh
from kb.errors import ClusterError
from kb.ports.embedder import Vectors

_PAGE = 1000
_FLOAT = np.dtype("<f2")

_FIELDS = {
    "key": {"type": "keyword"},
    "vector": {"type": "binary"},
}


class VectorsIndex:
    """The vectors of ``fingerprint``; ``prefix``: what the names of all our indexes begin with.

    Every method may raise ClusterError.
    """

    def __init__(self, cluster: Cluster, prefix: str, fingerprint: str) -> None:
        self._cluster, self._any = cluster, f"{prefix}-vectors-"
        self._name = self._any + blake2b(fingerprint.encode(), digest_size=8).hexdigest()

    def prepare(self) -> None:
        """Make the index, if there is none."""
        self._cluster.make_index(self._name, _FIELDS)

    def keys(self) -> Iterator[bytes]:
        """The content keys of all that is there."""
        refresh(self._cluster, self._name)
        for found in all_found(self._cluster, self._name, {"match_all": {}}, ["key"], ["key"], _PAGE):
            yield bytes.fromhex(found["key"])

    def get(self, keys: Sequence[bytes]) -> tuple[list[bytes], Vectors]:
        """Those of ``keys`` that are there, and their vectors (n, d)."""
        names = [key.hex() for key in keys]
        # of an index that isn't there, every document isn't
        docs = self._cluster.ask("POST", f"/{self._name}/_mget", {"ids": names}, PATIENCE)["docs"]
        there = [(key, doc["_source"]["vector"]) for key, doc in zip(keys, docs, strict=True) if doc.get("found")]
        found = {key: base64.b64decode(vector) for key, vector in there}
        if len({len(vector) for vector in found.values()}) > 1:
            raise ClusterError(f"集群的索引 {self._name} 里的向量长短不一，请删除这个索引，写节点重启后会重新写入。")
        rows = np.frombuffer(b"".join(found.values()), _FLOAT).astype(np.float32)
        return list(found), rows.reshape(len(found), -1) if found else rows.reshape(0, 0)

    def add(self, vectors: Mapping[bytes, bytes]) -> None:
        """Have ``vectors`` (float16, by content key)."""
        self._cluster.bulk(
            (
                (
                    {"create": {"_index": self._name, "_id": key.hex()}},
                    {"key": key.hex(), "vector": base64.b64encode(vector).decode()},
                )
                for key, vector in vectors.items()
            ),
            existing_is_good=True,
        )

    def remove(self, keys: Collection[bytes]) -> None:
        """Have those of ``keys`` no longer."""
        self._cluster.bulk(({"delete": {"_index": self._name, "_id": key.hex()}}, None) for key in keys)

    def former(self) -> list[str]:
        """The names of the indexes of other models."""
        return sorted(set(self._cluster.ask("GET", f"/{self._any}*", seconds=PATIENCE)) - {self._name})

    def remove_former(self, name: str) -> None:
        """Remove one of ``former``."""
        self._cluster.ask("DELETE", f"/{name}", seconds=PATIENCE, ignore_unavailable=True)
