from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from kb.content.documents import revision_of
from kb.content.transaction import Transaction, last_change, recover, undo
from kb.errors import BulkImportError
from tests.unit.article_tree import write

OLD, NEW = b"old", b"new"
WAS = revision_of(OLD)

#: Changes one file, adds one, moves one; ends itself with SIGKILL before the n-th step that can be seen from outside.
VICTIM = """
import os, shutil, signal, sys
from pathlib import Path
from kb.content.documents import revision_of
from kb.content.transaction import Transaction

steps = int(sys.argv[2])
def deadly(function):
    def wrapper(*arguments, **options):
        global steps
        steps -= 1
        if steps == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*arguments, **options)
    return wrapper

base = Path(sys.argv[1])
for module, name in ((os, "replace"), (os, "unlink"), (os, "mkdir"), (shutil, "rmtree"), (shutil, "copyfile")):
    setattr(module, name, deadly(getattr(module, name)))
with Transaction(base / "articles", base / "home") as transaction:
    transaction.put("mall/a.md", b"new", revision_of(b"old"))
    transaction.put("shop/b.md", b"new")
    transaction.put("shop/c.md", b"moved")
    transaction.remove("mall/c.md", revision_of(b"moved"))
    transaction.publish()
os._exit(7)
"""
BEFORE = {"mall/a.md": OLD, "mall/c.md": b"moved"}
AFTER = {"mall/a.md": NEW, "shop/b.md": NEW, "shop/c.md": b"moved"}


def tree(root: Path) -> dict[str, bytes]:
    paths = (path for path in root.rglob("*") if path.is_file() and path.name != ".import.lock")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, data in BEFORE.items():
        write(tmp_path / "articles", path, data)
    return tmp_path / "articles"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def stage(root: Path, home: Path, path: str) -> None:
    name = hashlib.sha256(os.fsencode(home.resolve())).hexdigest()[:12]
    write(root, f".import/{name}/{path}", NEW)


def change(root: Path, home: Path) -> None:
    with Transaction(root, home) as transaction:
        transaction.put("mall/a.md", NEW, WAS)
        transaction.put("shop/b.md", NEW)
        transaction.put("shop/c.md", b"moved")
        transaction.remove("mall/c.md", revision_of(b"moved"))
        assert tree(root).items() >= BEFORE.items()  # nothing is in place before publishing
        transaction.publish()


def test_a_change_is_made_as_a_whole_and_taken_back_as_a_whole(root: Path, home: Path) -> None:
    change(root, home)
    assert tree(root) == AFTER
    undo(root, home)
    assert tree(root) == BEFORE
    assert not (root / "shop").exists()
    with pytest.raises(BulkImportError, match="没有可以撤销"):
        undo(root, home)


def test_what_is_not_published_leaves_no_trace(root: Path, home: Path) -> None:
    with Transaction(root, home) as transaction:
        transaction.put("mall/a.md", NEW, WAS)
    assert tree(root) == BEFORE
    assert not (root / ".import").exists()


def test_a_change_that_changes_nothing_leaves_the_last_one_undoable(root: Path, home: Path) -> None:
    change(root, home)
    with Transaction(root, home):
        pass
    assert last_change(home) is not None


def test_a_file_that_was_edited_meanwhile_stops_the_change(root: Path, home: Path) -> None:
    with Transaction(root, home) as transaction:
        transaction.put("shop/b.md", NEW)
        transaction.put("mall/a.md", NEW, WAS)
        write(root, "mall/a.md", "edited")
        with pytest.raises(BulkImportError, match=r"mall/a\.md"):
            transaction.publish()
    assert tree(root) == BEFORE | {"mall/a.md": b"edited"}


@pytest.mark.parametrize("path", ["mall/a.md", "shop/b.md", "mall/c.md"])
def test_undo_refuses_when_a_file_was_edited_since(root: Path, home: Path, path: str) -> None:
    change(root, home)
    write(root, path, "edited")
    expected = tree(root)
    with pytest.raises(BulkImportError, match=path):
        undo(root, home)
    assert tree(root) == expected


def test_permissions_and_links_survive(root: Path, home: Path) -> None:
    (root / "mall/a.md").chmod(0o640)
    (root / "mall/link.md").symlink_to("a.md")
    with Transaction(root, home) as transaction:
        transaction.put("mall/link.md", NEW, WAS)
        transaction.publish()
    assert (root / "mall/link.md").is_symlink()
    assert stat.S_IMODE((root / "mall/a.md").stat().st_mode) == 0o640
    assert (root / "mall/a.md").read_bytes() == NEW


def test_two_at_once_are_refused(root: Path, home: Path) -> None:
    with Transaction(root, home):
        recover(root, home)  # leaves it alone
        assert (root / ".import").exists()
        with pytest.raises(BulkImportError, match="正在进行"):
            Transaction(root, home).__enter__()


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL is a thing of POSIX")
def test_a_kill_at_any_step_leaves_all_or_nothing(tmp_path: Path) -> None:
    outcomes = []
    for step in range(1, 60):
        base = tmp_path / str(step)
        for path, data in BEFORE.items():
            write(base / "articles", path, data)
        done = subprocess.run([sys.executable, "-c", VICTIM, str(base), str(step)], check=False)
        recover(base / "articles", base / "home")
        found = tree(base / "articles")
        assert found in (BEFORE, AFTER), step
        assert not (base / "articles/.import").exists()
        assert not (base / "home/pending").exists()
        if found == AFTER:
            undo(base / "articles", base / "home")
            assert tree(base / "articles") == BEFORE
        outcomes.append(found == AFTER)
        if done.returncode == 7:
            break
    assert done.returncode == 7
    assert {True, False} == set(outcomes)
    assert outcomes == sorted(outcomes)


