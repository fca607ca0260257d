"""``kb report weekly``: what is wrong is told in Chinese, with exit code 2."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from pathlib import Path

import pytest

from kb.cli import main
from kb.rules.weeks import Week
from tests.unit.past_house import PastHouse


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    """Of a house that knows one article since today."""
    house = PastHouse(tmp_path, datetime.now(timezone.utc))
    house.write("a")
    house.database.close()
    return ["--articles", str(house.settings.articles), "--data", str(house.settings.data)]


NEXT_YEAR = Week.of(datetime.now(timezone.utc).date()).year + 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--week", "2026-W54"], "没有 2026-W54 这一周"),
        (["--week", "2026-47"], "周须写成 2026-W47 这样"),
        (["--week", ""], "周须写成 2026-W47 这样"),
        (["--week", f"{NEXT_YEAR}-W30"], "还没有到"),
        (["--week", "0000-W01"], "没有 0000-W01 这一周"),
        (["--week", "2001-W01"], "没有留底"),
        (["--format", "pdf"], "没有“pdf”这种格式，可用的有：md、html、csv、xlsx、json"),
        (["-o", "/no such folder/report.md"], "请检查路径、权限和磁盘"),
        (["--format", "xlsx"], "请用 -o 指定文件名"),
    ],
)
def test_what_is_wrong_is_told(
    folders: list[str],
    arguments: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("KB_SEMANTIC", "off")
    monkeypatch.setattr(sys, "argv", ["kb", *folders, "report", "weekly", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    assert told in said.err
