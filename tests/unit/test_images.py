"""Uploaded pictures: what is taken, what it becomes, and what hostile files meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageSequence

from kb.content.images import MAX_FRAMES, MAX_SIDE, recode
from kb.errors import ImageRefused
from kb.text.pictures import MAX_BYTES, NAME
from tests.unit.picture_files import (
    FORMATS,
    animated,
    drawn,
    foreign,
    gif_beyond_its_screen,
    jpeg_of_many_scans,
    opened,
    png_bomb,
    polyglots,
    saved,
    text_bomb,
    with_place,
)

RED, WHITE = (230, 20, 20), (255, 255, 255)


def near(color: object, wanted: tuple[int, int, int]) -> bool:
    assert isinstance(color, tuple)
    return all(abs(one - other) < 25 for one, other in zip(color[:3], wanted, strict=True))


# --- what is taken


@pytest.mark.parametrize(("form", "suffix"), FORMATS.items())
def test_a_picture_keeps_its_format_and_size_and_is_named_by_its_bytes(form: str, suffix: str) -> None:
    picture = recode(saved(drawn(), form))
    shown = opened(picture.data)
    assert (shown.format, shown.size) == (form, (40, 30))
    assert (picture.width, picture.height) == (40, 30)
    assert picture.name == f"{hashlib.sha256(picture.data).hexdigest()[:16]}.{suffix}"
    assert NAME.fullmatch(picture.name)
    assert near(shown.convert("RGB").getpixel((3, 3)), RED)
    assert near(shown.convert("RGB").getpixel((35, 3)), WHITE)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_pixels_can_be_uploaded(mode: str) -> None:
    picture = recode(saved(Image.new(mode, (8, 8))))
    assert opened(picture.data).mode == ("RGBA" if "A" in mode else "RGB")


def test_a_print_shop_s_jpeg_becomes_one_for_screens() -> None:
    assert opened(recode(saved(drawn().convert("CMYK"), "JPEG")).data).mode == "RGB"


def test_transparency_stays() -> None:
    image = drawn().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    for form in ("PNG", "WEBP"):
        shown = opened(recode(saved(image, form)).data)
        assert shown.getchannel("A").getextrema() == image.getchannel("A").getextrema()


@pytest.mark.parametrize(("size", "shown"), [((3200, 400), (1600, 200)), ((400, 3200), (200, 1600)), ((9, 9), (9, 9))])
@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_what_is_too_large_for_screens_is_scaled_down(form: str, size: tuple[int, int], shown: tuple[int, int]) -> None:
    picture = recode(saved(drawn(*size), form))
    assert (picture.width, picture.height) == opened(picture.data).size == shown
    assert max(shown) <= MAX_SIDE


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_animations_stay_animated(form: str) -> None:
    shown = Image.open(BytesIO(recode(animated(form)).data))
    frames = []
    for frame in ImageSequence.Iterator(shown):
        frame.load()
        frames.append((frame.info["duration"], frame.convert("RGB").getpixel((30, 25))))
    assert [duration for duration, _ in frames] == [200] * 5
    assert shown.info["loop"] == 0
    assert all(near(color, (40 * number, 0, 200)) for number, (_, color) in enumerate(frames))


def test_a_phone_s_double_picture_is_taken_as_its_first() -> None:
    data = saved(drawn(), "MPO", save_all=True, append_images=[drawn(mark=9)])
    shown = opened(recode(data).data)
    assert (shown.format, getattr(shown, "n_frames", 1)) == ("JPEG", 1)


# --- what is left behind


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_place_and_device_are_gone_and_the_picture_stands_upright(form: str) -> None:
    sent = with_place(drawn(), form, orientation=6)  # to be turned clockwise
    assert opened(sent).getexif().get_ifd(0x8825)
    picture = recode(sent)
    shown = opened(picture.data)
    assert not shown.getexif()
    assert not {"exif", "xmp", "icc_profile", "comment", "photoshop"} & set(shown.info)
    assert b"SecretPhone" not in picture.data
    assert shown.size == (30, 40)
    assert near(shown.convert("RGB").getpixel((27, 3)), RED)


def test_color_profiles_are_gone() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for form in ("PNG", "JPEG", "WEBP"):
        assert "icc_profile" not in opened(recode(saved(drawn(), form, icc_profile=profile)).data).info


@pytest.mark.parametrize("data", polyglots().values(), ids=polyglots())
def test_of_a_polyglot_only_the_picture_stays(data: bytes) -> None:
    assert b"alert(1)" in data
    picture = recode(data)
    opened(picture.data)
    for trace in (b"alert(1)", b"<script", b"PK\3\4", b"*/=1"):
        assert trace not in picture.data


def test_the_same_pixels_are_the_same_picture() -> None:
    assert recode(saved(drawn())) == recode(with_place(drawn(), "PNG")) == recode(saved(drawn()) + b"behind")
    assert recode(saved(drawn(mark=1))).name != recode(saved(drawn(mark=2))).name


# --- what is refused


@pytest.mark.parametrize("data", foreign().values(), ids=foreign())
def test_what_is_no_picture_of_ours_is_refused_with_a_way_out(data: bytes) -> None:
    with pytest.raises(ImageRefused, match=r"内容不是 PNG、JPEG、WebP 或 GIF.*另存为 PNG"):
        recode(data)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(ImageRefused, match="文件是空的"):
        recode(b"")


def test_a_file_may_have_so_many_bytes_and_no_more() -> None:
    data = saved(drawn())
    recode(data + bytes(MAX_BYTES - len(data)))
    with pytest.raises(ImageRefused, match="超过 5 MB"):
        recode(data + bytes(MAX_BYTES - len(data) + 1))


@pytest.mark.parametrize("make", [png_bomb, gif_beyond_its_screen, lambda: animated("WEBP", 26, 1000, 1000)])
def test_more_pixels_than_anybody_needs_are_refused_before_they_are_decoded(make: Callable[[], bytes]) -> None:
    data = make()
    assert len(data) < MAX_BYTES
    with pytest.raises(ImageRefused, match="2500 万像素"):
        recode(data)


@pytest.mark.parametrize("form", ["GIF", "WEBP"])
def test_thousands_of_frames_are_refused(form: str) -> None:
    recode(animated(form, MAX_FRAMES, 4, 4))
    with pytest.raises(ImageRefused, match=f"超过 {MAX_FRAMES} 帧"):
        recode(animated(form, 3000 if form == "GIF" else MAX_FRAMES + 1, 4, 4))


def test_a_jpeg_in_ever_more_passes_is_refused() -> None:
    assert recode(saved(drawn(), "JPEG", progressive=True)).width == 40
    with pytest.raises(ImageRefused, match="100 层以上"):
        recode(jpeg_of_many_scans(3000))


def test_a_text_that_unpacks_to_fifty_megabytes_is_refused() -> None:
    with pytest.raises(ImageRefused, match="已损坏"):
        recode(text_bomb())


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_file_is_refused(form: str, share: float) -> None:
    data = saved(Image.effect_noise((200, 200), 80).convert("RGB"), form)
    with pytest.raises(ImageRefused, match=r"已损坏|内容不是"):
        recode(data[: int(len(data) * share)])


@given(
    form=st.sampled_from(sorted(FORMATS)),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=8),
)
def test_damaged_bytes_are_a_picture_or_refused(form: str, changes: list[tuple[int, int]]) -> None:
    data = bytearray(animated(form) if form == "GIF" else saved(drawn(), form))
    for place, value in changes:
        data[place % len(data)] = value
    try:
        picture = recode(bytes(data))
    except ImageRefused:
        return
    assert opened(picture.data).size == (picture.width, picture.height)


def test_many_at_once_come_out_alike() -> None:
    data = saved(drawn(600, 400), "JPEG")
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(recode, [data] * 16))) == 1
