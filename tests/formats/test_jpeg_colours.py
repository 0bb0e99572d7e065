"""Colours are decoded as before: which markers say what the components are, and which profile crosses."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import Unsupported
from scrubkit.model import Residual
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import Part

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

JFIF, ICC, ADOBE = 0xE0, 0xE2, 0xEE

YCC = jpeg.picture()
RGB = jpeg.picture(keep_rgb=True)
FOUR = jpeg.picture("CMYK")
GREY = jpeg.picture("L")


def pixels(data: bytes) -> bytes:
    from PIL import Image

    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


def head(data: bytes) -> list[bytes]:
    """The application segments, each by what it begins with, Adobe's with its transform."""
    return [
        part.body[:4] + (part.body[11:12] if part.code == ADOBE else b"")
        for part in jpeg.split(data)
        if part.code in jpeg.APP
    ]


COLOURS = {
    "no marker": ((*YCC,), [b"JFIF"]),
    "JFIF": ((jpeg.JFIF, *YCC), [b"JFIF"]),
    "Adobe YCbCr": ((jpeg.adobe(1), *YCC), [b"JFIF"]),
    "Adobe of an unknown transform": ((jpeg.adobe(7), *YCC), [b"JFIF"]),
    "Adobe RGB": ((jpeg.adobe(0), *YCC), [b"Adob\0"]),
    "JFIF before Adobe RGB": ((jpeg.JFIF, jpeg.adobe(0), *YCC), [b"JFIF"]),
    "JFIF after Adobe RGB": ((jpeg.adobe(0), jpeg.JFIF, *YCC), [b"JFIF"]),
    "two Adobes": ((jpeg.adobe(0), jpeg.adobe(1), *YCC), [b"JFIF"]),
    "two Adobes, the other way": ((jpeg.adobe(1), jpeg.adobe(0), *YCC), [b"Adob\0"]),
    "Adobe cut short": ((Part(ADOBE, b"Adobe\0\x64\0\0\0\0"), *YCC), [b"JFIF"]),
    "JFIF cut short": ((Part(JFIF, b"JFIF\0\1\1"), jpeg.adobe(0), *YCC), [b"Adob\0"]),
    "component letters": ((*jpeg.renamed(RGB, b"RGB"),), [b"Adob\0"]),
    "component letters and JFIF": ((jpeg.JFIF, *jpeg.renamed(RGB, b"RGB")), [b"JFIF"]),
    "component numbers of an old camera": ((*jpeg.renamed(YCC, b"\0\1\2"),), [b"JFIF"]),
    "grey": ((*GREY,), [b"JFIF"]),
    "grey and Adobe": ((jpeg.adobe(0), *GREY), [b"JFIF"]),
    "CMYK": ((*FOUR,), []),
    "CMYK and JFIF": ((jpeg.JFIF, *FOUR), []),
    "CMYK by Adobe": ((jpeg.adobe(0), *FOUR), [b"Adob\0"]),
    "YCCK by Adobe": ((jpeg.adobe(2), *FOUR), [b"Adob\2"]),
    "YCCK by a transform that is none": ((jpeg.adobe(1), *FOUR), [b"Adob\2"]),
}


@pytest.mark.parametrize(("parts", "expected"), COLOURS.values(), ids=COLOURS.keys())
def test_colours_are_said_in_one_way_and_decode_the_same(
    parts: tuple[Part, ...], expected: list[bytes], tmp_path: Path
) -> None:
    data = jpeg.join(parts)
    out = jpegs.cleaned(tmp_path, data)
    assert head(out) == expected
    assert pixels(out) == pixels(data)


@pytest.mark.parametrize(("head", "ids"), [((), b"CMYK"), ((jpeg.adobe(0),), b"\1\2\3\4")])
def test_cmyk_without_a_marker_has_letters_for_identifiers(
    head: tuple[Part, ...], ids: bytes, tmp_path: Path
) -> None:
    # FFmpeg takes four numbered components without a marker for YCbCr with alpha.
    for names in (b"CMYK", b"\1\2\3\4"):
        out = jpegs.cleaned(tmp_path, jpeg.join((*head, *jpeg.renamed(FOUR, names))))
        assert next(part.body for part in jpeg.split(out) if part.code == 0xC0)[6::3] == ids


def test_adobe_is_written_with_one_version_and_no_flags(tmp_path: Path) -> None:
    dirty = jpeg.adobe(0, version=b"\1\2", flags=b"\3\4\5\6", extra=b"more")
    out = jpegs.cleaned(tmp_path, jpeg.join((dirty, *RGB)))
    assert next(p.body for p in jpeg.split(out) if p.code == ADOBE) == b"Adobe\0\x64\0\0\0\0\0"


