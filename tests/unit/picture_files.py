"""Pictures for tests, as bytes of real files: ordinary ones, and such as attackers send."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

FORMATS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp", "GIF": "gif"}

SVG = b"""<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>"""
HTML = b"<!doctype html><script>alert(1)</script>"


def drawn(width: int = 40, height: int = 30, mark: int = 0) -> Image.Image:
    """A picture that is red at its top left; ``mark`` makes it another one."""
    image = Image.new("RGB", (width, height), (255, 255, 255))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, width // 2, height // 2), fill=(230, 20, 20))
    pen.rectangle((width // 2 + 1, height // 2 + 1, width, height), fill=(mark % 256, mark // 256, 200))
    return image


def saved(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """The bytes of a file in the format ``form``."""
    file = BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def animated(form: str, frames: int = 5, width: int = 40, height: int = 30) -> bytes:
    """An animation that shows each frame for 200 ms, for ever."""
    first, *rest = [drawn(width, height, mark=40 * number) for number in range(frames)]
    return saved(first, form, save_all=True, append_images=rest, duration=200, loop=0)


def opened(data: bytes) -> Image.Image:
    """What a viewer sees."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def with_place(image: Image.Image, form: str, orientation: int = 1) -> bytes:
    """A photo as phones take it: turned, and with the place where it was taken."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretPhone"
    exif.get_ifd(0x8825).update({1: "N", 2: (31.0, 14.0, 5.0), 3: "E", 4: (121.0, 29.0, 9.0)})
    return saved(image, form, exif=exif)


def png_bomb(side: int = 50_000) -> bytes:
    """A small file of ``side`` × ``side`` white pixels."""
    packer = zlib.compressobj(1)
    row = b"\0" + b"\xff" * ((side + 7) // 8)
    pixels = b"".join(packer.compress(row * 100) for _ in range(side // 100)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A PNG with a compressed text that is a thousand times as long."""
    text = b"Comment\0\0" + zlib.compress(bytes(50_000_000), 9)
    plain = saved(drawn())
    return plain[:33] + _chunk(b"zTXt", text) + plain[33:]


def jpeg_of_many_scans(count: int) -> bytes:
    """A progressive JPEG whose last pass comes ``count`` times."""
    data = saved(drawn(), "JPEG", progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]


def gif_beyond_its_screen() -> bytes:
    """A GIF of 1 × 1, whose only frame says that it is 60,000 × 60,000."""
    data = bytearray(saved(Image.new("P", (1, 1)), "GIF"))
    at = data.index(b",")
    data[at + 5 : at + 9] = struct.pack("<HH", 60_000, 60_000)
    return bytes(data)


def polyglots() -> dict[str, bytes]:
    """Pictures that are something else as well; all of them hold ``alert(1)``."""
    script = b"*/=1;alert(1)//"
    texts = PngInfo()
    texts.add_text("Comment", HTML.decode())
    gif = saved(Image.new("P", (0x2A2F, 2)), "GIF")  # its width is written as /*
    assert gif.startswith((b"GIF89a/*", b"GIF87a/*"))
    return {
        "gif-js": gif + script,
        "gif-comment": saved(drawn(), "GIF", comment=HTML),
        "jpeg-js": saved(drawn(), "JPEG", comment=b"/*" + script) + script,
        "jpeg-html-in-exif": saved(drawn(), "JPEG", exif=b"Exif\0\0" + HTML),
        "png-text": saved(drawn(), pnginfo=texts),
        "png-html-behind": saved(drawn()) + HTML,
        "png-zip-behind": saved(drawn()) + b"PK\3\4" + b"alert(1)" * 10,
        "jpeg-icc": saved(drawn(), "JPEG", icc_profile=HTML),
        "webp-xmp": saved(drawn(), "WEBP", xmp=HTML),
    }


def foreign() -> dict[str, bytes]:
    """Files that are none of our formats, whatever they are called."""
    others = {form.lower(): saved(drawn(), form) for form in ("BMP", "TIFF", "ICO", "PPM", "EPS", "PDF", "TGA", "PCX")}
    return others | {"svg": SVG, "html": HTML, "text": "退款".encode(), "zip": b"PK\3\4" + bytes(100), "nul": bytes(64)}


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
