"""What every command needs: settings, the service made from them, progress bars, and the shape of output."""

from __future__ import annotations

import getpass
import json
from collections.abc import Callable, Collection, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kb.config import Settings, load_settings
from kb.errors import QueryError
from kb.model import Caller, State
from kb.text.controls import without_controls

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from kb.access import Access
    from kb.desk import Desk
    from kb.service import Service

F = TypeVar("F", bound=Callable[..., Any])

#: of the freshness that needs attention
_COLOURS = {State.EXPIRED: "red", State.STALE: "yellow", State.NEVER_VERIFIED: "yellow", State.CHANGED: "yellow"}


class Printer:
    """A console of rich, loaded with what it prints first: a server starts a twentieth faster without (measured)."""

    def __init__(self, **options: Any) -> None:
        self._options = options

    @cached_property
    def console(self) -> Console:
        """The console itself."""
        from rich.console import Console

        return Console(highlight=False, **self._options)

    def print(self, *things: Any, **options: Any) -> None:
        """As ``Console.print``."""
        self.console.print(*things, **options)


#: progress and remarks go to standard error, so that standard output is the answer only
remarks = Printer(stderr=True)
output = Printer(soft_wrap=True)


class Context:
    """Made once per call of ``kb`` from the options before the command."""

    def __init__(self, articles: Path | None, data: Path | None) -> None:
        self._overrides = {
            "articles": str(articles) if articles else None,
            "data": str(data) if data else None,
        }

    @cached_property
    def settings(self) -> Settings:
        """Settings in force."""
        return load_settings(overrides=self._overrides)

    @cached_property
    def served(self) -> Settings:
        """Where what is served here is: on a search node of several machines its copy, else ``settings``."""
        from kb.wiring.sharing import settings_of_node

        return settings_of_node(self.settings) if self.settings.role == "search" else self.settings

    @cached_property
    def service(self) -> Service:
        """The system; imported late, so that ``kb --help`` is quick."""
        from kb.wiring.service import build_service

        return build_service(self.served)

    @cached_property
    def access(self) -> Access:
        """Accounts, tokens and the audit log, which need no index and no model."""
        from kb.store.database import Database
        from kb.wiring.access import build_access

        return build_access(self.settings, Database(self.settings.database))

    @cached_property
    def caller(self) -> Caller:
        """Whoever runs the command, by the name that this machine knows them by."""
        try:
            return Caller.local(getpass.getuser())
        except (KeyError, OSError):  # no name, as in some containers
            return Caller.local()

    @property
    def desk(self) -> Desk:
        """The system as whoever runs commands here may use it: in every way."""
        return self.service.desk(self.caller)


pass_context: Callable[[Callable[..., Any]], Callable[..., Any]] = click.make_pass_decorator(Context)


def utf8(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Callback of an argument in words: ``value``, unless it holds bytes of another encoding. Raises QueryError."""
    try:
        value.encode()
    except UnicodeEncodeError:  # Python passes such bytes on as halves of characters
        raise QueryError("输入里有不是 UTF-8 编码的字节，请把终端或脚本的编码改成 UTF-8。") from None
    return value


#: a file or folder; what can't be read is said by whoever reads it, in words of our own
PATH = click.Path(path_type=Path, readable=False)


class _Day(click.DateTime):
    """A calendar day; what is none is said in words of our own."""

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Any:
        try:
            return super().convert(value, parameter, context)
        except click.BadParameter:
            self.fail(f"“{value}”不是日期，请写成 2026-11-30 这样。", parameter, context)


DAY = _Day(["%Y-%m-%d"])


def shown(text: str) -> str:
    """``text`` for rich: without control characters, and nothing in it is markup."""
    from rich.markup import escape

    return escape(without_controls(text))


def table(title: str, *columns: str, whole: Collection[str] = ("编号",)) -> Table:
    """A table whose ``whole`` columns are never cut or broken: one copies from them. The others give way."""
    from rich.table import Table

    made = Table(title=title)
    for name in columns:
        made.add_column(name, no_wrap=name in whole, overflow="fold")
    return made


def badge(state: State, label: str = "") -> str:
    """How current something is: its label, or another one, and colour, as rich markup."""
    return f"[{_COLOURS.get(state, 'green')}]{label or state.label}[/]"


def json_option(command: F) -> F:
    """``--json`` for a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")(command)


def json_text(document: object) -> str:
    """A document as text, ending in a line feed."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def print_json(document: object) -> None:
    """The document on standard output."""
    click.echo(json_text(document), nl=False)


def track(things: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    """Pass ``things`` on while a progress bar on standard error shows how far we are (only for more than a few)."""
    if total < 50 or not remarks.console.is_terminal:
        return things
    return _bar(things, total, what)


def _bar(things: Iterable[Any], total: int, what: str) -> Iterable[Any]:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=remarks.console, transient=True) as progress:
        yield from progress.track(things, total=total, description=what)
