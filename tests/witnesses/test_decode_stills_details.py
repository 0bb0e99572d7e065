"""The decode check of stills sees the last bit, the way up, the colours, and says what it didn't see."""

from __future__ import annotations

import io
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from scrubkit.clean import clean_file
from scrubkit.model import Check, Outcome, Verdict
from scrubkit.specimens.builders import png
from scrubkit.specimens.cases import heif as stills
from scrubkit.witnesses import decode
from scrubkit.witnesses.decode import compare_decoded

if TYPE_CHECKING:
    from pathlib import Path

pillow_heif.register_heif_opener()

SIDE = 64


def gradient(red: int = 0) -> Any:
    """Return a picture with no two corners alike; `red` is added all over it."""
    made = Image.new("RGB", (SIDE, SIDE // 2))
    made.putdata([(x * 3 + red, y * 6, (x * y) % 251) for y in range(SIDE // 2) for x in range(SIDE)])
    return made


def deep(odd: int = 0) -> Any:
    """Return 16-bit samples, one of them changed by `odd`."""
    samples = np.arange(SIDE * SIDE * 3, dtype=np.uint16).reshape(SIDE, SIDE, 3) * 5
    samples[10, 10, 1] ^= odd
    return samples


def saved(image: Any, form: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def of_16_bits(codec: str, odd: int = 0) -> bytes:
    context: Any = av.CodecContext.create(codec, "w")
    context.width = context.height = SIDE
    context.pix_fmt = "rgb48be" if codec == "png" else "rgb48le"
    context.time_base = Fraction(1, 1)
    frame = av.VideoFrame.from_ndarray(deep(odd), format="rgb48le").reformat(format=context.pix_fmt)
    return b"".join(bytes(packet) for packet in [*context.encode(frame), *context.encode(None)])


def of_10_bits(odd: int = 0) -> bytes:
    file = io.BytesIO()
    made = pillow_heif.from_bytes("RGB;16", (SIDE, SIDE), deep(odd).tobytes())
    made.save(file, quality=-1, matrix_coefficients=0, chroma=444)
    return file.getvalue()


def turned(way: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = way
    return exif


def profile(name: Any = "sRGB", gamma: float = 0) -> bytes:
    """Return a profile of LittleCMS; with a gamma, its curves are replaced by one."""
    made = ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()
    if not gamma:
        return made
    tags = {made[at : at + 4]: at for at in range(132, 132 + 12 * int.from_bytes(made[128:132]), 12)}
    curve = b"curv" + bytes(4) + (1).to_bytes(4) + round(256 * gamma).to_bytes(2) + bytes(2)
    data = bytearray(made)
    for tag in (b"rTRC", b"gTRC", b"bTRC"):
        place = int.from_bytes(data[tags[tag] + 4 : tags[tag] + 8])
        data[place : place + len(curve)] = curve
        data[tags[tag] + 8 : tags[tag] + 12] = len(curve).to_bytes(4)
    return bytes(data)


def compared(folder: Path, source: bytes, output: bytes, name: str, *, kept: bool = False) -> Check:
    paths = folder / "source", folder / "output"
    for path, data in zip(paths, (source, output), strict=True):
        path.write_bytes(data)
    return compare_decoded(*paths, (name, name), kept=kept)


@pytest.mark.parametrize("name", ["png", "tiff"])
def test_the_lowest_of_16_bits_counts(name: str, tmp_path: Path) -> None:
    same = compared(tmp_path, of_16_bits(name), of_16_bits(name), name)
    assert (same.outcome, same.scope.endswith("planes of 16 bits equal")) == (Outcome.PASSED, True)
    assert compared(tmp_path, of_16_bits(name), of_16_bits(name, odd=1), name).outcome is Outcome.FAILED


def test_16_bits_without_a_decoder_for_them_are_said_to_be_8(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decode, "find_spec", lambda name: None if name == "av" else object())
    check = compared(tmp_path, of_16_bits("png"), of_16_bits("png"), "png")
    assert (check.outcome, check.scope.endswith("compared to 8 bits")) == (Outcome.PASSED, True)


def test_the_lowest_of_10_bits_of_a_heif_counts(tmp_path: Path) -> None:
    assert compared(tmp_path, of_10_bits(), of_10_bits(), "heif").outcome is Outcome.PASSED
    assert compared(tmp_path, of_10_bits(), of_10_bits(odd=64), "heif").outcome is Outcome.FAILED


def test_the_transparency_of_a_heif_counts(tmp_path: Path) -> None:
    one, other = gradient().convert("RGBA"), gradient().convert("RGBA")
    other.putalpha(128)
    check = compared(tmp_path, saved(one, "HEIF"), saved(other, "HEIF"), "heif")
    assert (check.outcome, check.reason) == (Outcome.FAILED, "frame 1 has another picture")


@pytest.mark.parametrize("way", range(2, 9))
def test_a_jpeg_that_is_shown_another_way_up_fails(way: int, tmp_path: Path) -> None:
    data = saved(gradient(), "JPEG", exif=turned(way))
    assert compared(tmp_path, data, data, "jpeg").outcome is Outcome.PASSED
    assert compared(tmp_path, data, saved(gradient(), "JPEG"), "jpeg").outcome is Outcome.FAILED


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_an_orientation_in_xmp_turns_nothing(form: str, tmp_path: Path) -> None:
    words = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    options: dict[str, Any] = {"xmp": words}
    if form == "PNG":
        told = PngInfo()
        told.add_itxt("XML:com.adobe.xmp", words.decode())
        options = {"pnginfo": told}
    elif form == "TIFF":
        options = {"tiffinfo": {700: words}}
    check = compared(tmp_path, saved(gradient(), form, **options), saved(gradient(), form), form.lower())
    assert check.outcome is Outcome.PASSED


def test_another_jpeg_fails(tmp_path: Path) -> None:
    check = compared(tmp_path, saved(gradient(), "JPEG"), saved(gradient(40), "JPEG"), "jpeg")
    assert (check.outcome, check.reason) == (Outcome.FAILED, "frame 1 has another picture")


def test_a_jpeg_that_only_one_decoder_forgives_says_what_was_not_compared(tmp_path: Path) -> None:
    data = saved(gradient(), "JPEG")[:-40]
    check = compared(tmp_path, data, data, "jpeg")
    assert check.outcome is Outcome.PASSED
    assert check.scope == "planes of 8 bits equal; way up, transparency and colours were not compared"


def test_what_lies_behind_a_jpeg_is_no_part_of_it(tmp_path: Path) -> None:
    both = saved(gradient(), "MPO", save_all=True, append_images=[gradient(30)])
    data = saved(gradient(), "JPEG")
    assert compared(tmp_path, both, data, "jpeg").outcome is Outcome.PASSED
    assert (
        compared(tmp_path, data, data, "jpeg", kept=True)
        .scope.rpartition("; ")[0]
        .endswith("what was kept beside the picture was not compared")
    )


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
@pytest.mark.parametrize("number", range(3))
def test_the_time_of_each_frame_counts(form: str, number: int, tmp_path: Path) -> None:
    def animated(times: list[int]) -> bytes:
        first, *rest = (gradient(20 * each) for each in range(3))
        return saved(first, form, save_all=True, append_images=rest, duration=times, loop=0)

    other = [100, 100, 100]
    other[number] = 120
    check = compared(tmp_path, animated([100, 100, 100]), animated(other), form.lower())
    assert (check.outcome, check.reason) == (Outcome.FAILED, f"frame {number + 1} is shown for another time")


@pytest.mark.parametrize("form", ["GIF", "PNG", "WEBP"])
def test_the_order_of_frames_counts(form: str, tmp_path: Path) -> None:
    frames = [gradient(20 * each) for each in range(3)]
    one = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
    other = saved(frames[0], form, save_all=True, append_images=frames[:0:-1], duration=100)
    check = compared(tmp_path, one, other, form.lower())
    assert (check.outcome, check.reason) == (Outcome.FAILED, "frame 2 has another picture")


def test_the_first_page_of_a_tiff_is_the_picture_and_others_are_counted(tmp_path: Path) -> None:
    pages = saved(gradient(), "TIFF", save_all=True, append_images=[gradient(9), gradient(18)])
    check = compared(tmp_path, pages, saved(gradient(), "TIFF"), "tiff")
    assert check.outcome is Outcome.PASSED
    assert check.scope.endswith("; 2 more pages left behind")
    assert compared(tmp_path, pages, saved(gradient(9), "TIFF"), "tiff").outcome is Outcome.FAILED


def test_a_preview_before_the_picture_of_a_tiff_is_passed_over(tmp_path: Path) -> None:
    small = gradient().resize((16, 8))
    small.encoderinfo = {"tiffinfo": {254: 1}}
    both = saved(small, "TIFF", tiffinfo={254: 1}, save_all=True, append_images=[_whole(gradient())])
    assert compared(tmp_path, both, saved(gradient(), "TIFF"), "tiff").outcome is Outcome.PASSED
    assert compared(tmp_path, both, saved(small, "TIFF"), "tiff").outcome is Outcome.FAILED


def _whole(image: Any) -> Any:
    image.encoderinfo = {"tiffinfo": {254: 0}}
    return image


def test_all_pictures_of_an_avif_sequence_are_compared(tmp_path: Path) -> None:
    frames = [gradient(20 * each) for each in range(3)]
    sequence = saved(frames[0], "AVIF", save_all=True, append_images=frames[1:], duration=100)
    check = compared(tmp_path, sequence, sequence, "heif")
    assert check.outcome is Outcome.PASSED
    assert check.scope.startswith("3 frames equal")
    still = compared(tmp_path, sequence, saved(frames[0], "AVIF"), "heif")
    assert (still.outcome, still.reason) == (Outcome.FAILED, "3 frames became 1")


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF", "WEBP", "HEIF", "AVIF"])
def test_a_profile_that_shows_other_colours_fails(form: str, tmp_path: Path) -> None:
    name = {"AVIF": "heif"}.get(form, form.lower())
    plain, odd = (saved(gradient(), form, icc_profile=each) for each in (profile(), profile(gamma=1.8)))
    assert compared(tmp_path, plain, plain, name).outcome is Outcome.PASSED
    check = compared(tmp_path, plain, odd, name)
    assert (check.outcome, check.reason) == (Outcome.FAILED, "colours come out otherwise")


def test_a_profile_that_is_lost_fails_unless_it_is_that_of_srgb(tmp_path: Path) -> None:
    plain = saved(gradient(), "PNG")
    lost = compared(tmp_path, saved(gradient(), "PNG", icc_profile=profile(gamma=1.8)), plain, "png")
    assert (lost.outcome, lost.reason) == (Outcome.FAILED, "colours come out otherwise")
    same = compared(tmp_path, saved(gradient(), "PNG", icc_profile=profile()), plain, "png")
    assert (same.outcome, same.scope.rpartition("; ")[2]) == (Outcome.PASSED, "colours equal within 1/255")


@pytest.mark.parametrize(
    ("gammas", "outcome"),
    [((45455, 45455), Outcome.PASSED), ((45455, 45500), Outcome.PASSED), ((45455, 55556), Outcome.FAILED)],
    ids=["equal", "rounded", "other"],
)
def test_the_gamma_of_a_png_counts(gammas: tuple[int, int], outcome: Outcome, tmp_path: Path) -> None:
    data = saved(gradient(), "PNG")
    told = [data[:33] + bytes(png.Chunk(b"gAMA", each.to_bytes(4))) + data[33:] for each in gammas]
    assert compared(tmp_path, told[0], told[1], "png").outcome is outcome


def test_a_gamma_that_is_lost_is_said_not_to_be_compared(tmp_path: Path) -> None:
    data = saved(gradient(), "PNG")
    told = data[:33] + bytes(png.Chunk(b"gAMA", (55556).to_bytes(4))) + data[33:]
    check = compared(tmp_path, told, data, "png")
    assert check.scope.endswith("; how colours are described was not compared")


def test_an_image_sequence_of_hevc_is_compared_picture_by_picture(tmp_path: Path) -> None:
    source = next(case for case in stills.CASES if case.name == "heif, a sequence").dirty()
    (tmp_path / "source").write_bytes(source)
    assert clean_file(tmp_path / "source", tmp_path / "output").verdict is Verdict.CLEANED
    files = tmp_path / "source", tmp_path / "output"
    check = compare_decoded(*files, ("heif", "heif"))
    assert check.outcome is Outcome.PASSED
    assert check.scope == "1 track, 20 frames and 0 sound samples equal"
    data = files[1].read_bytes()
    files[1].write_bytes(data[:200] + bytes(range(60)) + data[260:])
    assert compare_decoded(*files, ("heif", "heif")).outcome is Outcome.FAILED
