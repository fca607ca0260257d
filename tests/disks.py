"""Disks that are full or read-only, by real mounts; tests that need one are skipped where mounting isn't allowed."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """``folder`` can't be written to, not even by root."""
    with _mounted("--bind", str(folder), str(folder)):
        _mount("-o", "remount,bind,ro", str(folder))
        yield


@contextmanager
def small_disk(folder: Path, size: str = "48m") -> Iterator[None]:
    """``folder`` is an empty disk of its own."""
    folder.mkdir(exist_ok=True)
    with _mounted("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)):
        yield


def fill(folder: Path) -> Path:
    """Write to the disk of ``folder`` until nothing more fits; return the file to be deleted again."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


@contextmanager
def _mounted(*arguments: str) -> Iterator[None]:
    _mount(*arguments)
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", arguments[-1]], check=True)


def _mount(*arguments: str) -> None:
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no mount command")
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
