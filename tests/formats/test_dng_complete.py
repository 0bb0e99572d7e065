"""A DNG as a phone writes it, with all that one can hold: the raw samples cross, and what they need."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest

from scrubkit.essence import Tiff
from scrubkit.model import Fate, Residual
from scrubkit.pieces import Coded, Span
from scrubkit.specimens.builders import jpeg, ljpeg, tiff
from scrubkit.specimens.builders.tiff import Ifd, Layout, Tag

from . import stills

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.specimens.builders.tiff import Order

SECRET = b"Q7ZK31-48x!? of one person"

WIDTH, LENGTH, EDGE, BITS = 80, 56, 32, 14
"""Tiles that reach beyond the picture, on the right and below."""


def samples() -> list[list[int]]:
    """A mosaic that no two places of which are alike for long."""
    return [
        [
            (x * x * 31 + y * y * 17 + x * y * 7 + 900 * (x % 2) + 400 * (y % 2)) % (1 << BITS)
            for x in range(WIDTH)
        ]
        for y in range(LENGTH)
    ]


def tiles() -> tuple[bytes, ...]:
    """Lossless streams; as DNG has it, two columns of the mosaic are two components."""
    rows = [row + row[-1:] * EDGE for row in samples()]
    rows += rows[-1:] * EDGE
    return tuple(
        ljpeg.stream([row[left : left + EDGE] for row in rows[top : top + EDGE]], 2, BITS)
        for top in range(0, LENGTH, EDGE)
        for left in range(0, WIDTH, EDGE)
    )


def decode(stream: bytes) -> list[list[int]]:
    """Decode a lossless stream of predictor 1, whose table may be any (ITU-T T.81 §H.2)."""
    parts = {part.code: part for part in jpeg.split(stream)}
    frame, table, data = parts[0xC3].body, parts[0xC4].body, parts[0xDA].data.replace(b"\xff\0", b"\xff")
    length, width, count = int.from_bytes(frame[1:3]), int.from_bytes(frame[3:5]), frame[5]
    bits = "".join(f"{byte:08b}" for byte in data)
    codes, code, symbols = {}, 0, iter(table[17:])
    for size, number in enumerate(table[1:17], 1):
        for _ in range(number):
            codes[f"{code:0{size}b}"] = next(symbols)
            code += 1
        code <<= 1
    at = 0
    rows: list[list[int]] = []
    for y in range(length):
        row: list[int] = []
        for x in range(width * count):
            size = next(size for size in range(1, 17) if bits[at : at + size] in codes)
            category = codes[bits[at : at + size]]
            at += size
            value = int(bits[at : at + category] or "0", 2)
            at += category
            if category and not value >> category - 1:
                value -= (1 << category) - 1
            above = rows[y - 1][x] if y else 1 << (frame[0] - 1)
            row.append(((row[x - count] if x >= count else above) + value) & 0xFFFF)
        rows.append(row)
    return rows


def opcodes(*each: tuple[int, bytes]) -> bytes:
    return len(each).to_bytes(4) + b"".join(
        struct.pack(">4I", number, 0x01030000, 1, len(body)) + body for number, body in each
    )


def _area(top: int, left: int) -> bytes:
    return struct.pack(">8I", top, left, LENGTH - 8, WIDTH - 8, 0, 1, 2, 2)


def _gains(top: int, left: int) -> tuple[int, bytes]:
    """Lens shading of one colour of the mosaic: a map of 3 by 4 points."""
    head = struct.pack(">2I4dI", 3, 4, 0.5, 1 / 3, 0.0, 0.0, 1)
    return 9, _area(top, left) + head + struct.pack(">12f", *(1 + place / 8 for place in range(12)))


LISTS = {
    51008: opcodes((5, struct.pack(">3I4I4I", 1, 2, 1, 5, 6, 9, 70, 20, 30, 22, 33)), (99, SECRET)),
    51009: opcodes(*(_gains(top, left) for top in (0, 1) for left in (0, 1))),
    51022: opcodes(
        (1, struct.pack(">I6d2d", 1, 1.0, -0.0625, 0.03125, 0.0, 0.0, 0.0, 0.5, 0.5)),
        (3, struct.pack(">5d2d", 0.25, 0.125, 0.0, 0.0, 0.0, 0.5, 0.5)),
    ),
}


def _matrix(*units: int) -> tuple[int, ...]:
    """Fractions of ten thousand."""
    return tuple(value for unit in units for value in (unit, 10_000))


MATRICES = {
    50721: _matrix(10187, -4025, -1124, -3970, 11884, 2359, -484, 1478, 5471),
    50722: _matrix(8043, -2100, -803, -4300, 12567, 1894, -612, 1700, 5300),
    50964: _matrix(6000, 2500, 1143, 2300, 7500, 200, 100, 300, 7851),
}

CURVE = tuple(min(65535, place * 4) for place in range(1 << BITS))

TONES = tuple(value for place in range(5) for value in (place / 4, (place / 4) ** 0.5))

HUES = tuple(value for place in range(12) for value in (place * 2.5 - 12, 1 + place / 16, 1.0))


def _floats(values: tuple[float, ...]) -> tuple[int, ...]:
    return struct.unpack(f"{len(values)}I", struct.pack(f"{len(values)}f", *values))


def _doubles(values: tuple[float, ...]) -> tuple[int, ...]:
    return struct.unpack(f"{len(values)}Q", struct.pack(f"{len(values)}d", *values))


RAW = {
    254: Tag(254, tiff.LONG, (0,)),
    33421: Tag(33421, tiff.SHORT, (2, 2)),
    33422: Tag(33422, tiff.BYTE, (1, 0, 2, 1)),
    50710: Tag(50710, tiff.BYTE, (0, 1, 2)),
    50711: Tag(50711, tiff.SHORT, (1,)),
    50712: Tag(50712, tiff.SHORT, CURVE),
    50713: Tag(50713, tiff.SHORT, (2, 2)),
    50714: Tag(50714, tiff.RATIONAL, (2112, 1, 2113, 1, 4225, 2, 2111, 1)),
    50717: Tag(50717, tiff.LONG, (65000,)),
    50718: Tag(50718, tiff.RATIONAL, (1, 1, 1, 1)),
    50719: Tag(50719, tiff.RATIONAL, (4, 1, 4, 1)),
    50720: Tag(50720, tiff.RATIONAL, (WIDTH - 16, 1, LENGTH - 16, 1)),
    50733: Tag(50733, tiff.LONG, (100,)),
    50738: Tag(50738, tiff.RATIONAL, (1, 1)),
    50829: Tag(50829, tiff.LONG, (4, 4, LENGTH - 4, WIDTH - 4)),
    50830: Tag(50830, tiff.LONG, (0, 0, 4, WIDTH)),
    51041: Tag(51041, tiff.DOUBLE, _doubles((2**-12, 2**-20))),
    51125: Tag(51125, tiff.RATIONAL, (1, 8, 1, 8, 7, 8, 2, 3)),
}

CAMERA = {
    50706: Tag(50706, tiff.BYTE, (1, 4, 0, 0)),
    50707: Tag(50707, tiff.BYTE, (1, 4, 0, 0)),
    **{number: Tag(number, tiff.SRATIONAL, values) for number, values in MATRICES.items()},
    50727: Tag(50727, tiff.RATIONAL, (1, 1, 1, 1, 1, 1)),
    50728: Tag(50728, tiff.RATIONAL, (503, 1000, 1, 1, 617, 1000)),
    50730: Tag(50730, tiff.SRATIONAL, (-3, 8)),
    50731: Tag(50731, tiff.RATIONAL, (6, 10)),
    50732: Tag(50732, tiff.RATIONAL, (3, 2)),
    50734: Tag(50734, tiff.RATIONAL, (1, 1)),
    50739: Tag(50739, tiff.RATIONAL, (1, 1)),
    50778: Tag(50778, tiff.SHORT, (17,)),
    50779: Tag(50779, tiff.SHORT, (21,)),
    50937: Tag(50937, tiff.LONG, (6, 2, 1)),
    50938: Tag(50938, tiff.FLOAT, _floats(HUES)),
    50940: Tag(50940, tiff.FLOAT, _floats(TONES)),
    51109: Tag(51109, tiff.SRATIONAL, (0, 1)),
}

NAMED = {
    270: SECRET,  # ImageDescription
    271: b"Maker",  # Make
    272: b"Model 9",  # Model
    305: b"Firmware 00WW_1",  # Software
    306: b"2024:05:31 11:00:00",  # DateTime
    315: SECRET,  # Artist
    33432: SECRET,  # Copyright
    50708: b"Maker Model 9",  # UniqueCameraModel
    50735: SECRET,  # CameraSerialNumber
    50827: SECRET,  # OriginalRawFileName
    50931: SECRET,  # CameraCalibrationSignature
    50936: SECRET,  # ProfileName
    50942: SECRET,  # ProfileCopyright
    50966: SECRET,  # PreviewApplicationName
    50971: b"2024-05-31T11:00:00+00:00",  # PreviewDateTime
}

BLOCKS = {
    700: b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>",
    33723: b"\x1c\2\x78\0\x1a" + SECRET,  # IPTC
    34377: b"8BIM\4\4\0\0\0\0\0\x1a" + SECRET,  # Photoshop
    50740: b"Maker\0" + SECRET,  # DNGPrivateData
    50781: SECRET[:16],  # RawDataUniqueID
    50828: SECRET * 9,  # OriginalRawFileData
}


def _exif() -> Ifd:
    return Ifd(
        (
            Tag(33434, tiff.RATIONAL, (1, 125)),
            tiff.text(36867, b"2024:05:31 11:00:00"),
            Tag(37500, tiff.UNDEFINED, b"Maker iOS\0\0\1MM" + SECRET),
            tiff.text(42032, SECRET),
            tiff.text(42033, SECRET),
        )
    )


def _gps() -> Ifd:
    return Ifd((tiff.text(1, b"N"), Tag(2, tiff.RATIONAL, (12, 1, 34, 1, 5678, 100)), tiff.text(29, SECRET)))


def _raw(order: Order) -> Ifd:
    layout = (
        Tag(256, tiff.LONG, (WIDTH,)),
        Tag(257, tiff.LONG, (LENGTH,)),
        Tag(258, tiff.SHORT, (16,)),
        Tag(259, tiff.SHORT, (7,)),
        Tag(262, tiff.SHORT, (32803,)),
        Tag(277, tiff.SHORT, (1,)),
        Tag(322, tiff.LONG, (EDGE,)),
        Tag(323, tiff.LONG, (EDGE,)),
    )
    more = (Tag(number, tiff.UNDEFINED, data) for number, data in LISTS.items())
    gains = struct.pack(
        f"{'<' if order == 'little' else '>'}2I4dI5f8f", 2, 2, 1, 1, 0, 0, 2, *[0.25] * 5, *[1.5] * 8
    )
    return Ifd((*layout, *RAW.values(), *more, Tag(52525, tiff.UNDEFINED, gains)), tiles(), tiled=True)


def complete(order: Order) -> bytes:
    """IFD0 with a thumbnail; below it the raw picture and a preview; Exif, GPS, XMP and a maker's own."""
    pixels = SECRET.ljust(48, b".")
    thumbnail = tiff.picture((16, 1), 3, 8, (pixels,), Tag(254, tiff.LONG, (1,)), Tag(274, tiff.SHORT, (6,)))
    stream = jpeg.join((jpeg.Part(jpeg.COM, SECRET), *jpeg.picture(size=(32, 24))))
    coding = Tag(259, tiff.SHORT, (7,)), Tag(262, tiff.SHORT, (6,)), Tag(278, tiff.LONG, (24,))
    preview = tiff.picture((32, 24), 3, 8, (stream,), Tag(254, tiff.LONG, (1,)), *coding)
    first = thumbnail.with_tags(
        *CAMERA.values(),
        *(tiff.text(number, words) for number, words in NAMED.items()),
        *(Tag(number, tiff.UNDEFINED, data) for number, data in BLOCKS.items()),
        Tag(50723, tiff.SRATIONAL, (1003, 1000, 0, 1, 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 998, 1000)),
    )
    below = ((330, (_raw(order), preview)), (34665, (_exif(),)), (34853, (_gps(),)))
    whole = Ifd(first.tags, first.segments, below=below)
    return tiff.build((whole,), Layout(order, gap=SECRET, after=SECRET))


