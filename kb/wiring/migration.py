"""From the index on this machine to one on a cluster, and back: built, compared, and nothing switched."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kb.config import Settings
from kb.errors import EngineError, IndexMissing
from kb.migrating import Comparison, compare
from kb.service import Service
from kb.usecases.indexing import IndexReport
from kb.usecases.progress import Progress, silent
from kb.wiring.cluster import build_cluster
from kb.wiring.service import build_service
from kb.wiring.sharing import refuse_beside_writer

#: nobody waits for an answer; a cluster that is busy may still be the right one
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Migration:
    """``comparison`` is None where there was nothing to compare with: ``why_not``."""

    engine: str
    report: IndexReport
    comparison: Comparison | None
    why_not: str = ""


def check_cluster(settings: Settings) -> str:
    """What the cluster is, in words, after a rehearsal there. Raises SettingsError, ClusterError."""
    cluster = build_cluster(settings, _SECONDS)
    from kb.engines.cluster_rehearsal import look_at, rehearse  # with opensearch-py

    try:
        found = look_at(cluster)
        rehearse(cluster, settings.opensearch_index, settings.opensearch_shards)
    finally:
        cluster.close()
    nodes = f"，{found.nodes} 个数据节点" if found.nodes else "（没有查看节点和磁盘的权限，不影响使用）"
    return f"{found.version}{nodes}"


def migrate_to_cluster(settings: Settings, progress: Progress = silent) -> Migration:
    """Bring both indexes up to the files and compare them.

    Raises EngineError, ArticleError, StoreError, and WriterElsewhere where the cluster's index follows other files.
    """
    here, there = _services(settings)
    here.index(progress=progress)
    refuse_beside_writer(settings)
    _refuse_others(here, there, settings.opensearch_index)
    report = there.index(progress=progress)
    return Migration("opensearch", report, compare(here, there, progress))


def migrate_to_local(settings: Settings, progress: Progress = silent) -> Migration:
    """Bring the index on this machine up to the files, and compare it with the cluster's, which stays as it is."""
    here, there = _services(settings)
    report, engine = here.index(progress=progress), here.system.engine.name
    try:
        return Migration(engine, report, compare(there, here, progress))
    except EngineError as error:  # a cluster that is gone must not keep anybody from leaving it
        return Migration(engine, report, None, str(error))


def local_engine(settings: Settings) -> str:
    """What KB_ENGINE is when the index is on this machine."""
    return "auto" if settings.engine == "opensearch" else settings.engine


def _services(settings: Settings) -> tuple[Service, Service]:
    """On the index of this machine, and on the cluster's; meaning is computed here in both cases: it isn't compared."""
    plain = replace(settings, semantic="off")
    return build_service(replace(plain, engine=local_engine(settings))), build_service(
        replace(plain, engine="opensearch")
    )


def _refuse_others(here: Service, there: Service, prefix: str) -> None:
    """Raises EngineError when the index on the cluster is another installation's: it would be emptied."""
    try:
        present = there.system.engine.revisions().keys()
    except IndexMissing:
        return
    foreign = present - here.system.catalog.index_revisions().keys()
    if 2 * len(foreign) > len(present):
        raise EngineError(
            f"集群上名为 {prefix} 的索引像是另一套系统的：{len(present)} 条里有 {len(foreign)} 条本机没有，没有动它。"
            "请用 KB_OPENSEARCH_INDEX 换一个名字；确实不要了，先在集群上删除它。"
        )
