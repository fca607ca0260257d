"""Several machines on one cluster: the writer that publishes, the search node that follows (decision 0022)."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import date, datetime
from functools import partial
from typing import Any

from kb.cluster.lease import Lease
from kb.config import Settings
from kb.content.dictionary_files import NAMES, DictionaryFiles, path_of
from kb.embedding.providers import choose
from kb.embedding.vector_file import VectorTail
from kb.errors import SettingsError, WriterElsewhere
from kb.ports.embedder import VectorsElsewhere
from kb.ports.sharing import Mailbox, Part, Shared
from kb.ports.store import FaqSnapshot, LearnedQuestion
from kb.replacing import replacing
from kb.sharing.draining import drain, send
from kb.sharing.following import Follower
from kb.sharing.parts import Articles, Whole
from kb.sharing.publishing import HEAD, Publisher
from kb.sharing.vectors import PublishedVectors, VectorPublisher, VectorsOfTheWriter
from kb.store.access_copy import AccessCopy
from kb.store.catalog import Catalog
from kb.store.database import Database, epoch_ms, from_epoch_ms
from kb.store.deliveries import Deliveries
from kb.store.events import EventLog
from kb.store.faq_snapshots import FaqSnapshots
from kb.store.followed import Followed
from kb.store.learning import LearnedStore
from kb.store.query_log import QueryLog
from kb.store.revisions import Revisions
from kb.store.spool import Spool
from kb.text.once import once
from kb.usecases.activity import habits_of
from kb.usecases.semantic import Semantic
from kb.wiring.basics import local_now
from kb.wiring.cluster import build_cluster

#: the note of the cluster that says who writes
_WRITER = "writer"
#: seconds: what is not edited, but computed now and then, is looked at so often
_NOW_AND_THEN, _SELDOM = 5.0, 600.0
#: seconds without news after which another machine may become the writer; ``WriterElsewhere`` tells people
WRITER_LASTS = 15.0


def check_role(settings: Settings) -> None:
    """Raises SettingsError where the other settings don't allow the role."""
    if settings.role == "alone":
        return
    if not settings.secret:
        raise SettingsError(
            f"--role {settings.role} 还要设置 KB_SECRET：各节点用同一个，例如 openssl rand -hex 32 的输出。"
        )


def build_shared(settings: Settings) -> Shared:
    """What all nodes share in the cluster."""
    from kb.sharing.index import SharedIndex  # with opensearch-py, which one machine alone doesn't need

    return SharedIndex(build_cluster(settings), settings.opensearch_index)


def last_published(shared: Shared) -> datetime | None:
    """When the writer published something last; None: it never has. Raises ClusterError."""
    head = shared.note(HEAD)
    return from_epoch_ms(head.body["version"]).astimezone() if head else None


def build_mailbox(settings: Settings) -> Mailbox:
    """Where search nodes leave what happened."""
    from kb.sharing.mailbox import MailboxIndex  # the same

    return MailboxIndex(build_cluster(settings), settings.opensearch_index)


def build_sender(settings: Settings, mailbox: Mailbox) -> Callable[[], None]:
    """Sends what agents do on the search node of ``settings``, which are those of ``settings_of_node``."""
    return partial(send, Spool(Database(settings.database)), mailbox)


def build_drain(settings: Settings, mailbox: Mailbox, lease: Lease) -> Callable[[], int]:
    """Takes what search nodes have sent over into the log of ``settings`` as long as ``lease`` holds."""
    return partial(drain, mailbox, Deliveries(Database(settings.database)), lease.check)


def build_lease(settings: Settings, shared: Shared) -> Lease:
    """The role of the writer, for this machine and data folder."""
    return Lease(shared, _WRITER, _name_of(settings), WRITER_LASTS, WriterElsewhere)


def refuse_beside_writer(settings: Settings) -> None:
    """Raises WriterElsewhere while another machine or folder is the writer, which is watched for a while."""
    shared = build_shared(settings)
    found = shared.note(_WRITER)
    if found is not None and not found.body["released"] and found.body["holder"] != _name_of(settings):
        lease = build_lease(settings, shared)
        lease.acquire()
        lease.release()


def _name_of(settings: Settings) -> str:
    """This machine and data folder."""
    return f"{socket.gethostname()}:{settings.data}"


