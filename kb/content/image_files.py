"""Pictures in the articles folder: ``<product>/<scenario>/images/<name>``, beside the articles that show them."""

from __future__ import annotations

from pathlib import Path

from kb.content.fields import SLUG
from kb.content.files import is_inside, reason, replacing
from kb.content.images import Picture
from kb.errors import ImageRefused
from kb.text.pictures import FOLDER, NAME, mentioned


def store_image(root: Path, folder: str, picture: Picture) -> None:
    """Write a picture for the articles of ``folder`` (product/scenario), durably, unless it is there.

    Raises ImageRefused: no such folder, disk full.
    """
    place = _place(root, folder)
    if place is None:
        raise ImageRefused("产品和场景的文件夹还不存在，图片没有保存；请先保存条目，再上传图片。")
    target = place / FOLDER / picture.name
    try:
        _write(target, picture.data)
    except OSError as error:
        raise ImageRefused(f"图片没有保存：{reason(error)}") from error


def read_image(root: Path, folder: str, name: str) -> bytes | None:
    """The bytes of a picture; None when there is none, or the address is not one that a picture can have."""
    place = _place(root, folder)
    if place is None or not NAME.fullmatch(name):
        return None
    full = place / FOLDER / name
    if not is_inside(root, full):
        return None
    try:
        return full.read_bytes()
    except OSError:
        return None


def copy_images(root: Path, body: str, from_folder: str, to_folder: str) -> None:
    """Give an article that moves its pictures: those that ``body`` mentions are copied, the old ones stay.

    Both folders (product/scenario) exist. Raises OSError.
    """
    for name in sorted(mentioned(body)):
        data = read_image(root, from_folder, name)
        if data is not None:
            _write(root / to_folder / FOLDER / name, data)


def _place(root: Path, folder: str) -> Path | None:
    """The folder product/scenario when it is one and stands below ``root``."""
    slugs = folder.split("/")
    full = root / folder
    if len(slugs) != 2 or not all(map(SLUG.fullmatch, slugs)) or not full.is_dir() or not is_inside(root, full):
        return None
    return full


def _write(target: Path, data: bytes) -> None:
    if target.is_file():  # its name says what is in it
        return
    target.parent.mkdir(exist_ok=True)
    with replacing(target) as temporary:
        temporary.write_bytes(data)
