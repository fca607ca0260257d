from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

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
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for path, data in BEFORE.items():
        write(tmp_path / "articles", path, data)
    return tmp_path / "articles"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


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
    write(root, ".import/mall/a.md", NEW)
    write(root, ".import/shop/b.md", NEW)
    changes = [{"path": "mall/a.md", "before": WAS, "after": revision_of(NEW)}]
    changes.append({"path": "shop/b.md", "before": "", "after": revision_of(NEW)})
    journal = {"at": "", "changes": changes, "made": [], "drop": [], "undoable": True}
    write(home, "pending/journal.json", json.dumps(journal))
    write(root, "mall/a.md", "edited")
    recover(root, home)
    assert tree(root) == BEFORE | {"mall/a.md": b"edited", "shop/b.md": NEW}


def test_recovery_waits_for_nobody(root: Path, home: Path) -> None:
    (home / "pending").mkdir(parents=True)
    with FileLock(home / "lock"):
        recover(root, home)
    assert (home / "pending").exists()
