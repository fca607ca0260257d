"""README can't drift: commands, options and settings in it are compared with the real ones."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from kb.cli.main import cli
from kb.config import SETTINGS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands_table() -> str:
    """The table of commands as README must show it."""
    context = click.Context(cli)
    rows = []
    for name in sorted(cli.list_commands(context)):
        command = cli.get_command(context, name)
        assert command is not None
        arguments = [p.make_metavar(context) for p in command.params if isinstance(p, click.Argument)]
        options = [p.opts[-1] for p in command.params if isinstance(p, click.Option)]
        usage = " ".join(["kb", name, *arguments])
        rows.append(f"| `{usage}` | {command.get_short_help_str(200)} | {' '.join(f'`{o}`' for o in options)} |")
    return "\n".join(["| command | does | options |", "|---|---|---|", *rows])


def settings_table() -> str:
    """The table of settings as README must show it."""
    rows = [f"| `KB_{s.name.upper()}` | `{s.default}` | {s.help} |" for s in SETTINGS]
    return "\n".join(["| variable | default | meaning |", "|---|---|---|", *rows])


@pytest.mark.parametrize("table", [commands_table, settings_table])
def test_tables_show_what_the_program_has(table: Callable[[], str]) -> None:
    expected = table()
    assert expected in README, f"put this into README.md:\n\n{expected}\n"


def test_every_option_has_a_help_text() -> None:
    context = click.Context(cli)
    for name in cli.list_commands(context):
        command = cli.get_command(context, name)
        assert command is not None
        assert command.help, name
        for option in command.params:
            if isinstance(option, click.Option):
                assert option.help, f"{name} {option.opts}"


def test_every_linked_file_exists() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} → {target}"


def test_every_decision_is_listed() -> None:
    listed = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        assert page.name in listed