def test_recovery_keeps_what_was_edited_after_the_crash(root: Path, home: Path) -> None:
    stage(root, home, "mall/a.md")
    stage(root, home, "shop/b.md")
    changes = [{"path": "mall/a.md", "before": WAS, "after": revision_of(NEW)}]
    changes.append({"path": "shop/b.md", "before": "", "after": revision_of(NEW)})
    journal = {"at": "", "changes": changes, "made": [], "drop": [], "undoable": True}
    write(home, "pending/journal.json", json.dumps(journal))
    write(root, "mall/a.md", "edited")
    recover(root, home)
    assert tree(root) == BEFORE | {"mall/a.md": b"edited", "shop/b.md": NEW}
    undo(root, home)  # of what was done
    assert tree(root) == BEFORE | {"mall/a.md": b"edited"}


def test_recovery_waits_for_nobody(root: Path, home: Path) -> None:
    (home / "pending").mkdir(parents=True)
    with FileLock(root / ".import.lock"):
        recover(root, home)
    assert (home / "pending").exists()


def failing_replace(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> None:
    """Let the first renames onto a file of this name fail."""
    real, left = os.replace, [times]

    def replace(source: Any, target: Any) -> None:
        if Path(target).name == name and left[0]:
            left[0] -= 1
            raise PermissionError(errno.EACCES, "Permission denied", str(source), None, str(target))
        real(source, target)

    monkeypatch.setattr(os, "replace", replace)


def test_a_file_that_cannot_be_put_in_place_takes_everything_back(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_replace(monkeypatch, "c.md", 1)
    with pytest.raises(BulkImportError, match=r"c\.md.*已全部还原"):
        change(root, home)
    assert tree(root) == BEFORE
    assert not (root / "shop").exists()
    assert not (home / "pending").exists()
    change(root, home)
    assert tree(root) == AFTER


def test_what_could_not_be_restored_is_restored_by_the_next_one(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(root, "mall/d.md", OLD)
    with monkeypatch.context() as patched:
        real = os.replace

        def replace(source: Any, target: Any) -> None:
            if Path(target).name == "d.md" or "old" in Path(source).parts:
                raise PermissionError(errno.EACCES, "Permission denied", str(target))
            real(source, target)

        patched.setattr(os, "replace", replace)
        with Transaction(root, home) as transaction:
            transaction.put("mall/a.md", NEW, WAS)
            transaction.put("mall/d.md", NEW, WAS)
            with pytest.raises(BulkImportError, match="只写了一部分"):
                transaction.publish()
        with pytest.raises(BulkImportError, match="自动再试"):
            recover(root, home)
    recover(root, home)
    assert tree(root) == BEFORE | {"mall/d.md": OLD}


def test_a_folder_on_another_disk_is_refused_before_anything_is_decided(root: Path, home: Path) -> None:
    other = Path("/dev/shm")  # noqa: S108
    if not other.is_dir() or other.stat().st_dev == root.stat().st_dev:
        pytest.skip("there is only one disk")
    (root / "far").symlink_to(other)
    with Transaction(root, home) as transaction:
        transaction.put("mall/a.md", NEW, WAS)
        transaction.put(f"far/{home.parent.name}.md", NEW)
        with pytest.raises(BulkImportError, match="不在同一个磁盘"):
            transaction.publish()
    (root / "far").unlink()
    assert tree(root) == BEFORE


def test_a_file_edited_while_the_change_is_made_stops_all_of_it(
    root: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.replace

    def replace(source: Any, target: Any) -> None:
        real(source, target)
        if Path(target).name == "a.md":
            write(root, "mall/c.md", "edited")

    monkeypatch.setattr(os, "replace", replace)
    with Transaction(root, home) as transaction:
        transaction.put("mall/a.md", NEW, WAS)
        transaction.put("mall/c.md", NEW, revision_of(b"moved"))
        with pytest.raises(BulkImportError, match=r"mall/c\.md 刚刚被别人改过，已全部还原"):
            transaction.publish()
    assert tree(root) == BEFORE | {"mall/c.md": b"edited"}
    assert last_change(home) is None


def test_two_homes_over_one_folder_wait_for_each_other_and_keep_their_own_stage(root: Path, tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    stage(root, a, "mall/a.md")
    changes = [{"path": "mall/a.md", "before": WAS, "after": revision_of(NEW)}]
    journal = {"at": "", "changes": changes, "made": [], "drop": [], "undoable": True}
    write(a, "pending/journal.json", json.dumps(journal))
    with Transaction(root, b) as transaction:
        with pytest.raises(BulkImportError, match="正在进行"):
            Transaction(root, a).__enter__()
        transaction.put("shop/b.md", NEW)
        transaction.publish()
    recover(root, a)
    assert tree(root) == BEFORE | {"mall/a.md": NEW, "shop/b.md": NEW}


def test_a_staged_file_that_is_missing_is_not_taken_for_done(root: Path, home: Path) -> None:
    changes = [{"path": "mall/a.md", "before": WAS, "after": revision_of(NEW)}]
    journal = {"at": "", "changes": changes, "made": [], "drop": [], "undoable": True}
    write(home, "pending/journal.json", json.dumps(journal))
    recover(root, home)
    last = last_change(home)
    assert last is not None
    assert last.changes == ()
