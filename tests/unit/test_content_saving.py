"""Single articles are changed by one writer at a time, all or nothing, inside the articles folder only."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path

import pytest
from filelock import FileLock

from kb.content.documents import revision_of
from kb.content.places import path_of
from kb.content.reader import ArticleFiles
from kb.content.saving import ArticleSaver
from kb.content.transaction import LOCK_NAME
from kb.errors import EditConflict, EditError, SaveFailed
from kb.ports.catalog import FileVersion
from kb.ports.history import Edit
from kb.store.catalog import Catalog
from kb.store.database import Database
from kb.store.revisions import Revisions
from tests.unit.article_tree import ARTICLE, CHANNELS, make_tree, write

PATH = "mall/refund/refund-not-received.md"
NEW = ARTICLE.replace("您好，可以退款。", "您好，三天内退款。")
EDIT = Edit(datetime(2026, 11, 21, tzinfo=timezone.utc), "王芳", "web", "publish")


class House:
    """One article in a folder, as it is or new, a saver on it, and what the history tells."""

    def __init__(self, folder: Path, wait: float = 5.0) -> None:
        self.root = folder / "articles"
        if not self.root.exists():
            make_tree(self.root)
        database = Database(folder / "zhida.db")
        self.files = ArticleFiles(self.root, CHANNELS)
        self.catalog, self.history = Catalog(database), Revisions(database)
        self.saver = ArticleSaver(self.files, self.catalog, self.history, wait)
        self.scan()

    def scan(self) -> None:
        scan = self.files.scan()
        self.catalog.apply([self.files.read(file, scan.folders) for file in scan.files], [], "")
        self.history.settle(EDIT.at)

    def judged(self, source: str, path: str = PATH) -> FileVersion:
        return self.files.judge(path, source.encode(), self.files.scan().folders)

    def save(self, source: str, expected: str, path: str = PATH, **titles: str) -> None:
        self.saver.save(self.judged(source, path), expected, EDIT, titles)

    def text(self, path: str = PATH) -> str:
        return (self.root / path).read_bytes().decode()

    def told(self, article_id: str = "refund-not-received") -> list[str]:
        return [f"{row.edit.origin} {row.edit.action}" for row in self.history.revisions([article_id])]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


OLD = revision_of(ARTICLE.encode())


def test_saving_writes_the_bytes_and_catalog_and_history_know(house: House) -> None:
    source = "\ufeff" + NEW.replace("\n", "\r\n")
    (house.root / PATH).chmod(0o640)
    house.save(source, OLD)
    assert house.text() == source
    assert (house.root / PATH).stat().st_mode & 0o777 == 0o640
    record = house.catalog.get("refund-not-received")
    assert record is not None
    assert record.revision == revision_of(source.encode())
    (row, _) = house.history.revisions(["refund-not-received"])
    assert row.edit == EDIT
    assert house.history.source(row.revision) == source
    stats = (house.root / PATH).stat()
    assert (PATH, stats.st_size, stats.st_mtime_ns) in house.catalog.files(), "no scan needs to read it again"


def test_who_has_not_seen_the_latest_does_not_save(house: House) -> None:
    house.save(NEW, OLD)
    with pytest.raises(EditConflict, match="又改过") as caught:
        house.save(ARTICLE, OLD)
    assert caught.value.revision == revision_of(NEW.encode())
    assert house.text() == NEW
    with pytest.raises(EditConflict, match="已经存在"):
        house.save(ARTICLE, "")
    (house.root / PATH).unlink()
    with pytest.raises(EditConflict, match="移走或删除") as gone:
        house.save(ARTICLE, revision_of(NEW.encode()))
    assert gone.value.revision == ""


def test_a_new_article_gets_its_folders_with_chinese_names(house: House) -> None:
    source = ARTICLE.replace("id: refund-not-received", "id: wait")
    with pytest.raises(EditError, match=r"没有 bank.*产品.*中文名称"):
        house.save(source, "", "bank/card/wait.md")
    house.save(source, "", "bank/card/wait.md", **{"bank": "银行", "bank/card": "银行卡"})
    assert house.text("bank/_index.md") == "---\ntitle: 银行\n---\n"
    assert house.files.scan().folders["bank/card"].title == "银行卡"
    assert house.told("wait") == ["web publish"]


def test_an_id_is_given_once(house: House) -> None:
    with pytest.raises(EditConflict, match="已用在"):
        house.save(ARTICLE, "", "mall/refund/b.md")
    house.save(NEW.replace("id: refund-not-received", "id: b\nformer_ids: [old]"), "", "mall/refund/b.md")
    with pytest.raises(EditConflict, match="旧编号"):
        house.save(ARTICLE.replace("id: refund-not-received", "id: old"), "", "mall/refund/old.md")


def test_moving_and_removing(house: House) -> None:
    to, picture = "mall/order/refund-not-received.md", ARTICLE + "![图](images/0123456789abcdef.png)\n"
    write(house.root, "mall/refund/images/0123456789abcdef.png", b"png")
    write(house.root, PATH, picture)
    house.scan()
    seen = revision_of(picture.encode())
    house.saver.move(house.judged(picture, to), PATH, seen, EDIT, {"mall/order": "订单"})
    assert house.text(to) == picture
    assert (house.root / "mall/order/images/0123456789abcdef.png").read_bytes() == b"png"
    assert not (house.root / PATH).exists()
    house.saver.remove(to, "refund-not-received", seen, EDIT)
    assert not (house.root / to).exists()
    assert house.catalog.get("refund-not-received") is None
    rows = house.history.revisions(["refund-not-received"])
    assert [(row.path, row.removed) for row in rows] == [(to, True), (to, False), (PATH, False), (PATH, False)]
    house.history.settle(EDIT.at)
    assert len(house.history.revisions(["refund-not-received"])) == 4


def test_nothing_is_moved_onto_another_file(house: House) -> None:
    write(house.root, "mall/refund/there.md", "anything")
    with pytest.raises(EditConflict, match="已经存在"):
        house.saver.move(house.judged(ARTICLE, "mall/refund/there.md"), PATH, OLD, EDIT)
    assert house.text("mall/refund/there.md") == "anything"


def test_what_was_edited_by_hand_unseen_is_kept_and_broken_text_is_called_so(house: House) -> None:
    by_hand = ARTICLE.replace("查物流", "先查物流")
    write(house.root, PATH, by_hand)
    house.save(NEW, revision_of(by_hand.encode()))
    assert house.told() == ["web publish", "file publish", "file create"]
    write(house.root, PATH, "no article")
    house.save(ARTICLE, revision_of(b"no article"))
    assert house.told()[:2] == ["web publish", "file broken"]
    assert house.history.source(revision_of(b"no article")) == "no article"


def test_a_link_keeps_pointing_where_it_did(house: House) -> None:
    real = write(house.root, "mall/refund/_real.md", ARTICLE)
    (house.root / PATH).unlink()
    (house.root / PATH).symlink_to(real.name)
    house.save(NEW, OLD)
    assert (house.root / PATH).is_symlink()
    assert real.read_text(encoding="utf-8") == NEW


@pytest.mark.parametrize(
    "path",
    [
        "../outside/refund/a.md",
        "mall/../../a.md",
        "mall/refund/../a.md",
        "mall/refund/deeper/a.md",
        "/etc/refund/a.md",
        "mall/refund/a\0.md",
        "mall/refund/_index.md",
        "mall/refund/.hidden.md",
        "mall/refund/a.txt",
        "mall\\refund/x/a.md",
        "mall/away/a.md",
        "mall/round/a.md",
    ],
)
def test_no_path_leads_out(house: House, tmp_path: Path, path: str) -> None:
    (tmp_path / "outside").mkdir()
    (house.root / "mall/away").symlink_to(tmp_path / "outside")
    (house.root / "mall/round").symlink_to("round")
    with pytest.raises((EditError, EditConflict)):
        house.save(ARTICLE, "", path)
    assert list((tmp_path / "outside").iterdir()) == []


@pytest.mark.parametrize(
    "name", ["..", "", "A", "a/b", "%2e%2e", "a\0", "x" * 65, "con", "com1", "中文", "_dict", "a\n"]
)
def test_names_of_new_files_are_slugs(name: str) -> None:
    for place in range(3):
        names = ["mall", "refund", "a"]
        names[place] = name
        with pytest.raises(EditError, match="不能"):
            path_of(*names)


def test_savers_wait_for_an_import_and_say_so_when_it_takes_too_long(tmp_path: Path) -> None:
    house = House(tmp_path, wait=0.05)
    with FileLock(house.root / LOCK_NAME), pytest.raises(SaveFailed, match="正在导入"):
        house.save(NEW, OLD)
    house.save(NEW, OLD)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_must_not_be_written_stays(house: House) -> None:
    (house.root / PATH).chmod(0o444)
    with pytest.raises(SaveFailed, match="权限"):
        house.save(NEW, OLD)
    assert house.text() == ARTICLE
    assert [path.name for path in (house.root / "mall/refund").glob(".*")] == []


def test_of_many_writers_everyone_builds_on_what_the_one_before_wrote(house: House) -> None:
    def add(number: int) -> None:
        while True:
            source = house.text()
            try:
                house.save(f"{source}行{number}\n", revision_of(source.encode()))
            except EditConflict:
                continue
            return

    threads = [threading.Thread(target=add, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = house.text().splitlines()
    assert sorted(line for line in lines if line.startswith("行")) == [f"行{number}" for number in range(8)]
    sources = [house.history.source(row.revision) or "" for row in house.history.revisions(["refund-not-received"])]
    assert all(later.startswith(earlier) for later, earlier in pairwise(sources))
    assert len(sources) == 9


KILLED = """
import os, sys
from pathlib import Path
from tests.unit.test_content_saving import House, NEW, OLD
import kb.content.saving as saving
house = House(Path(sys.argv[1]))
moment = sys.argv[2]
if moment == "before":
    saving._write = lambda *_: os._exit(9)
elif moment == "while":
    os.replace = lambda *_: os._exit(9)
else:
    house.saver._catalog.apply = lambda *_: os._exit(9)
house.save(NEW, OLD)
"""


@pytest.mark.parametrize(("moment", "written"), [("before", False), ("while", False), ("after", True)])
def test_a_kill_leaves_the_old_or_the_new_and_the_next_scan_the_truth(
    tmp_path: Path, moment: str, written: bool
) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), moment], check=False)
    assert done.returncode == 9
    before = (tmp_path / "articles" / PATH).read_text(encoding="utf-8")
    assert before == (NEW if written else ARTICLE)
    house = House(tmp_path)
    assert house.told() == (["web publish"] if written else []) + ["file create"]
    house.save(NEW.replace("三天", "五天"), revision_of(before.encode()))
    assert [path.name for path in (house.root / "mall/refund").glob(".*")] == [], "what the killed one left is gone"
