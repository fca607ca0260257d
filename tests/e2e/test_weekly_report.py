"""``kb report weekly``: the same file wherever it is made; servers store what ended while none ran."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from openpyxl import load_workbook

from kb.rules.weeks import Week
from tests.e2e.processes import Desk, wait_until
from tests.unit.past_house import PastHouse

FORMS = ("json", "md", "csv", "html", "xlsx")
PLACES = [("America/New_York", "C"), ("Asia/Shanghai", "zh_CN.UTF-8"), ("Pacific/Kiritimati", "tr_TR.UTF-8")]
#: all forms in one process, which saves four starts
MAKE = """
import sys
from kb.cli.main import cli
*common, folder, week = sys.argv[1:]
for form in ("json", "md", "csv", "html", "xlsx"):
    how = ["report", "weekly", "--week", week, "--format", form, "-o", f"{folder}/report.{form}"]
    cli([*common, *how], standalone_mode=False)
"""


@pytest.fixture
def past(tmp_path: Path) -> tuple[Desk, Week]:
    """A house that has a history of three weeks, and the week before this one."""
    house = PastHouse(tmp_path / "house", datetime.now(timezone.utc) - timedelta(weeks=3))
    for number in range(12):
        folder = ("trade", "logistics")[number % 2]
        house.write(f"a-{number}", f"updated: {house.day}", by=f"作者{number % 3}", folder=folder)
        house.use("copy", f"a-{number}", number % 4, stale=number % 3 == 0)
        house.at += timedelta(hours=37)
    house.confirm("a-1")
    house.database.close()
    last = Week.of(datetime.now(house.settings.timezone).date()).previous()
    return Desk(house.settings.articles, house.settings.data), last


def test_a_report_is_the_same_wherever_it_is_made(past: tuple[Desk, Week], tmp_path: Path) -> None:
    desk, week = past
    made = []
    for number, (zone, language) in enumerate(PLACES):
        data = shutil.copytree(desk.data, tmp_path / str(number))
        place = {"TZ": zone, "LC_ALL": language, "LANG": language, "PYTHONHASHSEED": str(number), "KB_SEMANTIC": "off"}
        command = [sys.executable, "-W", "ignore", "-X", "utf8", "-c", MAKE]
        arguments = ["--articles", str(desk.articles), "--data", str(data), str(data), str(week)]
        subprocess.run([*command, *arguments], check=True, env={**os.environ, **place}, timeout=120)
        made.append({form: content(data / f"report.{form}") for form in FORMS})
    assert made[0] == made[1] == made[2]
    assert f"## 知识库周报 {week}".encode() in made[0]["md"]
    assert json.loads(made[0]["json"])["changed"]


def content(file: Path) -> bytes:
    """The bytes of a file, or the cells of a workbook, which carries the time of writing."""
    if file.suffix != ".xlsx":
        return file.read_bytes()
    return repr([row for sheet in load_workbook(file) for row in sheet.iter_rows(values_only=True)]).encode()


def test_servers_store_what_ended_while_none_ran(past: tuple[Desk, Week]) -> None:
    desk, week = past
    with desk.serve() as one, desk.serve() as other:
        wait_until(lambda: str(week) in [row["week"] for row in one.get("/api/v1/reports/weekly")["trend"]])
        assert one.get("/api/v1/reports/weekly", week=str(week)) == other.get("/api/v1/reports/weekly", week=str(week))
