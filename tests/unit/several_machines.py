"""A writer and search nodes in one process on a real cluster, each with folders of its own; their threads don't run."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from kb.cluster.lease import Lease
from kb.config import Settings, load_settings
from kb.nodes import SearchNode
from kb.ports.sharing import Shared
from kb.service import Service
from kb.sharing.following import Follower
from kb.sharing.publishing import Publisher
from kb.wiring.service import build_service
from kb.wiring.sharing import (
    build_drain,
    build_follower,
    build_lease,
    build_mailbox,
    build_publisher,
    build_sender,
    build_shared,
    settings_of_node,
)
from tests.cluster.nodes import Node
from tests.conftest import indexed
from tests.unit.article_tree import make_tree

SHARED_KEY = "what all nodes know and nobody else does"
WRITER = "http://writer.example:8000"


def settings_on(node: Node, folder: Path, role: str, **more: str) -> Settings:
    """Settings of a machine with ``folder`` for itself, on a cluster without anything of ours."""
    overrides = {
        "articles": str(folder / "articles"),
        "data": str(folder / "data"),
        "semantic": "off",
        "engine": "whoosh",
        "role": role,
        "secret": SHARED_KEY,
        "writer_url": WRITER,
        "opensearch_url": node.url,
        "opensearch_index": f"t{secrets.token_hex(6)}",
        **more,
    }
    return load_settings(environ={}, overrides=overrides)


@dataclass
class WritingMachine:
    """The writer; ``publish`` is what its thread does."""

    settings: Settings
    shared: Shared
    lease: Lease
    service: Service
    publisher: Publisher
    drain: Callable[[], int]

    @classmethod
    def on(cls, node: Node, folder: Path) -> WritingMachine:
        """With one article, the lease taken, nothing published yet."""
        make_tree(folder / "articles")
        return cls.of(settings_on(node, folder, "writer"))

    @classmethod
    def of(cls, settings: Settings) -> WritingMachine:
        shared = build_shared(settings)
        lease = build_lease(settings, shared)
        lease.acquire()
        drain = build_drain(settings, build_mailbox(settings), lease)
        return cls(settings, shared, lease, indexed(settings), build_publisher(settings, shared, lease), drain)

    def write(self, path: str, text: str) -> None:
        """Have an article file, indexed."""
        file = self.settings.articles / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        self.sync()

    def sync(self) -> None:
        """Take over the files."""
        self.service.index()
        self.service.refresh()

    def publish(self) -> bool:
        return self.publisher.publish()


@dataclass
class SearchingMachine:
    """A search node; ``follow`` is what its thread does."""

    settings: Settings
    follower: Follower
    service: Service
    node: SearchNode
    send: Callable[[], None]

    @classmethod
    def beside(cls, writer: WritingMachine, folder: Path, **changed: object) -> SearchingMachine:
        """One that has not looked yet."""
        machine = replace(writer.settings, role="search", data=folder, **changed)  # type: ignore[arg-type]  # fields by name
        settings = settings_of_node(machine)
        follower, service = build_follower(settings, build_shared(settings)), build_service(settings)
        mailbox = build_mailbox(settings)
        send = build_sender(settings, mailbox)
        return cls(settings, follower, service, SearchNode(service, follower, send, True, 180), send)

    def follow(self) -> None:
        """Look once, and serve what there is."""
        self.node.begin(print, wait=_no_waiting)


def _no_waiting(seconds: float) -> None:
    raise TimeoutError("there is nothing to serve yet")
