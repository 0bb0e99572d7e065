"""What a clean JPEG looks like, segment by segment."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import DHT, DQT, DRI, SOS, Part

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

JFIF, EXIF, ICC, ADOBE = 0xE0, 0xE1, 0xE2, 0xEE


def codes(data: bytes) -> list[int]:
    return [part.code for part in jpeg.split(data)]


def body(data: bytes, code: int) -> bytes:
    return next(part.body for part in jpeg.split(data) if part.code == code)


def test_a_baseline_picture_is_jfif_tables_frame_and_scan(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join(jpeg.tables_joined(jpeg.picture())))
    assert codes(out) == [JFIF, DQT, DQT, 0xC0, DHT, DHT, DHT, DHT, SOS]


def test_huffman_tables_come_in_the_order_dc0_ac0_dc1_ac1(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join(jpeg.tables_reversed(jpeg.picture())))
    assert [part.body[0] for part in jpeg.split(out) if part.code == DHT] == [0x00, 0x10, 0x01, 0x11]


def test_jfif_is_version_1_01_with_square_pixels_and_no_thumbnail(tmp_path: Path) -> None:
    dirty = Part(JFIF, b"JFIF\0\1\2\1\1\x2c\1\x2c\1\1abc")
    out = jpegs.cleaned(tmp_path, jpeg.join((dirty, *jpeg.picture())))
    assert body(out, JFIF) == b"JFIF\0\1\1\0\0\1\0\1\0\0"


@pytest.mark.parametrize("value", range(2, 9))
def test_an_orientation_is_kept_as_the_only_exif_tag(value: int, tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join((jpeg.orientation(value, big=False), *jpeg.picture())))
    expected = "457869660000 4d4d002a00000008 0001 011200030000000100" + f"{value:02x}0000 00000000"
    assert body(out, EXIF) == bytes.fromhex(expected)
    assert codes(out)[:2] == [JFIF, EXIF]


@pytest.mark.parametrize("value", [0, 1, 9, 255])
def test_an_upright_or_impossible_orientation_is_not_written(value: int, tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join((jpeg.orientation(value), *jpeg.picture())))
    assert EXIF not in codes(out)


def test_exif_after_the_first_scan_is_not_what_viewers_go_by(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join((*jpeg.picture(), jpeg.orientation(6))))
    assert EXIF not in codes(out)


def test_components_are_numbered_from_one(tmp_path: Path) -> None:
    parts = jpeg.renamed(jpeg.picture(), bytes((34, 0, 200)))
    out = jpegs.cleaned(tmp_path, jpeg.join((jpeg.JFIF, *parts)))
    assert body(out, 0xC0)[6::3] == b"\1\2\3"
    assert body(out, SOS)[1:7:2] == b"\1\2\3"


def test_equal_quantisation_tables_become_one(tmp_path: Path) -> None:
    parts = jpeg.picture()
    (_, luma), _ = jpeg.quantisation(parts)
    twice = (Part(DQT, b"\0" + luma), Part(DQT, b"\1" + luma), *jpeg.without(parts, DQT))
    out = jpegs.cleaned(tmp_path, jpeg.join(twice))
    assert codes(out).count(DQT) == 1
    assert body(out, 0xC0)[8::3] == b"\0\0\0"


def test_a_table_that_needs_16_bits_has_them_and_the_frame_is_extended(tmp_path: Path) -> None:
    wide = Part(DQT, b"\x10" + b"".join((300 + i).to_bytes(2) for i in range(64)))
    parts = jpeg.changed(jpeg.picture("L"), 0xC0, lambda frame: frame[:-1] + b"\0")
    out = jpegs.cleaned(tmp_path, jpeg.join((wide, *jpeg.without(parts, DQT))))
    assert body(out, DQT) == wide.body
    assert 0xC1 in codes(out)


def test_progressive_tables_stand_before_the_scan_that_needs_them(tmp_path: Path) -> None:
    parts = jpeg.picture(progressive=True)
    everything_twice = [each for part in parts for each in ((part, part) if part.code == DHT else (part,))]
    out = jpegs.cleaned(tmp_path, jpeg.join(everything_twice))
    assert [k for k, _ in groupby(codes(out))] == [JFIF, *(k for k, _ in groupby(p.code for p in parts))]
    assert codes(out).count(DHT) == sum(len(jpeg.huffman(p.body)) for p in parts if p.code == DHT)


def test_a_table_that_is_still_loaded_is_not_written_again(tmp_path: Path) -> None:
    parts = three_scans()
    out = jpegs.cleaned(tmp_path, jpeg.join(parts))
    assert codes(out).count(SOS) == 3
    assert [part.body[0] for part in jpeg.split(out) if part.code == DHT] == [0x00, 0x10, 0x11]


def three_scans() -> jpeg.Parts:
    """A sequential picture whose components have a scan each, all tables before each.

    One DC table serves all, one AC table the first component and another the rest.
    The entropy-coded data of a grey picture serve for all three.
    """
    grey = jpeg.picture("L")
    tables = [Part(DHT, table) for part in grey if part.code == DHT for table in jpeg.huffman(part.body)]
    others = [Part(DHT, bytes((part.body[0] | 1,)) + part.body[1:]) for part in tables]
    others = [
        Part(DHT, part.body[:17] + part.body[17:][::-1]) if part.body[0] & 16 else part for part in others
    ]
    frame = next(part.body for part in grey if part.code == 0xC0)
    frame = frame[:5] + b"\3" + b"\1\x11\0" + b"\2\x11\0" + b"\3\x11\0"
    data = grey[-1].data
    scans = [Part(SOS, bytes((1, i + 1, 0x11 if i else 0, 0, 63, 0)), data) for i in range(3)]
    return (
        *(part for part in grey if part.code == DQT),
        Part(0xC0, frame),
        *(part for scan in scans for part in (*tables, *others, scan)),
    )


def test_a_restart_interval_without_restart_markers_is_not_written(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join(jpeg.before(jpeg.picture(), SOS, Part(DRI, b"\x10\0"))))
    assert DRI not in codes(out)


def test_a_restart_interval_with_restart_markers_is_written(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join(jpeg.picture(restart_marker_blocks=3)))
    assert body(out, DRI) == b"\0\3"


def test_the_standard_tables_are_written_where_a_frame_leaves_them_out(tmp_path: Path) -> None:
    full = jpeg.picture()
    out = jpegs.cleaned(tmp_path, jpeg.join(jpeg.without(full, DHT)))
    assert out == jpegs.cleaned(tmp_path, jpeg.join(full))


def test_nothing_follows_the_end_of_the_image(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, jpeg.join(jpeg.picture(), b"anything"))
    assert out.endswith(jpeg.picture()[-1].data + b"\xff\xd9")
