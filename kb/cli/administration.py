"""Commands that run and check the service: serve, openapi, doctor."""

from __future__ import annotations

import ctypes
import logging
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, shown, track
from kb.errors import EmbedderError, EngineError, KbError
from kb.garbage import keep_for_now, without_garbage_collection
from kb.text.controls import without_controls

if TYPE_CHECKING:
    from kb.service import Service

_M_ARENA_MAX = -8  # from malloc.h
_LIBRARIES = (
    "whoosh",
    "jieba",
    "marisa-trie",
    "flask",
    "orjson",
    "sqlite-utils",
    "markdown",
    "opencc",
    "numpy",
    "waitress",
)


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="Port; 0 takes a free one."
)
@pass_context
def serve(context: Context, host: str, port: int) -> None:
    """Index what changed, then serve pages and API until stopped."""
    _prefer_answers()
    logging.getLogger("kb").setLevel(logging.INFO)  # what takes long says when it begins and ends
    with without_garbage_collection():  # all that is loaded and made here stays
        from kb.upkeep import Upkeep
        from kb.wiring.bulk import finish_import
        from webui import create_app
        from webui.server import serve as listen

        service = context.service
        _catch_up(service)
        service.refresh()
        _say_how_to_begin(service, context.settings.data)
        app = create_app(service)
        keep_for_now()
    settings = context.settings
    upkeep = Upkeep(service, settings.articles, lambda: finish_import(settings), settings.retention_days)
    upkeep.start()
    try:
        listen(app, host, port, ready=lambda url: click.echo(f"直达已就绪：{url}  （按 Ctrl+C 停止）"))
    finally:
        upkeep.stop()


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
    sys.setswitchinterval(0.001)  # seconds; a request doesn't wait 5 ms for the interpreter at every step
    with suppress(OSError, AttributeError):  # glibc only: one heap instead of one per thread saves some 20 MB
        ctypes.CDLL("libc.so.6").mallopt(_M_ARENA_MAX, 1)


@click.command("openapi")
def openapi_command() -> None:
    """Print the OpenAPI document of the HTTP interface."""
    from webui.api.openapi import document_without_service

    print_json(document_without_service())


@click.command()
@json_option
@pass_context
def doctor(context: Context, as_json: bool) -> None:
    """Check settings, files, index, database and libraries; exits with 1 if something is wrong."""
    findings = list(_findings(context))
    healthy = all(good for _, good, _ in findings)
    if as_json:
        print_json({"ok": healthy, "checks": [{"name": n, "ok": good, "detail": d} for n, good, d in findings]})
    else:
        for name, good, detail in findings:
            output.print(f"{'[green]正常[/]' if good else '[red]异常[/]'}  {name}：{shown(detail)}")
    if not healthy:
        sys.exit(1)


def _findings(context: Context) -> Iterator[tuple[str, bool, str]]:
    """(what, whether it is good, in words)"""
    settings = context.settings
    yield "Python", sys.version_info >= (3, 10), sys.version.split()[0]
    yield "程序库", *_checked(lambda: "，".join(f"{name} {version(name)}" for name in _LIBRARIES))
    yield "知识目录", settings.articles.is_dir(), str(settings.articles)
    yield "数据目录", *_checked(lambda: str(context.service and settings.data))
    yield "数据库", *_checked(lambda: _database(context))
    yield "审核记录", *_checked(lambda: _reviews(context))
    yield "索引", *_checked(lambda: _index(context))
    yield "语义检索", *_checked(lambda: _semantic(context))
    yield "复核提醒", *_checked(lambda: _reminders(context))
    yield "知识文件", *_checked(lambda: _problems(context))


def _checked(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except (KbError, PackageNotFoundError, OSError) as error:
        return False, str(error)


def _database(context: Context) -> str:
    context.service.check_store()
    return f"{context.settings.database} 完好"


def _reviews(context: Context) -> str:
    completed = context.service.completed_reviews()
    return f"最近 7 天里，上次中断的 {completed} 条审核结论已补记" if completed else "没有中断过的审核结论"


def _index(context: Context) -> str:
    from kb.wiring.search import choose_engine

    health = context.service.health()
    if health["checks"]["engine"] != "ok":
        raise EngineError(health["checks"]["engine"])
    reason = choose_engine(context.settings).reason
    return f"引擎 {health['engine']}（{reason}），第 {health['generation']} 代，{health['articles']} 条"


def _semantic(context: Context) -> str:
    if context.service.semantic is None:
        return "没有启用"
    context.desk.library()  # hands the articles over
    health = context.service.health()
    if "semantic" in health["checks"]:
        raise EmbedderError(health["checks"]["semantic"])
    state = health["semantic"]
    rest = "" if state["state"] == "ready" else "；其余由运行中的服务在后台补齐，或执行 kb embed"
    return f"{state['texts']} 条文本中 {state['embedded']} 条已有向量{rest}"


def _reminders(context: Context) -> str:
    from kb.wiring.reminders import recipients

    found = recipients(context.settings)
    if not found:
        return "没有启用"
    when = f"每周 {context.settings.notify_at}" if context.settings.notify_at else "由 kb notify 发送"
    channels = "；".join(f"{owner}：{'、'.join(one.notifier.name for one in them)}" for owner, them in found.items())
    return f"{when}；{channels}"


def _problems(context: Context) -> str:
    errors = [problem for problem in context.desk.problems() if problem.severity == "error"]
    if errors:
        raise KbError(f"{len(errors)} 处错误，例如 {errors[0]}；执行 kb lint 查看全部。")
    return "没有错误"


COMMANDS = (serve, openapi_command, doctor)
