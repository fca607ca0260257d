"""Pictures that people upload: judged by their content, decoded within limits, and always written anew.

What is stored is never what was sent: pixels are decoded and encoded again. Whatever else a file carried (places and
devices in EXIF, colour profiles, a web page or an archive behind the picture) is gone with that.
"""

from __future__ import annotations

import hashlib
import threading
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps, UnidentifiedImageError

from kb.errors import ImageRefused
from kb.text.pictures import MAX_BYTES

#: of all frames together; decoded, each takes four bytes
MAX_PIXELS = 25_000_000
MAX_FRAMES = 300
#: passes of a progressive JPEG (cameras and programs write ten); thousands of empty ones would take hours to decode
MAX_SCANS = 100
#: pixels; what is larger is scaled down
MAX_SIDE = 1600

#: what may be sent, by the names of the library, and how it is written
_SUFFIXES = {"PNG": ".png", "JPEG": ".jpg", "WEBP": ".webp", "GIF": ".gif"}
_OPTIONS: dict[str, dict[str, Any]] = {"PNG": {}, "JPEG": {"quality": 88}, "WEBP": {"quality": 90}, "GIF": {}}
_FRAME_MS = 100  # where a file doesn't say how long a frame is shown

#: decoded pictures are large: several at once would need a gigabyte
_one_at_a_time = threading.Lock()

# The library checks once more, also the frames of a GIF that are larger than its header says.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS
warnings.simplefilter("error", Image.DecompressionBombWarning)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored; the same pixels have the same name. Width and height are pixels."""

    name: str
    width: int
    height: int
    data: bytes


@dataclass(frozen=True, slots=True)
class _Frame:
    image: Image.Image
    duration: int  # milliseconds


def recode(data: bytes) -> Picture:
    """The picture in an uploaded file. Raises ImageRefused for what is none of ours, too large or damaged."""
    if not data:
        raise ImageRefused("文件是空的，没有保存；请重新选择图片。")
    if len(data) > MAX_BYTES:
        raise ImageRefused(f"图片超过 {MAX_BYTES // 1024**2} MB，没有保存；请压缩、裁剪或改用截图后再上传。")
    with _one_at_a_time:
        try:
            kind, frames, loop = _decode(data)
            return _encode(kind, frames, loop)
        except ImageRefused:
            raise
        except UnidentifiedImageError:
            raise ImageRefused(
                "文件内容不是 PNG、JPEG、WebP 或 GIF 图片（只看内容，不看扩展名），没有保存；"
                "请截图，或用画图软件另存为 PNG 后再上传。"
            ) from None
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _too_many_pixels() from None
        except Exception as error:  # decoders meet hostile bytes with exceptions of every kind
            raise ImageRefused("图片已损坏或不完整，没有保存；请重新截图或导出后再上传。") from error


def _decode(data: bytes) -> tuple[str, list[_Frame], int | None]:
    """(format, frames, how often an animation is repeated: 0 for ever, None once)"""
    with Image.open(BytesIO(data), formats=tuple(_SUFFIXES)) as image:
        # phones put a second picture behind a JPEG (MPO); it is no animation
        kind = image.format if image.format in _SUFFIXES else "JPEG"
        if kind == "JPEG" and data.count(b"\xff\xda") > MAX_SCANS:  # within pixels, no marker follows an FF
            raise ImageRefused(f"这张 JPEG 分成 {MAX_SCANS} 层以上，没有保存；请截图后再上传。")
        frames = list(_frames(image, 1 if kind == "JPEG" else MAX_FRAMES + 1))
        if len(frames) > MAX_FRAMES:
            raise ImageRefused(f"动图超过 {MAX_FRAMES} 帧，没有保存；请截短，或换成几张截图。")
        return kind, frames, image.info.get("loop")


def _frames(image: Image.Image, most: int) -> Iterator[_Frame]:
    """The first ``most`` frames; how large they are is known, and checked, before they are decoded."""
    pixels = 0
    for number in range(most):
        try:
            image.seek(number)
        except EOFError:
            return
        pixels += image.width * image.height
        if pixels > MAX_PIXELS:
            raise _too_many_pixels()
        image.draft("RGB", (2 * MAX_SIDE, 2 * MAX_SIDE))  # large photos are scaled down while they are decoded
        yield _Frame(_upright(image), int(image.info.get("duration") or _FRAME_MS))


def _upright(image: Image.Image) -> Image.Image:
    """A copy of the current frame, turned as its camera said, scaled down, without anything but pixels."""
    colored = image if image.mode in ("RGB", "RGBA") else image.convert("RGBA")
    scale = min(1.0, MAX_SIDE / max(image.size))
    size = max(1, round(image.width * scale)), max(1, round(image.height * scale))
    frame = colored.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0).convert("RGBA")
    with suppress(Exception):  # nonsense in EXIF is no reason to refuse a picture: it stays as it lies
        ImageOps.exif_transpose(frame, in_place=True)
    frame.info.clear()
    return frame


def _encode(kind: str, frames: list[_Frame], loop: int | None) -> Picture:
    images = [frame.image for frame in frames]
    if all(image.getchannel("A").getextrema() == (255, 255) for image in images):  # smaller, and all that JPEG can do
        images = [image.convert("RGB") for image in images]
    first, *rest = images
    options = dict(_OPTIONS[kind])
    if rest:
        options |= {"save_all": True, "append_images": rest, "duration": [frame.duration for frame in frames]}
        options |= {} if loop is None else {"loop": loop}
        options |= {"disposal": 2} if kind == "GIF" and first.mode == "RGBA" else {}
    file = BytesIO()
    first.save(file, kind, **options)
    data = file.getvalue()
    name = hashlib.sha256(data).hexdigest()[:16] + _SUFFIXES[kind]
    return Picture(name, first.width, first.height, data)


def _too_many_pixels() -> ImageRefused:
    return ImageRefused(
        f"图片太大：所有画面合计超过 {MAX_PIXELS // 10_000} 万像素，没有保存；请裁剪、缩小，动图请截短。"
    )
