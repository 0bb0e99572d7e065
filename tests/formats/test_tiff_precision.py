"""Free numbers cross to the digits that a picture is shown by; what they hold beyond those stays behind."""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scrubkit.errors import LimitExceeded, Malformed, Refused
from scrubkit.essence import Tiff
from scrubkit.formats.tiff import precision
from scrubkit.formats.tiff.opcodes import gain_table_map, opcode_list
from scrubkit.specimens.builders import tiff
from scrubkit.specimens.builders.tiff import Layout, Tag
from scrubkit.specimens.cases.tiff import DNG, MATRIX, RGB

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.builders.tiff import Ifd

SECRET = b"SN:Q7ZK31-48x!?z"
"""Sixteen bytes that are four numbers of any type, none of them infinite."""

LONGS = struct.unpack("<4I", SECRET)


def made(ifd: Ifd) -> bytes:
    return tiff.build((ifd,), Layout())


def fields(folder: Path, data: bytes) -> dict[int, tuple[int, ...]]:
    picture = stills.read(folder, data).essence
    assert isinstance(picture, Tiff)
    return {field.tag: field.values for field in picture.fields}


@given(st.integers(-(1 << 31), 1 << 31), st.integers(1, 1 << 31))
def test_a_rounded_fraction_is_near_and_stays_what_it_is(top: int, bottom: int) -> None:
    found = precision.fraction(top, bottom)
    assert abs(found[0] / found[1] - top / bottom) <= 0.5 / precision.FINEST + 1e-6
    assert precision.fraction(*found) == found
    assert math.gcd(*found) == 1


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
def test_a_rounded_float_is_near_and_stays_what_it_is(value: float) -> None:
    (bits,) = struct.unpack("<I", struct.pack("<f", value))
    found = precision.pattern(bits, 4, precision.SINGLE)
    assert not found & 0x7FF
    assert precision.pattern(found, 4, precision.SINGLE) == found
    (rounded,) = struct.unpack("<f", struct.pack("<I", found))
    assert math.isclose(rounded, value, rel_tol=2**-12, abs_tol=1e-38)


def test_a_warp_moves_no_point_by_a_tenth_of_a_pixel() -> None:
    (bits,) = struct.unpack("<Q", struct.pack("<d", 0.7853981633974483))
    found = precision.pattern(bits, 8, precision.COORDINATE)
    (rounded,) = struct.unpack("<d", struct.pack("<Q", found))
    assert abs(rounded - 0.7853981633974483) * 16_000 < 0.1


@pytest.mark.parametrize("bits", [0x7F800000, 0x7FC00001, 0xFF800000])
def test_what_is_no_number_is_told(bits: int) -> None:
    with pytest.raises(ValueError, match="not a number"):
        precision.pattern(bits, 4, precision.SINGLE)


WORDS = struct.unpack("<4i", SECRET)

PLANTED = {
    "ColorMatrix1": Tag(50721, tiff.SRATIONAL, (*WORDS, *MATRIX[4:])),
    "ColorMatrix2": Tag(50722, tiff.SRATIONAL, (*MATRIX[:14], *WORDS)),
    "ForwardMatrix1": Tag(50964, tiff.SRATIONAL, (*WORDS, *MATRIX[4:])),
    "AsShotNeutral": Tag(50728, tiff.RATIONAL, (*LONGS, 1, 1)),
    "AsShotWhiteXY": Tag(50729, tiff.RATIONAL, LONGS),
    "AnalogBalance": Tag(50727, tiff.RATIONAL, (*LONGS, 1, 1)),
    "BlackLevelDeltaH": Tag(50715, tiff.SRATIONAL, WORDS),
    "DefaultCropOrigin": Tag(50719, tiff.RATIONAL, LONGS),
    "NoiseProfile": Tag(51041, tiff.DOUBLE, struct.unpack("<2Q", SECRET)),
    "ProfileToneCurve": Tag(50940, tiff.FLOAT, LONGS),
    "ProfileLookTableData": Tag(50982, tiff.FLOAT, LONGS),
    "ActiveArea": Tag(50829, tiff.LONG, LONGS),
    "MaskedAreas": Tag(50830, tiff.LONG, LONGS),
}


