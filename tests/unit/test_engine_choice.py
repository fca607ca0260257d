"""Which engine searches, and why."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from kb.config import Settings
from kb.errors import SettingsError
from kb.wiring.search import build_engine, choose_engine


@pytest.fixture
def without_tantivy(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine where it is not installed."""
    monkeypatch.setitem(sys.modules, "tantivy", None)


def test_tantivy_is_taken_where_it_is_installed(small: Settings) -> None:
    pytest.importorskip("tantivy")
    assert choose_engine(replace(small, engine="auto")).name == "tantivy"
    assert build_engine(replace(small, engine="whoosh")).name == "whoosh"


@pytest.mark.usefixtures("without_tantivy")
def test_without_it_whoosh_searches_and_says_how_to_install_it(small: Settings) -> None:
    choice = choose_engine(replace(small, engine="auto"))
    assert (choice.name, build_engine(small).name) == ("whoosh", "whoosh")
    assert "pip install 'zhida-kb[tantivy]'" in choice.reason


@pytest.mark.usefixtures("without_tantivy")
def test_who_asks_for_it_where_it_is_missing_is_told_what_to_do(small: Settings) -> None:
    with pytest.raises(SettingsError, match=r"pip install 'zhida-kb\[tantivy\]'.*auto"):
        build_engine(replace(small, engine="tantivy"))


def test_a_cluster_is_taken_by_who_names_it_only(small: Settings) -> None:
    named = replace(small, engine="opensearch", opensearch_url=("https://os1:9200", "https://os2:9200"))
    assert choose_engine(named).reason == "KB_ENGINE 指定了 opensearch，集群在 https://os1:9200、https://os2:9200"
    assert choose_engine(replace(named, engine="auto")).name in ("tantivy", "whoosh")


def test_who_asks_for_a_cluster_without_its_library_is_told_what_to_do(
    small: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "opensearchpy", None)
    with pytest.raises(SettingsError, match=r"pip install 'zhida-kb\[opensearch\]'"):
        build_engine(replace(small, engine="opensearch"))
