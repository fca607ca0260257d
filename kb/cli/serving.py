"""``kb serve``: alone, as the writer of a cluster, or as one of its search nodes."""

from __future__ import annotations

import ctypes
import logging
import shlex
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import click
from filelock import FileLock, Timeout

from kb.cli.context import Context, pass_context, track
from kb.config import Settings
from kb.errors import ClusterAway, KbError, ServeError
from kb.garbage import keep_for_now, without_garbage_collection
from kb.text.controls import without_controls

if TYPE_CHECKING:
    from kb.service import Service

_M_ARENA_MAX = -8  # from malloc.h


class _Background(Protocol):
    """What runs beside the answers."""

    def start(self) -> None:
        """Begin; returns at once."""

    def stop(self) -> None:
        """End."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@click.option(
    "--role",
    type=click.Choice(["alone", "writer", "search"]),
    help="What this server is: all there is, the one writer of a cluster, or one of its search nodes (KB_ROLE).",
)
@pass_context
def serve(context: Context, host: str, port: int, role: str | None) -> None:
    """Index what changed, then serve pages and API until stopped."""
    _prefer_answers()
    logging.getLogger("kb").setLevel(logging.INFO)  # what takes long says when it begins and ends
    settings = replace(context.settings, role=role) if role else context.settings
    with ExitStack() as held:
        with without_garbage_collection():  # all that is loaded and made here stays
            from webui import create_app
            from webui.server import serve as listen

            if settings.role == "search":
                service, background = _search_node(settings, held)
            elif settings.role == "writer":
                service, background = _writer(settings, held)
            else:
                service, background = _alone(settings, context.service)
            service.refresh()
            app = create_app(service)
            keep_for_now()
        for one in background:
            one.start()
        try:
            listen(app, host, port, ready=lambda url: click.echo(f"直达已就绪：{url}  （按 Ctrl+C 停止）"))
        finally:
            for one in reversed(background):
                one.stop()


def _alone(settings: Settings, service: Service) -> tuple[Service, Sequence[_Background]]:
    """Everything that a service needs on a machine with the articles."""
    from kb.upkeep import Upkeep
    from kb.wiring.bulk import finish_import

    _catch_up(service)
    _say_how_to_begin(service, settings.data)
    finish = partial(finish_import, settings)
    return service, [Upkeep(service, settings.articles, finish, settings.retention_days)]


def _writer(settings: Settings, held: ExitStack) -> tuple[Service, Sequence[_Background]]:
    """The same, published for others. Raises WriterElsewhere."""
    from kb.nodes import Writer
    from kb.wiring.service import build_service
    from kb.wiring.sharing import (
        build_drain,
        build_lease,
        build_mailbox,
        build_publisher,
        build_shared,
        build_vector_publisher,
        check_role,
    )

    check_role(settings)
    held.enter_context(_only_process(settings.data / "writer.lock"))
    shared = build_shared(settings)
    lease = build_lease(settings, shared)
    _when_reachable(lease.acquire)
    try:
        # an index on this machine is nobody else's, whoever the writer is
        service = build_service(settings, lease.check) if settings.engine == "opensearch" else build_service(settings)
        service, background = _alone(settings, service)
        drain = build_drain(settings, build_mailbox(settings), lease)
        publisher = build_publisher(settings, shared, lease)
        vectors = build_vector_publisher(settings, lease, service.semantic) if service.semantic else None
        return service, [*background, Writer(service, lease, publisher, drain, vectors)]
    except BaseException:
        lease.release()
        raise


def _search_node(settings: Settings, held: ExitStack) -> tuple[Service, Sequence[_Background]]:
    """A service on a copy of what is published; waits until there is one."""
    from kb.nodes import SearchNode
    from kb.wiring.service import build_service
    from kb.wiring.sharing import (
        build_follower,
        build_mailbox,
        build_sender,
        build_shared,
        check_role,
        settings_of_node,
    )

    check_role(settings)
    settings = settings_of_node(settings)
    held.enter_context(_only_process(settings.data / "node.lock"))
    follower = build_follower(settings, build_shared(settings))
    send, indexes = build_sender(settings, build_mailbox(settings)), settings.engine != "opensearch"
    node = SearchNode(build_service(settings), follower, send, indexes, settings.retention_days)
    node.begin(partial(click.secho, fg="yellow", err=True))
    return node.service, [node]


def _when_reachable(work: Callable[[], object]) -> None:
    """Do ``work`` as soon as somebody in the cluster answers, and say what one waits for."""
    from kb.upkeep import RETRY_EVERY

    told = ""
    while True:
        try:
            work()
            return
        except ClusterAway as error:
            if str(error) != told:
                told = str(error)
                click.secho(f"等待集群，每 {RETRY_EVERY:g} 秒再试：{without_controls(told)}", fg="yellow", err=True)
            time.sleep(RETRY_EVERY)


@contextmanager
def _only_process(path: Path) -> Iterator[None]:
    """Keep other servers out of a data folder. Raises ServeError when one is there."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        with FileLock(path, timeout=0):
            yield
    except Timeout:
        raise ServeError(
            f"数据目录 {path.parent} 正由另一个 kb serve 使用；请先停掉它，或用 --data 换一个目录。"
        ) from None


def _catch_up(service: Service) -> None:
    """Index what changed; where that fails, an old index serves. Raises KbError when there is none."""
    try:
        report = service.index(progress=track, thorough=False)  # upkeep looks for damage as soon as answers are given
        click.echo(f"索引就绪：{report.articles} 条，用时 {report.seconds:.2f} 秒。", err=True)
        if report.errors:
            click.secho(f"有 {report.errors} 处错误，执行 kb lint 查看。", fg="yellow", err=True)
    except KbError as error:
        if not service.can_search():
            raise
        service.note("files", str(error))
        click.secho(f"索引没有更新，先用原来的：{without_controls(str(error))}", fg="yellow", err=True)


def _say_how_to_begin(service: Service, data: Path) -> None:
    """Nobody can log in before the first account is made, so nothing can be written through the web.

    The command names the folder: typed elsewhere, it must not make an account in another database.
    """
    with suppress(KbError):  # without the database there is still something to search
        if not service.access.accounts.has_administrator():
            how = f"kb --data {shlex.quote(str(data.absolute()))} user add 登录名 --role admin"
            click.echo("还没有管理员，谁也不能在网页上编辑。请在本机执行下面的命令，再到网页上登录：", err=True)
            click.echo(f"  {without_controls(how)}", err=True)


def _prefer_answers() -> None:
    """Tune the process for many short requests beside one long background job."""
    with suppress(OSError, AttributeError):  # glibc only: one heap instead of one per thread saves some 20 MB
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 1)


COMMANDS = (serve,)
