"""DNG: the raw picture crosses with what developing it needs, and nothing else."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import Malformed, Refused, Truncated, Unsupported
from scrubkit.essence import Tiff
from scrubkit.formats.tiff.opcodes import gain_table_map, opcode_list
from scrubkit.model import Kind
from scrubkit.specimens.builders import jpeg, ljpeg, tiff
from scrubkit.specimens.builders.jpeg import COM, Part
from scrubkit.specimens.builders.tiff import Layout, Tag
from scrubkit.specimens.cases.tiff import DNG, SECRET, dirty

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.builders.tiff import Ifd


def made(ifd: Ifd, **layout: object) -> bytes:
    return tiff.build((ifd,), Layout(**layout))  # type: ignore[arg-type]


def fields(folder: Path, data: bytes) -> dict[int, tuple[int, ...]]:
    picture = stills.read(folder, data).essence
    assert isinstance(picture, Tiff)
    return {field.tag: field.values for field in picture.fields}


def test_what_developing_needs_crosses(tmp_path: Path) -> None:
    kept = fields(tmp_path, dirty(DNG))
    assert kept[33422] == (0, 1, 1, 2)
    assert kept[50714] == (64,)
    assert kept[50721][:4] == (7, 10, -1, 10)
    assert kept[50728] == (1, 2, 1, 1, 3, 5)
    assert kept[50730] == (-1, 4)


def test_the_camera_has_the_name_of_all_cameras(tmp_path: Path) -> None:
    data = dirty(DNG)
    assert bytes(fields(tmp_path, data)[50708]) == b"Camera\0"
    found = stills.findings(tmp_path, data)
    assert found["IFD0/UniqueCameraModel"].kind is Kind.DEVICE
    assert found["IFD0/CameraSerialNumber"].kind is Kind.SERIAL


def test_fractions_are_written_in_lowest_terms(tmp_path: Path) -> None:
    other = DNG.ifd.with_tags(Tag(50728, tiff.RATIONAL, (500, 1000, 7, 7, 60, 100)))
    assert stills.cleaned(tmp_path, made(other)) == stills.cleaned(tmp_path, made(DNG.ifd))


@pytest.mark.parametrize("calibration", [(1007, 1000), (1, 1)])
def test_the_calibration_of_one_camera_stays_behind(calibration: tuple[int, int], tmp_path: Path) -> None:
    rest = (0, 1, 0, 1, 0, 1, 1, 1)
    data = made(DNG.ifd.with_tags(Tag(50723, tiff.SRATIONAL, (*calibration, *rest, *rest))))
    assert 50723 not in fields(tmp_path, data)
    assert stills.findings(tmp_path, data)["IFD0/CameraCalibration1"].kind is Kind.SERIAL


def _lossless(count: int, *before: Part, table: int = 0) -> bytes:
    lines = [[(x * 97 + y * 61 + x * y) % 4096 for x in range(20)] for y in range(12)]
    ifd = replace(DNG.ifd, segments=(ljpeg.stream(lines, count, 12, *before, table=table),))
    return made(ifd.with_tags(Tag(259, tiff.SHORT, (7,))))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_lossless_streams_of_any_shape_cross(count: int, tmp_path: Path) -> None:
    out = stills.cleaned(tmp_path, _lossless(count))
    assert _entropy(out) == _entropy(_lossless(count))


def _entropy(data: bytes) -> bytes:
    """What stands behind the scan header."""
    at = data.index(b"\xff\xda")
    return data[at + 2 + int.from_bytes(data[at + 2 : at + 4]) : data.index(b"\xff\xd9", at) + 2]


def test_segments_of_a_lossless_stream_stay_behind(tmp_path: Path) -> None:
    plain = stills.cleaned(tmp_path, _lossless(2))
    assert stills.cleaned(tmp_path, _lossless(2, Part(COM, SECRET), Part(0xE1, SECRET))) == plain
    assert stills.cleaned(tmp_path, _lossless(2, table=1)) == plain


def test_a_linear_picture_of_lossy_streams_crosses(tmp_path: Path) -> None:
    parts = jpeg.picture(size=(20, 12), subsampling="4:4:4")
    stream = jpeg.join((jpeg.adobe(1), Part(COM, SECRET), *parts))
    tags = (Tag(258, tiff.SHORT, (8, 8, 8)), Tag(259, tiff.SHORT, (34892,)), Tag(262, tiff.SHORT, (34892,)))
    ifd = replace(DNG.ifd, segments=(stream,)).with_tags(*tags, Tag(277, tiff.SHORT, (3,)))
    assert SECRET not in stills.cleaned(tmp_path, made(ifd))


def _map(order: str) -> bytes:
    return struct.pack(f"{order}2I4dI5f", 2, 3, 0.5, 0.5, 0.0, 0.0, 4, *[0.25] * 5) + struct.pack(
        f"{order}24f", *range(24)
    )


def test_a_gain_table_map_follows_the_byte_order_of_the_file() -> None:
    assert gain_table_map(_map(">"), "big", "little") == _map("<")
    with pytest.raises(Malformed):
        gain_table_map(_map(">") + b"x", "big", "little")


def _opcode(number: int, body: bytes, flags: int = 1, version: int = 0x01030000) -> bytes:
    return struct.pack(">4I", number, version, flags, len(body)) + body


def test_opcodes_that_readers_may_skip_are_left_out() -> None:
    known, unknown = _opcode(4, bytes(8)), _opcode(99, SECRET)
    assert opcode_list((2).to_bytes(4) + unknown + known, 20, 12) == (1).to_bytes(4) + known
    assert opcode_list((1).to_bytes(4) + unknown, 20, 12) == b""


def test_bytes_behind_the_opcodes_are_left_out() -> None:
    known = _opcode(5, struct.pack(">3I", 1, 1, 0) + bytes(8))
    assert opcode_list((1).to_bytes(4) + known + SECRET, 20, 12) == (1).to_bytes(4) + known


def _areas(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)


def _one(number: int, body: bytes) -> bytes:
    return (1).to_bytes(4) + _opcode(number, body)


WORDS = struct.unpack(">4I", SECRET[:16].ljust(16))

HELD: dict[str, tuple[bytes, bytes]] = {
    "bad pixels outside": (
        _one(5, _areas(1, 2, 2, 3, 4, *WORDS[:2], 1, 1, 3, 3, *WORDS)),
        _one(5, _areas(1, 1, 1, 3, 4, 1, 1, 3, 3)),
    ),
    "an area beyond the picture": (
        _one(7, _areas(2, 4, 0xFFFFFFFF, WORDS[0], 0, 1, 1, 2, 1) + b"\0\7"),
        _one(7, _areas(2, 4, 12, 20, 0, 1, 1, 2, 1) + b"\0\7"),
    ),
    "planes and pitches that mean nothing": (
        _one(7, _areas(2, 4, 12, 20, 1, *WORDS[:3], 1) + b"\0\7"),
        _one(7, _areas(2, 4, 12, 20, 1, 3, 10, 16, 1) + b"\0\7"),
    ),
    "an area elsewhere": (_one(7, _areas(12, 0, 90, 9, 0, 1, 1, 1, 8) + SECRET[:16].ljust(16)), b""),
}


@pytest.mark.parametrize("name", HELD)
def test_what_an_opcode_says_of_no_pixel_is_left_out(name: str) -> None:
    data, kept = HELD[name]
    found = opcode_list(data, 20, 12)
    assert found[4:] == kept[4:]
    assert opcode_list(found, 20, 12) == found if found else not kept


OUT_OF_RANGE = {
    "a phase of the mosaic": _one(4, _areas(0, 4)),
    "a pixel of too many bits": _one(4, _areas(0x10000, 0)),
    "trimmed to nothing": _one(6, _areas(4, 4, 4, 9)),
    "trimmed beyond the picture": _one(6, _areas(0, 0, 13, 20)),
    "an empty table": _one(7, _areas(0, 0, 12, 20, 0, 1, 1, 1, 0)),
    "no pitch": _one(7, _areas(0, 0, 12, 20, 0, 1, 0, 1, 1) + b"\0\7"),
    "a fifth plane": _one(7, _areas(0, 0, 12, 20, 4, 1, 1, 1, 1) + b"\0\7"),
    "a polynomial of many terms": _one(8, _areas(0, 0, 12, 20, 0, 1, 1, 1, 9) + bytes(80)),
    "a map finer than the picture": _one(
        9, _areas(0, 0, 12, 20, 0, 1, 1, 1, 13, 1) + bytes(32) + _areas(1) + bytes(52)
    ),
    "too few rows": _one(10, _areas(0, 0, 12, 20, 0, 1, 2, 1, 5) + bytes(20)),
    "columns for rows": _one(12, _areas(0, 0, 12, 20, 0, 1, 1, 1, 20) + bytes(80)),
    "rows outside": _one(10, _areas(0, 0, 13, 20, 0, 1, 1, 1, 13) + bytes(52)),
    "a warp of no plane": _one(1, _areas(0) + bytes(16)),
    "a warp of five planes": _one(2, _areas(5) + bytes(176)),
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_parameters_of_opcodes_are_held_to_their_ranges(name: str) -> None:
    with pytest.raises(Malformed) as raised:
        opcode_list(OUT_OF_RANGE[name], 20, 12)
    assert raised.value.rule == "parameter-out-of-range"


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (_opcode(99, b"", flags=0), Unsupported),
        (_opcode(4, bytes(9)), Malformed),
        (_opcode(9, bytes(75)), Malformed),
        (_opcode(4, bytes(8), version=0x02000000), Malformed),
        (_opcode(4, bytes(8))[:-1], Malformed),
    ],
    ids=["unknown", "too long", "too short", "of another version", "cut"],
)
def test_opcodes_that_say_something_else_are_refused(data: bytes, error: type[Refused]) -> None:
    with pytest.raises(error):
        opcode_list((1).to_bytes(4) + data, 20, 12)


REFUSED: dict[str, tuple[Ifd, type[Refused], str]] = {
    "JPEG XL inside": (DNG.ifd.with_tags(Tag(259, tiff.SHORT, (52546,))), Unsupported, "jpeg-xl"),
    "no raw picture": (DNG.ifd.with_tags(Tag(262, tiff.SHORT, (1,))), Unsupported, "no-raw-picture"),
    "a newer version": (
        DNG.ifd.with_tags(Tag(50706, tiff.BYTE, (2, 0, 0, 0))),
        Unsupported,
        "newer-than-1.7",
    ),
    "a calibration that shows": (
        DNG.ifd.with_tags(Tag(50723, tiff.SRATIONAL, (12, 10) + (0, 1, 0, 1, 0, 1, 1, 1) * 2)),
        Unsupported,
        "far-from-none",
    ),
    "a matrix of words": (
        DNG.ifd.with_tags(Tag(50721, tiff.ASCII, SECRET)),
        Malformed,
        "type-of-a-DNG-tag",
    ),
    "a fraction of nothing": (
        DNG.ifd.with_tags(Tag(50728, tiff.RATIONAL, (1, 0, 1, 1, 1, 1))),
        Malformed,
        "fraction-without-a-value",
    ),
    "raw data missing": (
        replace(DNG.ifd, segments=(DNG.ifd.segments[0][:-1],)),
        Truncated,
        "shorter-than-its-rows",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_developed_the_same_is_refused(name: str, tmp_path: Path) -> None:
    ifd, error, rule = REFUSED[name]
    with pytest.raises(error) as raised:
        stills.read(tmp_path, made(ifd))
    assert raised.value.rule == rule


@pytest.mark.parametrize("count", [1, 2, 4])
def test_what_lies_behind_the_last_sample_of_a_lossless_stream_stays_behind(
    count: int, tmp_path: Path
) -> None:
    lines = [[(x * 97 + y * 61 + x * y) % 4096 for x in range(20)] for y in range(12)]
    stream = ljpeg.stream(lines, count, 12)
    dirty_stream = stream[:-2] + SECRET + stream[-2:]
    ifd = replace(DNG.ifd, segments=(dirty_stream,)).with_tags(Tag(259, tiff.SHORT, (7,)))
    assert stills.cleaned(tmp_path, made(ifd)) == stills.cleaned(tmp_path, _lossless(count))
    found = stills.findings(tmp_path, made(ifd))
    assert found["picture/surplus"].size == len(SECRET)
