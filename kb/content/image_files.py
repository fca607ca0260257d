"""Pictures in the articles folder: ``<product>/<scenario>/images/<name>``, beside the articles that show them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kb.content.fields import SLUG
from kb.content.files import is_inside
from kb.errors import ImageRefused
from kb.replacing import replacing
from kb.text.pictures import FOLDER, NAME, mentioned

if TYPE_CHECKING:
    from kb.content.images import Picture


def store_image(root: Path, folder: str, picture: Picture) -> None:
    """Write a picture for the articles of ``folder`` (product/scenario), durably, unless it is there.

    Raises ImageRefused: no such folder, disk full.
    """
    _write(root, folder, picture.name, picture.data)


def read_image(root: Path, folder: str, name: str) -> bytes | None:
    """The bytes of a picture; None when there is none, or the address is not one that a picture can have."""
    images = _images_of(root, folder)
    if images is None or not NAME.fullmatch(name) or not is_inside(root, images / name):
        return None
    try:
        return (images / name).read_bytes()
    except OSError:
        return None


def copy_images(root: Path, body: str, from_folder: str, to_folder: str) -> None:
    """Give an article that moves its pictures: those that ``body`` mentions are copied, the old ones stay.

    Both are folders product/scenario; the new one exists by now. Raises ImageRefused: no such folder, disk full.
    """
    for name in sorted(mentioned(body)):
        data = read_image(root, from_folder, name)
        if data is not None:
            _write(root, to_folder, name, data)


def _images_of(root: Path, folder: str) -> Path | None:
    """Where the pictures of product/scenario lie or would lie; None unless that folder is there, below ``root``."""
    slugs = folder.split("/")
    if len(slugs) != 2 or not all(map(SLUG.fullmatch, slugs)) or not (root / folder).is_dir():
        return None
    images = root / folder / FOLDER
    return images if is_inside(root, images) else None


def _write(root: Path, folder: str, name: str, data: bytes) -> None:
    images = _images_of(root, folder)
    if images is None:
        raise ImageRefused("产品和场景的文件夹还不存在，图片没有保存；请先保存条目，再上传图片。")
    if (images / name).is_file():  # its name says what is in it
        return
    try:
        images.mkdir(exist_ok=True)
        with replacing(images / name) as temporary:
            temporary.write_bytes(data)
    except OSError as error:
        raise ImageRefused(
            f"图片没有保存：磁盘写不了（{error.strerror or error}）；请联系管理员检查磁盘和权限。"
        ) from error