@pytest.mark.parametrize("name", PLANTED)
def test_numbers_of_a_dng_do_not_carry_words(name: str, tmp_path: Path) -> None:
    data = made(DNG.ifd.with_tags(PLANTED[name]))
    assert SECRET in data
    try:
        out = stills.cleaned(tmp_path, data)
    except Refused:
        assert name in {"ActiveArea", "MaskedAreas"}
        return
    assert not any(SECRET[at : at + 6] in out for at in range(len(SECRET) - 5))


@pytest.mark.parametrize("tag", [529, 532])
def test_numbers_of_ycbcr_do_not_carry_words(tag: int, tmp_path: Path) -> None:
    count = 6 if tag == 529 else 12
    plain = RGB.ifd.with_tags(Tag(262, tiff.SHORT, (6,)), Tag(530, tiff.SHORT, (1, 1)))
    data = made(plain.with_tags(Tag(tag, tiff.RATIONAL, (*LONGS, *(1,) * (count - 4)))))
    assert SECRET in data
    assert SECRET[:8] not in stills.cleaned(tmp_path, data)


def test_usual_numbers_cross_as_they_are(tmp_path: Path) -> None:
    coefficients = (299, 1000, 587, 1000, 57, 500)
    plain = RGB.ifd.with_tags(Tag(262, tiff.SHORT, (6,)), Tag(530, tiff.SHORT, (1, 1)))
    kept = fields(tmp_path, made(plain.with_tags(Tag(529, tiff.RATIONAL, coefficients))))
    assert kept[529] == coefficients


def test_a_hint_that_nobody_knows_is_left_out(tmp_path: Path) -> None:
    """0/0 is what the DNG specification gives NoiseReductionApplied for unknown."""
    kept = fields(tmp_path, made(DNG.ifd.with_tags(Tag(50935, tiff.RATIONAL, (0, 0)))))
    assert 50935 not in kept
    assert 50721 in kept


def test_more_numbers_than_a_tag_means_are_refused(tmp_path: Path) -> None:
    with pytest.raises(LimitExceeded):
        stills.read(tmp_path, made(DNG.ifd.with_tags(Tag(50717, tiff.LONG, tuple(range(200))))))


def test_a_curve_that_is_no_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Malformed):
        stills.read(tmp_path, made(DNG.ifd.with_tags(Tag(50940, tiff.FLOAT, (0, 0, 0x3F800000, 0x7F800000)))))


def _opcodes(number: int, body: bytes) -> bytes:
    return struct.pack(">5I", 1, number, 0x01030000, 1, len(body)) + body


AREA = struct.pack(">8I", 0, 0, 12, 20, 0, 1, 1, 1)

SMALL = struct.pack(">8I", 0, 0, 4, 4, 0, 1, 1, 1)

ONE = struct.pack(">2I", 1, 1)

BODIES = {
    "WarpRectilinear": (1, struct.pack(">I", 1) + SECRET + bytes(48)),
    "WarpFisheye": (2, struct.pack(">I", 1) + SECRET + bytes(32)),
    "FixVignetteRadial": (3, SECRET + bytes(40)),
    "MapPolynomial": (8, AREA + struct.pack(">I", 1) + SECRET),
    "GainMap": (9, AREA + struct.pack(">2I", 2, 2) + bytes(32) + struct.pack(">I", 1) + SECRET),
    "GainMap, spacing": (9, AREA + ONE + SECRET + bytes(16) + struct.pack(">I", 1) + bytes(4)),
    "DeltaPerRow": (10, SMALL + struct.pack(">I", 4) + SECRET),
    "ScalePerColumn": (13, SMALL + struct.pack(">I", 4) + SECRET),
    "WarpRectilinear2": (14, struct.pack(">I", 1) + SECRET + bytes(156)),
}


@pytest.mark.parametrize("name", BODIES)
def test_numbers_of_opcodes_do_not_carry_words(name: str) -> None:
    data = _opcodes(*BODIES[name])
    out = opcode_list(data, 20, 12)
    assert len(out) == len(data)
    assert opcode_list(out, 20, 12) == out
    assert not any(SECRET[at : at + 6] in out for at in range(len(SECRET) - 5))


def test_gains_of_a_table_map_do_not_carry_words() -> None:
    head = struct.pack("<2I4dI5f", 1, 2, 0.5, 0.5, 0.0, 0.0, 2, *[0.25] * 5)
    out = gain_table_map(head + SECRET, "little", "little")
    assert out[:64] == head
    assert SECRET[:6] not in out