def test_a_lossless_picture_that_does_not_say_its_colours_is_unsupported(tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        jpegs.read(tmp_path, lossless())


@pytest.mark.parametrize("marker", [jpeg.JFIF, jpeg.adobe(0)], ids=["JFIF", "Adobe"])
def test_a_lossless_picture_that_says_its_colours_is_read(marker: Part, tmp_path: Path) -> None:
    assert jpegs.cleaned(tmp_path, lossless(marker)).endswith(b"\x12\x34\xff\xd9")


def lossless(*parts: Part) -> bytes:
    frame = bytes.fromhex("08 0002 0002 03 011100 021100 031100")
    table = b"\0" + b"\0\2" + bytes(14) + b"\0\1"
    scan = Part(jpeg.SOS, bytes.fromhex("03 0100 0200 0300 01 00 00"), b"\x12\x34")
    return jpeg.join((*parts, Part(0xC3, frame), Part(jpeg.DHT, table), scan))


def profile_of(data: bytes) -> bytes:
    return b"".join(part.body[14:] for part in jpeg.split(data) if part.code == ICC)


WIDE = jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8))


def test_an_srgb_profile_is_left_out(tmp_path: Path) -> None:
    data = jpeg.join((*jpeg.icc(jpeg.profile(jpeg.SRGB, jpeg.srgb_table())), *YCC))
    assert profile_of(jpegs.cleaned(tmp_path, data)) == b""


def test_a_grey_picture_keeps_a_profile_with_colours(tmp_path: Path) -> None:
    # Browsers apply one to a grey picture too.
    assert profile_of(jpegs.cleaned(tmp_path, jpeg.join((*jpeg.icc(WIDE), *GREY))))


def test_a_profile_of_its_own_is_kept_and_told(tmp_path: Path) -> None:
    data = jpeg.join((*jpeg.icc(WIDE), *YCC))
    assert profile_of(jpegs.cleaned(tmp_path, data))
    told = {remaining.what for remaining in jpegs.read(tmp_path, data).remaining}
    assert Residual.COLOUR_PROFILE in told


def test_a_common_profile_is_a_constant_and_not_told(tmp_path: Path) -> None:
    data = jpeg.join((*jpeg.icc(jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE)), *YCC))
    assert profile_of(jpegs.cleaned(tmp_path, data))
    told = {remaining.what for remaining in jpegs.read(tmp_path, data).remaining}
    assert Residual.COLOUR_PROFILE not in told


CHUNKS = jpeg.icc(WIDE, 100)

UNUSABLE = {
    "a chunk is missing": CHUNKS[1:],
    "a chunk is there twice": (*CHUNKS, CHUNKS[0]),
    "chunks count differently": (
        *CHUNKS[:-1],
        Part(ICC, CHUNKS[-1].body[:13] + b"\x63" + CHUNKS[-1].body[14:]),
    ),
    "chunks are numbered from zero": tuple(
        Part(ICC, p.body[:12] + bytes((p.body[12] - 1,)) + p.body[13:]) for p in CHUNKS
    ),
    "there are more than can be numbered": CHUNKS * 60,
    "there are none": (Part(ICC, b"ICC_PROFILE\0\1\0"),),
    "it is no profile": (Part(ICC, b"ICC_PROFILE\0\1\1nothing"),),
    "a curve is missing": jpeg.icc(WIDE.replace(b"gTRC", b"xTRC")),
    "it is for grey": jpeg.icc(jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY")),
    "it is for CMYK": jpeg.icc(jpeg.profile((), jpeg.gamma(1.8), space=b"CMYK")),
}


@pytest.mark.parametrize("parts", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_a_profile_that_nothing_uses_is_left_out(parts: tuple[Part, ...], tmp_path: Path) -> None:
    assert profile_of(jpegs.cleaned(tmp_path, jpeg.join((*parts, *YCC)))) == b""


def test_chunks_are_joined_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    one = jpegs.cleaned(tmp_path, jpeg.join((*jpeg.icc(WIDE), *YCC)))
    assert jpegs.cleaned(tmp_path, jpeg.join((*CHUNKS[::-1], *YCC))) == one


def test_a_profile_that_needs_lookup_tables_is_unsupported(tmp_path: Path) -> None:
    data = jpeg.profile(jpeg.SRGB, jpeg.gamma(2.2), extra=[(b"A2B0", b"mft1" + bytes(44))])
    with pytest.raises(Unsupported):
        jpegs.read(tmp_path, jpeg.join((*jpeg.icc(data), *YCC)))


def test_a_cmyk_profile_of_a_cmyk_picture_is_unsupported(tmp_path: Path) -> None:
    data = jpeg.profile((), jpeg.gamma(2.2), space=b"CMYK")
    with pytest.raises(Unsupported):
        jpegs.read(tmp_path, jpeg.join((*jpeg.icc(data), *FOUR)))
