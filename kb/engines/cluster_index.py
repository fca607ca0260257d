"""One index of a cluster: written and read. Documents in; columns and posting arrays out."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kb.cluster.client import WRITE_SECONDS, Cluster, encoded
from kb.engines.cluster_documents import SINGLE, STATE, State, creating
from kb.engines.cluster_reader import Added, Base, ClusterReader
from kb.engines.scoring import Postings
from kb.errors import ClusterConflict, ClusterMissing, IndexCorrupt, IndexLocked
from kb.ports.engine import KEYWORD_FIELDS, IndexDocument

#: documents of one page of a list; the most that a cluster gives without being told otherwise
_PAGE = 10_000
#: ids that are looked up together
_IDS = 1_000
#: documents added since everything was read; with more, everything is read anew
_MOST_ADDED = 500

#: A posting list may be as long as there are documents, so it comes packed: five characters of six bits for a number,
#: two for how often the token stands there.
_PACK = """
int n = (int)doc['number'].value; int f = (int)Math.min(4095, _score); StringBuilder b = state.b;
b.append((char)(48 + (n >> 24 & 63))); b.append((char)(48 + (n >> 18 & 63))); b.append((char)(48 + (n >> 12 & 63)));
b.append((char)(48 + (n >> 6 & 63))); b.append((char)(48 + (n & 63)));
b.append((char)(48 + (f >> 6 & 63))); b.append((char)(48 + (f & 63)));
"""
_PACKED = {
    "scripted_metric": {
        "init_script": "state.b = new StringBuilder()",
        "map_script": _PACK,
        "combine_script": "return state.b.toString()",
        "reduce_script": "return states",
    }
}
_SHIFTS = 1 << np.array([24, 18, 12, 6, 0], np.int32)


class ClusterIndex:
    """The index called ``name``. Who writes holds the lease; ``state`` is replaced only where it is what was read.

    ``seconds``: the deadline of each question, unless it is the cluster's.
    """

    def __init__(self, cluster: Cluster, name: str, seconds: float | None = None) -> None:
        self._cluster, self._name, self._seconds = cluster, name, seconds
        self._base: Base | None = None
        self._known = State()

    def fill(self, documents: Iterable[IndexDocument]) -> None:
        """Write the first commit into an empty index."""
        count = 0

        def counted() -> Iterator[IndexDocument]:
            nonlocal count
            for document in documents:
                yield document
                count += 1

        self._cluster.bulk(creating(self._name, counted(), 0))
        self._refresh()
        self._check_layout()
        self._cluster.tell("PUT", self._state_path, State(1, count).body(), op_type="create")

    def change(self, documents: Iterable[IndexDocument], ids: Collection[str]) -> None:
        """Delete the documents with these ids, add others, all in one commit."""
        answer = self._state_answer()
        state = State.of(answer["_source"])
        self._clear(state)
        replaced = self._numbers(ids, state)
        added = list(documents)
        place = {"if_seq_no": answer["_seq_no"], "if_primary_term": answer["_primary_term"]}
        try:
            self._cluster.bulk(creating(self._name, added, state.next))
            self._refresh()
            self._cluster.tell("PUT", self._state_path, state.after(len(added), replaced).body(), **place)
        except ClusterConflict as error:
            raise IndexLocked("索引刚被另一个进程写入，这次的改动没有生效。请重新执行。") from error

    def version(self) -> tuple[int, int]:
        """Differs after each commit by this or any other process."""
        answer = self._state_answer(source=False)
        return answer["_seq_no"], answer["_primary_term"]

    def reader(self) -> tuple[ClusterReader, str]:
        """A view of the latest commit that later commits don't change, and the commit's name."""
        state = State.of(self._state_answer()["_source"])
        base = self._base
        if base is None or state.since > self._known.commit or state.next - base.next > _MOST_ADDED:
            base = self._base = Base(self._all(state.next), state.next, self)
        elif state.next > self._known.next:
            base.extend(self._added(self._known.next, state.next))
        base.dead.update(state.dead())
        self._known = state
        return ClusterReader(base, state.next), str(state.commit)

    @staticmethod
    def is_intact() -> bool:
        """Always: what is open is in memory, and the cluster looks after its files."""
        return True

    def postings(self, wanted: Sequence[tuple[str, str]]) -> list[Postings]:
        """The (numbers ascending, frequencies) of tokens (field, token), of all documents ever written.

        One term a search: with several, the script is given scores of other documents from the 2,048th of a segment on
        (seen in OpenSearch 2.19).
        """
        lines = []
        for name, token in wanted:
            query = {"size": 0, "track_total_hits": False, "query": {"term": {name: token}}, "aggs": {"p": _PACKED}}
            lines += [{"index": self._name, "allow_partial_search_results": False}, query]
        body = b"".join(encoded(line) + b"\n" for line in lines)
        path = "responses.aggregations,responses.error,responses.status"
        answers = self._cluster.ask("POST", "/_msearch", body, self._seconds, filter_path=path)["responses"]
        return [_unpacked(self._values(answer)) for answer in answers]

    def texts(self, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
        """What was stored, by number."""
        body = {"ids": [str(number) for number in numbers]}
        found = self._cluster.ask("POST", f"/{self._name}/_mget", body, self._seconds, _source_includes="texts")["docs"]
        return {int(one["_id"]): one["_source"]["texts"] for one in found if one.get("found")}

    def tokens(self, name: str, prefix: str, limit: int) -> list[str]:
        """The indexed tokens of a text that start with ``prefix``, in order; some may be of deleted documents."""
        pattern = "".join(f"\\{character}" if character in _SPECIAL else character for character in prefix)
        terms = {"field": name, "include": f"{pattern}.*", "size": limit, "order": {"_key": "asc"}}
        answer = self._search({"size": 0, "aggs": {"t": {"terms": terms}}})
        return [bucket["key"] for bucket in answer["aggregations"]["t"]["buckets"]]

    @property
    def _state_path(self) -> str:
        return f"/{self._name}/_doc/{STATE}"

    def _state_answer(self, source: bool = True) -> Any:
        return self._cluster.ask("GET", self._state_path, _source=source)

    def _refresh(self) -> None:
        self._cluster.ask("POST", f"/{self._name}/_refresh", seconds=WRITE_SECONDS)

    def _check_layout(self) -> None:
        """Raises IndexLocked when the index is not the one that was made: whoever stood still for long had it swept by
        the next writer, and the cluster makes an index of any name that documents are sent to.
        """
        if not self._cluster.ask("GET", f"/{self._name}/_mapping", filter_path="*.mappings.dynamic"):
            raise IndexLocked("另一个进程已经接管索引，清理了这次没有建完的一代。请重新执行。")

    def _clear(self, state: State) -> None:
        """Take away what a writer left who was killed before it committed, and what nobody reads any more."""
        self._refresh()
        unfinished = {"range": {"number": {"gte": state.next}}}
        if self._search({"size": 1, "query": unfinished, "_source": False})["hits"]["hits"]:
            path = f"/{self._name}/_delete_by_query"
            self._cluster.ask("POST", path, {"query": unfinished}, WRITE_SECONDS, conflicts="proceed", refresh=True)
        gone = [number for one in state.outlived(time.time()) for number in one.numbers]
        self._cluster.bulk(({"delete": {"_index": self._name, "_id": str(number)}}, None) for number in gone)

    def _numbers(self, ids: Collection[str], state: State) -> list[int]:
        """The numbers under which documents with these ids hold."""
        dead, found, left = set(state.dead()), [], iter(ids)
        while some := list(islice(left, _IDS)):
            for row in self._rows({"terms": {"id": some}}, 0, state.next, ("id",)):
                found += [row["number"]] if row["number"] not in dead else []
        return found

    def _all(self, end: int) -> Iterator[dict[str, Any]]:
        return self._rows({"match_all": {}}, 0, end, (*SINGLE, *KEYWORD_FIELDS))

    def _added(self, start: int, end: int) -> list[Added]:
        return [Added(row["number"], row["_source"]) for row in self._rows({"match_all": {}}, start, end, ())]

    def _rows(self, query: object, start: int, end: int, names: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Of the documents numbered from ``start`` to below ``end``: number and values, or without ``names`` all."""
        while start < end:
            body = {
                "size": _PAGE if names else _MOST_ADDED,
                "query": {"bool": {"filter": [query, {"range": {"number": {"gte": start, "lt": end}}}]}},
                "sort": ["number"],
                "_source": not names,
                "docvalue_fields": list(names),
                "track_total_hits": False,
            }
            hits = self._search(body)["hits"]["hits"]
            for hit in hits:
                yield {"number": hit["sort"][0], "_source": hit.get("_source"), **hit.get("fields", {})}
            if not hits:
                return
            start = hits[-1]["sort"][0] + 1

    def _search(self, body: object, seconds: float = WRITE_SECONDS) -> Any:
        path = f"/{self._name}/_search"
        return self._cluster.ask("POST", path, body, seconds, allow_partial_search_results=False)

    def _values(self, answer: dict[str, Any]) -> list[str | None]:
        if "error" in answer:
            if answer.get("status") == 404:
                raise ClusterMissing(f"搜索集群上没有索引 {self._name}，可能刚被新的一代替换。")
            told = json.dumps(answer["error"])[:200]
            raise IndexCorrupt(f"集群上的索引 {self._name} 读不出来（{told}），请执行 kb index --rebuild。")
        values: list[str | None] = answer["aggregations"]["p"]["value"]
        return values


#: what means something in Lucene's patterns
_SPECIAL = '.?+*|{}[]()"\\#@&<>~^$-'


def _unpacked(parts: Iterable[str | None]) -> Postings:
    """What ``_PACK`` made, in order of numbers."""
    packed = "".join(part or "" for part in parts).encode()
    bits: NDArray[np.int32] = (np.frombuffer(packed, np.uint8).reshape(-1, 7) - np.uint8(48)).astype(np.int32)
    numbers = bits[:, :5] @ _SHIFTS
    order = np.argsort(numbers, kind="stable")
    return numbers[order].astype(np.int32), (bits[:, 5] * 64 + bits[:, 6])[order].astype(np.float32)