@pytest.fixture(params=["little", "big"])
def data(request: pytest.FixtureRequest) -> bytes:
    return complete(request.param)


def fields(folder: Path, data: bytes) -> dict[int, tuple[int, ...]]:
    picture = stills.read(folder, data).essence
    assert isinstance(picture, Tiff)
    return {field.tag: field.values for field in picture.fields}


def raw_samples(data: bytes, folder: Path) -> list[list[int]]:
    """The samples of the picture that a clean file has, put together from its tiles."""
    picture = stills.read(folder, data).essence
    assert isinstance(picture, Tiff)
    streams = []
    at = len(data) - sum(map(_size, picture.segments))
    for segment in picture.segments:
        streams.append(data[at : at + _size(segment)])
        at += _size(segment)
    across = -(-WIDTH // EDGE)
    decoded = [decode(stream) for stream in streams]
    return [
        [decoded[y // EDGE * across + x // EDGE][y % EDGE][x % EDGE] for x in range(WIDTH)]
        for y in range(LENGTH)
    ]


def _size(segment: tuple[Span | Coded, ...]) -> int:
    return sum(piece.size if isinstance(piece, Span) else len(piece.data) for piece in segment)


def test_raw_samples_cross_as_they_are(data: bytes, tmp_path: Path) -> None:
    assert raw_samples(stills.cleaned(tmp_path, data), tmp_path) == samples()


def test_nothing_of_a_person_crosses(data: bytes, tmp_path: Path) -> None:
    out = stills.cleaned(tmp_path, data)
    for words in (
        SECRET,
        SECRET[:8],
        *NAMED.values(),
        b"iOS",
        struct.pack(">I", 5678),
        struct.pack("<I", 5678),
    ):
        assert words not in out


@pytest.mark.parametrize("number", [*RAW, *CAMERA])
def test_what_developing_needs_crosses_with_its_value(number: int, tmp_path: Path) -> None:
    kept = fields(tmp_path, complete("little"))[number]
    stated = (RAW | CAMERA)[number]
    assert isinstance(stated.values, tuple)
    if stated.type in (tiff.RATIONAL, tiff.SRATIONAL):
        for (top, bottom), (own_top, own_bottom) in zip(_pairs(kept), _pairs(stated.values), strict=True):
            assert abs(top / bottom - own_top / own_bottom) < 1e-6
    elif stated.type == tiff.FLOAT:
        wanted = struct.unpack(f"{len(kept)}f", struct.pack(f"{len(kept)}I", *stated.values))
        assert struct.unpack(f"{len(kept)}f", struct.pack(f"{len(kept)}I", *kept)) == pytest.approx(
            wanted, 2**-12
        )
    else:
        assert kept == stated.values


def _pairs(values: tuple[int, ...]) -> list[tuple[int, int]]:
    return list(zip(values[::2], values[1::2], strict=True))


def test_opcodes_cross_but_for_one_that_nobody_knows(tmp_path: Path) -> None:
    kept = fields(tmp_path, complete("big"))
    assert bytes(kept[51009])[:4] == LISTS[51009][:4]
    assert bytes(kept[51022]) == LISTS[51022]
    assert bytes(kept[51008])[4:] == LISTS[51008][4 : 4 + 16 + 12 + 16 + 16]


def test_what_stays_behind_is_named(data: bytes, tmp_path: Path) -> None:
    reading = stills.read(tmp_path, data)
    found = {each.path for each in reading.residue}
    for path in ("IFD0/XMLPacket", "IFD0/DNGPrivateData", "IFD0/CameraSerialNumber", "IFD0/SubIFD1/picture"):
        assert any(each == path or each.startswith(f"{path}/") for each in found), path
    assert reading.ledger.complete
    assert reading.ledger.total(Fate.ESSENCE) < sum(map(len, tiles())) + 1
    remaining = {each.what for each in reading.remaining}
    assert Residual.CAMERA_COLOUR in remaining
    assert Residual.ORIENTATION in remaining
    assert Residual.BEHIND_PICTURE not in remaining


def test_the_byte_order_of_a_dng_is_all_one(tmp_path: Path) -> None:
    assert stills.cleaned(tmp_path, complete("big")) == stills.cleaned(tmp_path, complete("little"))


def test_a_table_holds_nothing_behind_the_largest_sample(tmp_path: Path) -> None:
    """A table for 16 bits is no longer than samples of 8 bits can reach."""
    plain = tiff.picture((20, 4), 1, 8, tiff.strips(tiff.rows(20, 4, 1), 4), Tag(262, tiff.SHORT, (32803,)))
    ifd = plain.with_tags(*(RAW[number] for number in (254, 33421, 33422)), *CAMERA.values())
    long = Tag(50712, tiff.SHORT, tuple(range(0, 65536, 16)))
    kept = fields(tmp_path, tiff.build((ifd.with_tags(tiff.text(50708, b"x"), long),), Layout()))
    assert kept[50712] == tuple(range(0, 4096, 16))


@pytest.mark.parametrize("number", [50718, 50780, 51125])
def test_shares_of_the_picture_keep_more_digits(number: int, tmp_path: Path) -> None:
    """A place in twenty thousand would be half a pixel of a wide picture."""
    count = {50718: 2, 50780: 1, 51125: 4}[number]
    raw = _raw("little").with_tags(Tag(number, tiff.RATIONAL, (3, 7) * count), *CAMERA.values())
    kept = fields(tmp_path, tiff.build((raw,), Layout()))[number]
    assert abs(kept[0] / kept[1] - 3 / 7) * 16_000 < 0.1