def build_publisher(settings: Settings, shared: Shared, lease: Lease) -> Publisher:
    """Publishes what the database and the dictionaries of ``settings`` hold."""
    database = Database(settings.database)
    habits = partial(habits_of, EventLog(database), QueryLog(database), local_now)
    return Publisher(shared, lease, _parts(settings, database, habits))


def build_vector_publisher(settings: Settings, lease: Lease, semantic: Semantic) -> VectorPublisher:
    """Publishes the vectors in the folder of ``settings`` that the model of ``semantic`` makes."""
    tail = VectorTail(settings.vectors_dir, semantic.fingerprint)
    return VectorPublisher(_vectors(settings, semantic.fingerprint), tail, lease, semantic.is_complete)


def build_elsewhere(settings: Settings, fingerprint: str) -> VectorsElsewhere | None:
    """The vectors of a model that other machines have made; None for a machine alone."""
    if settings.role == "alone":
        return None
    followed = Followed(Database(settings.database))
    # another writer's vectors are good for this one, but nobody else makes those that it needs
    return VectorsOfTheWriter(
        once(lambda: _vectors(settings, fingerprint)),
        lambda: settings.role == "search" and followed.model() == fingerprint,
    )


def _vectors(settings: Settings, fingerprint: str) -> PublishedVectors:
    from kb.sharing.vectors_index import VectorsIndex  # with opensearch-py, as above

    return VectorsIndex(build_cluster(settings), settings.opensearch_index, fingerprint)


def settings_of_node(settings: Settings) -> Settings:
    """With folders for the copy that a search node serves: no node can take a writer's files for its own copy."""
    folder = settings.data / "node"
    return replace(settings, data=folder, articles=folder / "articles")


def build_follower(settings: Settings, shared: Shared) -> Follower:
    """Follows into the database and dictionaries of ``settings``, which are those of ``settings_of_node``."""
    (settings.articles / path_of("")).mkdir(parents=True, exist_ok=True)
    database = Database(settings.database)
    followed = Followed(database)
    return Follower(shared, _parts(settings, database, followed.habits), followed, database.together)


def _parts(settings: Settings, database: Database, habits: Any) -> tuple[Part, ...]:
    """All that is published, in the order in which it is taken over."""
    rankings, learned, followed = FaqSnapshots(database), LearnedStore(database), Followed(database)
    dictionaries = DictionaryFiles(settings.articles, Revisions(database))
    return (
        Articles(Catalog(database)),
        *(AccessCopy(database, kind) for kind in ("account", "session", "token")),
        Whole("faq", lambda: _ranking(rankings.latest()), partial(_save_ranking, rankings), _NOW_AND_THEN),
        Whole("learned", lambda: _learned(learned), partial(_save_learned, learned), _NOW_AND_THEN),
        Whole("habits", habits, followed.save_habits, _SELDOM),
        Whole("dictionaries", lambda: {n: dictionaries.read(n).text for n in NAMES}, partial(_write, settings)),
        Whole("model", once(lambda: _model(settings)), followed.save_model, _SELDOM),
    )


def _model(settings: Settings) -> str:
    embedder = choose(settings)
    return embedder.fingerprint if embedder else ""


def _ranking(snapshot: FaqSnapshot | None) -> dict[str, Any] | None:
    return {"as_of": epoch_ms(snapshot.as_of), "ranking": snapshot.ranking} if snapshot else None


def _save_ranking(rankings: FaqSnapshots, said: Mapping[str, Any] | None) -> None:
    if said is not None:
        places = tuple((article_id, score) for article_id, score in said["ranking"])
        rankings.save(FaqSnapshot(from_epoch_ms(said["as_of"]), places))


def _learned(store: LearnedStore) -> list[dict[str, Any]]:
    return [asdict(question) | {"last": question.last.isoformat()} for question in store.open_questions()]


def _save_learned(store: LearnedStore, said: list[dict[str, Any]]) -> None:
    store.save(LearnedQuestion(**one | {"last": date.fromisoformat(one["last"])}) for one in said)


def _write(settings: Settings, texts: Mapping[str, str]) -> None:
    for name, text in texts.items():
        with replacing(settings.articles / path_of(name)) as file:
            file.write_text(text, encoding="utf-8")
