"""``docs/deploy/``: what administrators copy names settings, commands and addresses that exist, and can be run."""

from __future__ import annotations

import json
import re
import secrets
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from kb.cli.main import cli
from kb.config import SETTINGS, load_settings
from kb.wiring.sharing import check_role
from tests.cluster.nodes import Node
from tests.e2e.processes import KB, Desk, Server, answered

DEPLOY = Path(__file__).resolve().parents[2] / "docs" / "deploy"
UNITS = ("zhida-writer.service", "zhida-search@.service")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
NAMES = {f"KB_{setting.name.upper()}" for setting in SETTINGS}
_QUESTION = "没收到货怎么退款"


def values(unit: str, name: str) -> list[str]:
    """What a unit says of ``name``, for port 8000."""
    text = (DEPLOY / unit).read_text(encoding="utf-8")
    return [value.replace("%i", "8000") for value in re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)]


def environment(unit: str) -> dict[str, str]:
    """What a process of the unit gets."""
    pairs = values(unit, "Environment")
    for path in values(unit, "EnvironmentFile"):
        lines = (DEPLOY / Path(path).name).read_text(encoding="utf-8").splitlines()
        pairs += [line for line in lines if line and not line.startswith("#")]
    return dict(pair.split("=", 1) for pair in pairs)


def compose_commands() -> dict[str, list[str]]:
    return {name: service["command"] for name, service in COMPOSE["services"].items() if "command" in service}


@pytest.mark.parametrize("path", sorted(DEPLOY.iterdir()), ids=lambda path: path.name)
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"\bKB_[A-Z0-9_]+\b", path.read_text(encoding="utf-8")))
    assert named <= NAMES


@pytest.mark.parametrize("unit", UNITS)
def test_units_have_settings_that_their_role_can_work_with(unit: str) -> None:
    (command,) = values(unit, "ExecStart")
    role = command.split("--role ")[1].split()[0]
    settings = load_settings(environ={**environment(unit), "KB_ROLE": role})
    check_role(settings)
    assert settings.trusted_proxies
    assert settings.data.is_relative_to("/var/lib")


def test_commands_are_commands() -> None:
    lines = [shlex.split(command)[1:] for unit in UNITS for command in values(unit, "ExecStart")]
    docker = re.search(r"^CMD (\[.*\])$", (DEPLOY / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert docker
    for arguments in [*lines, *compose_commands().values(), json.loads(docker[1])]:
        cli.commands[arguments[0]].make_context("kb", arguments[1:]).close()


@pytest.mark.parametrize("unit", UNITS)
def test_systemd_takes_the_units(unit: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = (DEPLOY / unit).read_text(encoding="utf-8").replace("/srv/zhida/.venv/bin/kb", "/usr/bin/env")
    (tmp_path / unit).write_text(text, encoding="utf-8")
    command = ["systemd-analyze", "verify", "--man=no", str(tmp_path / unit)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_containers_have_the_addresses_of_nginx() -> None:
    nginx = (DEPLOY / "nginx.conf").read_text(encoding="utf-8")
    services = COMPOSE["services"]
    for name in ("writer", "search-1", "search-2"):
        assert f"server {services[name]['networks']['zhida']['ipv4_address']}:8000" in nginx
        given = load_settings(environ={**services[name]["environment"], "KB_SECRET": "x" * 32})
        assert str(given.trusted_proxies[0].network_address) == services["nginx"]["networks"]["zhida"]["ipv4_address"]
    assert {command[2] for command in compose_commands().values()} == {"writer", "search"}


def test_the_lines_that_systemd_runs_start_a_writer_and_a_search_node(
    cluster_node: Node, desk: Desk, tmp_path: Path
) -> None:
    """With the very environment files; only addresses, secrets and folders are those of the test."""
    here = {
        "KB_OPENSEARCH_URL": cluster_node.url,
        "KB_OPENSEARCH_USER": "",
        "KB_OPENSEARCH_CA": "",
        "KB_OPENSEARCH_INDEX": f"t{secrets.token_hex(6)}",
        "KB_ARTICLES": str(desk.articles),
    }

    def start(unit: str, data: Path) -> Server:
        (command,) = values(unit, "ExecStart")
        _, *arguments = shlex.split(command.replace("--port 8000", "--port 0"))
        return Server([*KB, *arguments], {**environment(unit), **here, "KB_DATA": str(data)})

    with start(UNITS[0], desk.data) as writer, start(UNITS[1], tmp_path / "node") as node:
        assert answered(node, _QUESTION) == answered(writer, _QUESTION) != []
        assert (writer.stop(), node.stop()) == (0, 0)
