"""Commands that describe and check the service: openapi, doctor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

import click

from kb.cli.context import Context, json_option, output, pass_context, print_json, shown
from kb.config import Settings
from kb.errors import EmbedderError, EngineError, KbError

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
    settings = context.served
    yield "Python", sys.version_info >= (3, 10), sys.version.split()[0]
    yield "程序库", *_checked(lambda: "，".join(f"{name} {version(name)}" for name in _LIBRARIES))
    if settings.role != "alone":
        yield "集群", *_checked(lambda: _published(settings))
    yield "数据目录", *_checked(lambda: str(context.service and settings.data))
    yield "数据库", *_checked(lambda: _database(context))
    yield "索引", *_checked(lambda: _index(context))
    yield "语义检索", *_checked(lambda: _semantic(context))
    if settings.role == "search":  # all else is the writer's
        return
    yield "审核记录", *_checked(lambda: _reviews(context))
    yield "复核提醒", *_checked(lambda: _reminders(context))
    yield "知识目录", settings.articles.is_dir(), str(settings.articles)
    yield "知识文件", *_checked(lambda: _problems(context))


def _checked(check: Callable[[], str]) -> tuple[bool, str]:
    try:
        return True, check()
    except (KbError, PackageNotFoundError, OSError) as error:
        return False, str(error)


def _published(settings: Settings) -> str:
    from kb.wiring.sharing import build_shared, last_published

    when = last_published(build_shared(settings))
    return f"连得上，最近一次发布在 {when:%Y-%m-%d %H:%M:%S}" if when else "连得上，写节点还没有发布过"


def _database(context: Context) -> str:
    context.service.check_store()
    return f"{context.served.database} 完好"


def _reviews(context: Context) -> str:
    completed = context.service.completed_reviews()
    return f"最近 7 天里，上次中断的 {completed} 条审核结论已补记" if completed else "没有中断过的审核结论"


def _index(context: Context) -> str:
    from kb.wiring.search import choose_engine

    health = context.service.health()
    if health["checks"]["engine"] != "ok":
        raise EngineError(health["checks"]["engine"])
    reason = choose_engine(context.served).reason
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


COMMANDS = (openapi_command, doctor)
