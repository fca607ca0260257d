"""Settings: where they come from, which source wins, and what is said about a bad one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kb.config import load_settings
from kb.errors import SettingsError
from kb.model import Interval
from kb.wiring.basics import house_now, policy_of


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
        ({"KB_OPENSEARCH_URL": " , "}, "KB_OPENSEARCH_URL"),
        ({"KB_OPENSEARCH_URL": "os1:9200"}, "KB_OPENSEARCH_URL"),
        ({"KB_OPENSEARCH_URL": "https://kb:secret@os1:9200"}, "KB_OPENSEARCH_URL"),
        ({"KB_OPENSEARCH_INDEX": "Zhida-1"}, "KB_OPENSEARCH_INDEX"),
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


def test_review_intervals_are_read_by_kind_priority_and_department(tmp_path: Path) -> None:
    (tmp_path / "kb.toml").write_text('[review]\nowners = ["售后业务部=14d", "A=B 部=1m"]\n', encoding="utf-8")

    settings = load_settings(
        {"KB_REVIEW_KINDS": "policy=7d， case = 90d", "KB_REVIEW_PRIORITIES": "urgent=1w"}, tmp_path
    )
    policy = policy_of(settings)

    assert policy.by_kind == {"policy": Interval(7, "d"), "case": Interval(90, "d")}
    assert policy.by_priority == {"urgent": Interval(1, "w")}
    assert policy.by_owner == {"售后业务部": Interval(14, "d"), "A=B 部": Interval(1, "m")}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("KINDS", "polcy=7d", "没有 'polcy' 这一种，可以写 faq、guide、case、policy、script"),
        ("PRIORITIES", "一级=7d", "没有 '一级' 这一种，可以写 urgent、important、general"),
        ("KINDS", "policy", "'policy' 应写成 名称=周期，像 faq=7d"),
        ("OWNERS", "=7d", "'=7d' 应写成 名称=周期，像 售后业务部=7d"),
        ("KINDS", "policy=7d,policy=8d", "'policy' 写了两次"),
        *(
            (name, prefix + interval, "不是复核周期，应像 7d（天）、2w（周）、3m（月）")
            for name, prefix in (("KINDS", "policy="), ("OWNERS", "甲部="), ("EVERY", ""), ("TOP", ""))
            for interval in ("0d", "-1d", "10000y", "99999999d", "1.5w", "7", "每周", "")
        ),
        ("EVERY", "9999m", "9999m 超过十年，等于不再复核"),
        ("OWNERS", "甲部=3661d", "3661d 超过十年"),
    ],
)
def test_what_is_no_sensible_review_interval_is_refused(tmp_path: Path, name: str, text: str, told: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings({f"KB_REVIEW_{name}": text}, tmp_path)

    assert f"KB_REVIEW_{name}" in str(refused.value)
    assert told in str(refused.value)


def test_ten_years_are_the_longest_interval(tmp_path: Path) -> None:
    assert load_settings({"KB_REVIEW_EVERY": "3660d"}, tmp_path).review_every == Interval(3660, "d")


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
