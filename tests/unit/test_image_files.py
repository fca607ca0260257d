"""Pictures in the articles folder: beside the articles, whole or not at all, and nobody's business but theirs."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import watchfiles

from kb.config import Settings
from kb.content.image_files import copy_images, read_image, store_image
from kb.content.images import Picture, recode
from kb.content.lint import lint
from kb.content.reader import ArticleFiles
from kb.errors import ImageRefused
from kb.upkeep import concerns_articles
from tests.conftest import indexed
from tests.disks import fill, read_only, small_disk
from tests.unit.article_tree import CHANNELS, make_tree, write
from tests.unit.picture_files import animated, drawn, saved

REFUND = "mall/refund"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "articles")


@pytest.fixture(scope="module")
def picture() -> Picture:
    return recode(saved(drawn()))


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_picture_is_stored_once_however_often_it_comes(root: Path, picture: Picture) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: store_image(root, REFUND, picture), range(32)))
    assert files_in(root / REFUND / "images") == [picture.name]
    assert read_image(root, REFUND, picture.name) == picture.data


@pytest.mark.parametrize(
    "folder", ["mall/nope", "mall", "", "/mall/refund", "mall/../mall", "mall/refund/x", "..", "."]
)
def test_pictures_go_into_folders_of_articles_only(root: Path, picture: Picture, folder: str) -> None:
    with pytest.raises(ImageRefused, match="请先保存条目"):
        store_image(root, folder, picture)
    assert not list(root.rglob("*.png"))


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        (REFUND, "../refund-not-received.md"),
        (REFUND, "refund-not-received.md"),
        (REFUND, "0123456789abcdef.svg"),
        (REFUND, "0123456789abcdef.png\0.svg"),
        (REFUND, "0123456789ABCDEF.png"),
        (REFUND, "0123456789abcdef.png"),
        ("../articles/mall/refund", "0123456789abcdef.png"),
        ("mall\\refund", "0123456789abcdef.png"),
        ("mall/refund\0", "0123456789abcdef.png"),
    ],
)
def test_there_is_nothing_at_other_addresses(root: Path, folder: str, name: str) -> None:
    assert read_image(root, folder, name) is None


def test_links_lead_nowhere_else(root: Path, tmp_path: Path, picture: Picture) -> None:
    outside = write(tmp_path, f"outside/{picture.name}", picture.data)
    (root / REFUND / "images").mkdir()
    (root / REFUND / "images" / picture.name).symlink_to(outside)
    assert read_image(root, REFUND, picture.name) is None
    (root / "mall/other").symlink_to(tmp_path / "outside")
    with pytest.raises(ImageRefused):
        store_image(root, "mall/other", picture)
    (root / "mall/linked").mkdir()
    (root / "mall/linked/images").symlink_to(tmp_path / "outside")
    other = recode(saved(drawn(mark=1)))
    with pytest.raises(ImageRefused):
        store_image(root, "mall/linked", other)
    assert files_in(tmp_path / "outside") == [picture.name]


def test_on_a_full_disk_nothing_is_left_behind(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "1m"):
        root = make_tree(tmp_path / "disk/articles")
        large = recode(animated("PNG", 9, 300, 300))
        filler = fill(tmp_path / "disk")
        with pytest.raises(ImageRefused, match="图片没有保存"):
            store_image(root, REFUND, large)
        assert not list(root.rglob("*.tmp")) + list(root.rglob("*.png"))
        filler.unlink()
        store_image(root, REFUND, large)
        assert read_image(root, REFUND, large.name) == large.data


def test_a_folder_that_cannot_be_written_is_said(root: Path, picture: Picture) -> None:
    with read_only(root), pytest.raises(ImageRefused, match="图片没有保存"):
        store_image(root, REFUND, picture)


def test_an_article_that_moves_takes_its_pictures_along(root: Path, picture: Picture) -> None:
    other, unused = recode(saved(drawn(mark=1))), recode(saved(drawn(mark=2)))
    (root / "mall/parcel").mkdir()
    for one in (picture, other, unused):
        store_image(root, REFUND, one)
    body = f"![一](images/{picture.name})\n![二](images/{other.name} '题')\n![无](images/0123456789abcdef.png)"
    for _ in range(2):
        copy_images(root, body, REFUND, "mall/parcel")
    assert files_in(root / "mall/parcel/images") == sorted([picture.name, other.name])
    assert len(files_in(root / REFUND / "images")) == 3


def test_scans_lint_and_index_pass_over_pictures_in_silence(small: Settings, picture: Picture) -> None:
    store_image(small.articles, REFUND, picture)
    files = ArticleFiles(small.articles, CHANNELS)
    assert [file.path for file in files.scan().files] == [f"{REFUND}/refund-not-received.md"]
    problems = [*lint(files), *indexed(small).index().problems]
    assert not [problem for problem in problems if "images" in problem.path]


def test_pictures_and_hidden_files_do_not_wake_the_indexer_but_articles_do(root: Path, picture: Picture) -> None:
    store_image(root, REFUND, picture)  # its folder is news, once
    changes = watchfiles.watch(root, watch_filter=concerns_articles, debounce=100, step=10, rust_timeout=500)
    stop = threading.Event()

    def keep_writing() -> None:
        number = 0
        while not stop.wait(0.05):
            number += 1
            store_image(root, REFUND, Picture(f"{number:016x}.png", 1, 1, b"x"))
            write(root, f"{REFUND}/.refund-not-received.md.{number}.tmp", "half")
            if number > 10:
                write(root, f"{REFUND}/refund-not-received.md", f"{number}")

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        seen = next(changes)
    finally:
        stop.set()
        writer.join()
    assert {Path(path).name for _, path in seen} == {"refund-not-received.md"}
