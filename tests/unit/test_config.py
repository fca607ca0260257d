"""Settings: where they come from, which source wins, and what is said about a bad one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kb.config import load_settings
from kb.errors import SettingsError
from kb.model import Interval
from kb.wiring.basics import house_now


def test_defaults_are_those_of_the_design(tmp_path: Path) -> None:
    settings = load_settings(environ={}, folder=tmp_path)
    assert settings.articles == tmp_path / "articles"
    assert settings.database == tmp_path / "var" / "zhida.db"
    assert settings.channels == ("微信", "APP", "官网", "电话")
    assert (settings.review_every, settings.review_top) == (Interval(30, "d"), Interval(7, "d"))


def test_command_line_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text(
        'data = "from-file"\nchannels = ["微信", "抖音"]\nlock_timeout = 3\n', encoding="utf-8"
    )
    environ = {"KB_DATA": "from-environment", "KB_LOCK_TIMEOUT": "5"}
    assert load_settings({}, tmp_path).data == tmp_path / "from-file"
    assert load_settings({}, tmp_path).channels == ("微信", "抖音")
    assert load_settings(environ, tmp_path).data == tmp_path / "from-environment"
    chosen = load_settings(environ, tmp_path, {"data": "from-option", "articles": None})
    assert (chosen.data, chosen.lock_timeout) == (tmp_path / "from-option", 5)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"KB_ENGINE": "lucene"}, "KB_ENGINE"),
        ({"KB_CHANNELS": " , "}, "KB_CHANNELS"),
        ({"KB_REVIEW_EVERY": "soon"}, "KB_REVIEW_EVERY"),
        ({"KB_LOCK_TIMEOUT": "0"}, "KB_LOCK_TIMEOUT"),
        ({"KB_TIMEZONE": "Asia/Shanghia"}, "KB_TIMEZONE"),
        ({"KB_TIMEZONE": "Asia"}, "KB_TIMEZONE"),
        ({"KB_TIMEZONE": ""}, "KB_TIMEZONE"),
        ({"KB_TIMEZONE": "../Asia/Shanghai"}, "KB_TIMEZONE"),
    ],
)
def test_a_bad_value_is_named_with_its_source(tmp_path: Path, environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load_settings(environ, tmp_path)


def test_the_house_has_its_own_clock(tmp_path: Path) -> None:
    here = load_settings({}, tmp_path)
    assert house_now(here).utcoffset() == timedelta(hours=8)
    there = load_settings({"KB_TIMEZONE": "Pacific/Kiritimati"}, tmp_path)
    assert house_now(there).utcoffset() == timedelta(hours=14)


@pytest.mark.parametrize("text", ["not toml [", 'unknown = "x"'])
def test_a_bad_file_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "kb.toml").write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"kb\.toml"):
        load_settings({}, tmp_path)
