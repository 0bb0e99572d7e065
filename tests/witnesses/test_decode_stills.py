"""The decode check of stills passes what is shown alike, and fails what a viewer would notice."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pillow_heif
import pytest
from PIL import Image, ImageCms

from scrubkit.clean import clean_file
from scrubkit.model import Check, Outcome, Policy, Verdict, Verify
from scrubkit.witnesses import decode
from scrubkit.witnesses.decode import compare_decoded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pillow_heif.register_heif_opener()

SIZE = (40, 24)


def picture(mode: str = "RGB", at: tuple[int, int] | None = None) -> Any:
    """Return a picture with no two corners alike; `at` is a place that is a little different."""
    made = Image.new("RGB", SIZE)
    made.putdata([(x * 6, y * 10, (x * y) % 251) for y in range(SIZE[1]) for x in range(SIZE[0])])
    made = made.convert(mode)
    if at:
        value: Any = made.getpixel(at)
        made.putpixel(
            at, tuple((each + 1) % 256 for each in value) if isinstance(value, tuple) else value ^ 1
        )
    return made


def see_through(alpha: int) -> Any:
    made = picture("RGBA")
    made.putpixel((3, 3), (1, 2, 3, alpha))
    return made


def saved(image: Any, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def animated(form: str, *, frames: int = 3, odd: int = 0, duration: int = 100, loop: int = 0) -> bytes:
    first, *rest = [Image.new("RGB", SIZE, (20 * i + odd * (i == 1), 90, 40)) for i in range(frames)]
    options = {"lossless": True} if form == "WEBP" else {}
    return saved(first, form, save_all=True, append_images=rest, duration=duration, loop=loop, **options)


def compared(folder: Path, source: bytes, output: bytes, name: str) -> Check:
    paths = folder / "source", folder / "output"
    for path, data in zip(paths, (source, output), strict=True):
        path.write_bytes(data)
    return compare_decoded(*paths, (name, name))


LOSSLESS: dict[str, Callable[[Any], bytes]] = {
    "bmp": lambda image: saved(image, "BMP"),
    "png": lambda image: saved(image, "PNG"),
    "tiff": lambda image: saved(image, "TIFF"),
    "webp": lambda image: saved(image, "WEBP", lossless=True),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_the_same_picture_passes_however_it_is_packed(name: str, tmp_path: Path) -> None:
    check = compared(tmp_path, LOSSLESS[name](picture()), LOSSLESS[name](picture()), name)
    assert check.outcome is Outcome.PASSED
    assert check.scope.startswith("1 frame equal in size")


@pytest.mark.parametrize("name", LOSSLESS)
def test_one_pixel_by_one_is_enough_to_fail(name: str, tmp_path: Path) -> None:
    check = compared(tmp_path, LOSSLESS[name](picture()), LOSSLESS[name](picture(at=(39, 23))), name)
    assert (check.outcome, check.reason) == (Outcome.FAILED, "frame 1 has another picture")


@pytest.mark.parametrize("mode", ["L", "LA", "I;16", "1"])
def test_every_depth_is_compared_to_the_last_bit(mode: str, tmp_path: Path) -> None:
    one = picture("L").convert("I").convert("I;16") if mode == "I;16" else picture(mode)
    other = one.copy()
    value = other.getpixel((7, 7))
    other.putpixel((7, 7), (value[0], value[1] ^ 1) if isinstance(value, tuple) else value ^ 1)
    data, damaged = saved(one, "PNG"), saved(other, "PNG")
    assert compared(tmp_path, data, data, "png").outcome is Outcome.PASSED
    assert compared(tmp_path, data, damaged, "png").outcome is Outcome.FAILED


@pytest.mark.parametrize("name", ["png", "webp", "tiff"])
def test_transparency_is_compared(name: str, tmp_path: Path) -> None:
    make = LOSSLESS[name]
    check = compared(tmp_path, make(see_through(200)), make(see_through(201)), name)
    assert (check.outcome, check.reason) == (Outcome.FAILED, "frame 1 has another picture")


def test_a_palette_in_another_order_is_no_difference(tmp_path: Path) -> None:
    one = picture().quantize(16)
    other = one.remap_palette([*range(15, -1, -1)])
    assert compared(tmp_path, saved(one, "PNG"), saved(other, "PNG"), "png").outcome is Outcome.PASSED


def test_a_transparent_entry_of_a_palette_is_compared(tmp_path: Path) -> None:
    one = picture().quantize(16)
    check = compared(tmp_path, saved(one, "PNG", transparency=3), saved(one, "PNG"), "png")
    assert check.outcome is Outcome.FAILED


@pytest.mark.parametrize("name", ["png", "webp", "tiff"])
def test_a_picture_that_is_no_longer_upright_fails(name: str, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    form: dict[str, Any] = {"webp": {"lossless": True}}.get(name, {})
    turned = saved(picture(), name, exif=exif, **form)
    check = compared(tmp_path, turned, saved(picture(), name, **form), name)
    assert (check.outcome, check.reason) == (Outcome.FAILED, "frame 1 has another size")


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"odd": 9}, "frame 2 has another picture"),
        ({"frames": 2}, "3 frames became 2"),
        ({"duration": 140}, "frame 1 is shown for another time"),
        ({"loop": 2}, "the animation is repeated another number of times"),
    ],
    ids=["picture", "dropped", "time", "loop"],
)
def test_what_a_viewer_of_an_animation_would_notice_fails(
    form: str, change: dict[str, int], reason: str, tmp_path: Path
) -> None:
    check = compared(tmp_path, animated(form), animated(form, **change), form.lower())
    assert (check.outcome, check.reason) == (Outcome.FAILED, reason)


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_the_same_animation_passes(form: str, tmp_path: Path) -> None:
    check = compared(tmp_path, animated(form), animated(form), form.lower())
    assert check.outcome is Outcome.PASSED
    assert check.scope.startswith("3 frames equal")


@pytest.mark.parametrize("form", ["HEIF", "AVIF"])
def test_pictures_in_heif_are_compared(form: str, tmp_path: Path) -> None:
    one = saved(picture(), form, quality=90)
    other = saved(picture().transpose(Image.Transpose.FLIP_LEFT_RIGHT), form, quality=90)
    assert compared(tmp_path, one, one, "heif").outcome is Outcome.PASSED
    assert compared(tmp_path, one, other, "heif").outcome is Outcome.FAILED


def test_a_profile_that_shows_other_colours_fails(tmp_path: Path) -> None:
    def profile(name: Any, *temperature: int) -> bytes:
        return ImageCms.ImageCmsProfile(ImageCms.createProfile(name, *temperature)).tobytes()

    plain = saved(picture(), "PNG")
    same = saved(picture(), "PNG", icc_profile=profile("sRGB"))
    lab = saved(picture("L"), "PNG", icc_profile=profile("LAB", 5000))
    check = compared(tmp_path, plain, same, "png")
    assert (check.outcome, check.scope.rpartition("; ")[2]) == (Outcome.PASSED, "colours equal within 1/255")
    told = compared(tmp_path, saved(picture("L"), "PNG"), lab, "png").scope
    assert told.endswith("how colours are described was not compared")


FORMS: dict[str, Callable[[], bytes]] = {
    "bmp": lambda: saved(picture(), "BMP"),
    "gif": lambda: saved(picture(), "GIF"),
    "heif": lambda: saved(picture(), "HEIF"),
    "jpeg": lambda: saved(picture(), "JPEG"),
    "png": lambda: saved(picture(), "PNG"),
    "tiff": lambda: saved(picture(), "TIFF"),
    "webp": lambda: saved(picture(), "WEBP"),
}


@pytest.mark.parametrize("name", FORMS)
def test_an_output_that_does_not_decode_fails(name: str, tmp_path: Path) -> None:
    data = FORMS[name]()
    check = compared(tmp_path, data, data[: len(data) // 4], name)
    assert (check.outcome, check.reason.endswith("does not decode")) == (Outcome.FAILED, True)


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("cut", [0, 4], ids=["nothing", "a quarter"])
def test_a_source_that_does_not_decode_is_not_run(name: str, cut: int, tmp_path: Path) -> None:
    data = FORMS[name]()
    check = compared(tmp_path, data[: len(data) // cut if cut else 0], data, name)
    assert (check.outcome, check.reason.endswith("of the source")) == (Outcome.NOT_RUN, True)


@pytest.mark.parametrize("name", FORMS)
def test_what_no_decoder_knows_is_not_run(name: str, tmp_path: Path) -> None:
    check = compared(tmp_path, b"nothing", b"nothing", name)
    assert (check.outcome, check.reason.endswith("of either file")) == (Outcome.NOT_RUN, True)


def test_a_picture_that_is_too_large_is_not_run(tmp_path: Path) -> None:
    data = saved(Image.new("1", (20_000, 20_000)), "PNG")
    check = compared(tmp_path, data, data, "png")
    assert (check.outcome, check.reason) == (
        Outcome.NOT_RUN,
        "the picture is too large to be decoded here",
    )


def test_a_raw_picture_is_not_run(tmp_path: Path) -> None:
    image = Image.new("L", SIZE)
    info = tiff_version()
    data = saved(image, "TIFF", tiffinfo=info)
    check = compared(tmp_path, data, data, "tiff")
    assert (check.outcome, check.reason) == (Outcome.NOT_RUN, "Pillow decodes no raw pictures")


def tiff_version() -> Any:
    from PIL.TiffImagePlugin import ImageFileDirectory_v2

    info = ImageFileDirectory_v2()
    info.tagtype[50706] = 7
    info[50706] = bytes([1, 4, 0, 0])
    return info


def test_a_missing_library_is_not_run_with_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "find_spec", lambda name: None if name == "pillow_heif" else object())
    data = saved(picture(), "HEIF")
    check = compared(tmp_path, data, data, "heif")
    assert (check.outcome, check.reason) == (Outcome.NOT_RUN, "pillow_heif not installed")


def test_a_png_is_compared_without_the_library_for_heif(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "find_spec", lambda name: None if name == "pillow_heif" else object())
    data = saved(picture(), "PNG")
    assert compared(tmp_path, data, data, "png").outcome is Outcome.PASSED


@pytest.mark.parametrize("name", LOSSLESS)
def test_a_clean_with_decoding_checks_the_picture(name: str, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(LOSSLESS[name](picture()))
    report = clean_file(tmp_path / "source", tmp_path / "copy", Policy(verify=Verify.DECODE))
    assert report.verdict is Verdict.CLEANED
    assert [check.outcome for check in report.checks if check.name == "decode"] == [Outcome.PASSED]
