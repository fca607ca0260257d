"""The command group, its common options, and the one place where errors become messages and exit codes."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from kb import __version__
from kb.cli import (
    access,
    administration,
    answers,
    bulk,
    content,
    conversations,
    gaps,
    history,
    learning,
    migration,
    quality,
    reminders,
    reports,
    review,
    serving,
)
from kb.cli.context import PATH, Context
from kb.errors import DoneElsewhere, KbError

#: what only reads of what is published, or needs nothing of it
_ON_SEARCH_NODES = frozenset(
    ("analyze", "classify", "doctor", "faq", "openapi", "recommend", "search", "serve", "show", "suggest")
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option("--articles", type=PATH, help="Folder of the Markdown articles (KB_ARTICLES).")
@click.option("--data", type=PATH, help="Folder for index and database (KB_DATA).")
@click.version_option(__version__, prog_name="kb")
@click.pass_context
def cli(context: click.Context, articles: Path | None, data: Path | None) -> None:
    """Zhida (直达): knowledge-base search for customer-service teams."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    context.obj = Context(articles, data)
    if context.invoked_subcommand not in _ON_SEARCH_NODES and context.obj.settings.role == "search":
        raise DoneElsewhere(context.obj.settings.writer_url)


for module in (
    access,
    administration,
    answers,
    gaps,
    bulk,
    content,
    conversations,
    history,
    learning,
    migration,
    quality,
    reminders,
    reports,
    review,
    serving,
):
    for command in module.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Run the command line; the process exits."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except KbError as error:
        click.echo(f"错误：{error}", err=True)
        sys.exit(2)
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        click.echo(
            f"错误：读写 {error.filename or '文件'} 失败：{error.strerror or error}。请检查路径、权限和磁盘。", err=True
        )
        sys.exit(2)
