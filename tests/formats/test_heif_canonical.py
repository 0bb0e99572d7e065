"""The canonical still: what stands in it, in which order, and that nothing else does."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import Unsupported
from scrubkit.formats import Reading, isobmff
from scrubkit.formats.heif import FORMAT
from scrubkit.model import Fate, Media
from scrubkit.specimens.builders import heif
from scrubkit.specimens.builders.boxes import box, full, u16, u32
from scrubkit.specimens.builders.heif import SIDE, Layout
from scrubkit.specimens.cases.heif import AV1, AV1_ALPHA, DEEP, GRID, HEVC_ALPHA, SINGLE, TURNED, Still, dirty

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

TOP = ["ftyp", "meta", "mdat"]
META = ["hdlr", "pitm", "iloc", "iinf", "iref", "iprp", "idat"]


def cleaned(folder: Path, still: Still) -> bytes:
    return heifs.cleaned(folder, dirty(still))


def bodies(data: bytes, path: str) -> list[bytes]:
    return [body for name, body in heifs.boxes(data) if name == path]


def names(data: bytes, parent: str = "") -> list[str]:
    depth = parent.count("/") + 1 if parent else 0
    found = [name for name, _ in heifs.boxes(data) if name.startswith(parent) and name.count("/") == depth]
    return [name.rpartition("/")[2] for name in found]


def test_a_single_picture_has_no_references_and_no_inline_data(tmp_path: Path) -> None:
    data = cleaned(tmp_path, SINGLE)
    assert names(data) == TOP
    assert names(data, "meta") == [name for name in META if name not in ("iref", "idat")]


def test_a_grid_has_all_boxes_in_order(tmp_path: Path) -> None:
    data = cleaned(tmp_path, GRID)
    assert names(data) == TOP
    assert names(data, "meta") == META


@pytest.mark.parametrize(
    ("still", "brands"),
    [
        (SINGLE, b"heic\0\0\0\0mif1heic"),
        (GRID, b"heic\0\0\0\0mif1heic"),
        (DEEP, b"heix\0\0\0\0mif1heix"),
        (AV1, b"avif\0\0\0\0avifmif1miaf"),
    ],
    ids=["HEVC", "grid", "10 bits", "AV1"],
)
def test_brands_follow_the_coding(still: Still, brands: bytes, tmp_path: Path) -> None:
    assert bodies(cleaned(tmp_path, still), "ftyp") == [brands]


def test_the_handler_has_no_name(tmp_path: Path) -> None:
    assert bodies(cleaned(tmp_path, SINGLE), "meta/hdlr") == [bytes(8) + b"pict" + bytes(13)]


def test_items_are_numbered_from_one_tiles_hidden_before_their_grid(tmp_path: Path) -> None:
    data = cleaned(tmp_path, GRID)
    tiles = [u32(2 << 24 | 1) + u16(number, 0) + b"hvc1\0" for number in range(1, 5)]
    assert bodies(data, "meta/iinf/infe") == [*tiles, u32(2 << 24) + u16(5, 0) + b"grid\0"]
    assert bodies(data, "meta/pitm") == [u32(0) + u16(5)]
    assert bodies(data, "meta/iref/dimg") == [u16(5, 4, 1, 2, 3, 4)]
    assert bodies(data, "meta/idat") == [heif.grid_body(2, 2, 2 * SIDE - 8, 2 * SIDE)]


@pytest.mark.parametrize(
    ("still", "urn"),
    [
        (HEVC_ALPHA, b"urn:mpeg:hevc:2015:auxid:1"),
        (AV1_ALPHA, b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"),
    ],
    ids=["HEVC", "AV1"],
)
def test_an_alpha_plane_comes_after_its_picture(still: Still, urn: bytes, tmp_path: Path) -> None:
    data = cleaned(tmp_path, still)
    assert bodies(data, "meta/iref/auxl") == [u16(2, 1, 1)]
    assert bodies(data, "meta/iprp/ipco/auxC") == [u32(0) + urn + b"\0"]


def test_properties_stand_once_in_the_order_of_their_use(tmp_path: Path) -> None:
    data = cleaned(tmp_path, TURNED)
    assert names(data, "meta/iprp/ipco") == ["hvcC", "ispe", "pixi", "ispe", "irot", "imir"]
    entries = b"".join(u16(number) + b"\3\x81\2\3" for number in range(1, 5))
    assert bodies(data, "meta/iprp/ipma") == [u32(0, 5) + entries + u16(5) + b"\4\4\3\x85\x86"]


def test_items_lie_in_the_media_box_without_a_gap(tmp_path: Path) -> None:
    data = cleaned(tmp_path, GRID)
    (table,) = bodies(data, "meta/iloc")
    (media,) = bodies(data, "mdat")
    at = len(data) - len(media)
    for number in range(4):
        row = table[8 + 16 * number :][:16]
        assert row[:8] == u16(number + 1, 0, 0, 1)
        assert int.from_bytes(row[8:12]) == at
        at += int.from_bytes(row[12:16])
    assert at == len(data)
    assert table[8 + 64 :] == u16(5, 1, 0, 1) + u32(0, 8)


def test_a_tile_that_is_used_twice_is_written_twice(tmp_path: Path) -> None:
    *tiles, grid = heif.grid()
    again = (b"dimg", (tiles[0].name, tiles[1].name, tiles[0].name, tiles[1].name))
    shared = heif.build(
        (*tiles[:2], heif.Part(grid.name, grid.kind, grid.data, grid.properties, (again,), inside=True)),
        "picture",
    )
    copies = tuple(
        heif.Part(one.name, one.kind, tiles[i % 2].data, one.properties, hidden=True)
        for i, one in enumerate(tiles)
    )
    assert heifs.cleaned(tmp_path, shared) == heifs.cleaned(tmp_path, heif.build((*copies, grid), "picture"))


@pytest.mark.parametrize("still", [SINGLE, GRID, AV1, HEVC_ALPHA], ids=["HEVC", "grid", "AV1", "alpha"])
def test_every_byte_of_a_clean_still_is_structure_or_picture(still: Still, tmp_path: Path) -> None:
    data = cleaned(tmp_path, still)
    ledger = heifs.read(tmp_path, data).ledger
    assert ledger.complete
    assert ledger.total(Fate.RESIDUE) == 0
    (media,) = bodies(data, "mdat")
    assert ledger.total(Fate.ESSENCE) == len(media)


def _said(reading: Reading) -> tuple[Media, str]:
    return reading.media, reading.suffix


def test_a_still_is_a_photo_with_the_suffix_of_its_coding(tmp_path: Path) -> None:
    assert _said(heifs.read(tmp_path, dirty(GRID))) == (Media.PHOTO, ".heic")
    assert _said(heifs.read(tmp_path, dirty(AV1))) == (Media.PHOTO, ".avif")


def head(brands: bytes, *boxes: bytes) -> bytes:
    return box(b"ftyp", brands) + b"".join(boxes)


PICTURES = full(b"meta", 0, 0, full(b"hdlr", 0, 0, u32(0), b"pict", bytes(13)))
ITUNES = full(b"meta", 0, 0, full(b"hdlr", 0, 0, u32(0), b"mdir", bytes(13)))


@pytest.mark.parametrize("major", [b"heic", b"heix", b"mif1", b"msf1", b"avif", b"avis", b"hevc", b"MiHB"])
def test_a_still_is_told_by_its_major_brand(major: bytes) -> None:
    assert FORMAT.sniff(head(major + bytes(4) + b"mif1"))


def test_a_still_is_told_by_a_compatible_brand_and_a_first_box_of_pictures() -> None:
    assert FORMAT.sniff(head(b"isom\0\0\0\0mif1heic", PICTURES))


@pytest.mark.parametrize(
    "data",
    [
        head(b"isom\0\0\0\0mif1heic", box(b"moov")),
        head(b"isom\0\0\0\0mif1heic", ITUNES),
        head(b"isom\0\0\0\0iso2mp41", PICTURES),
        box(b"moov"),
        b"",
    ],
    ids=["a movie first", "another handler", "no brand of stills", "no file type", "nothing"],
)
def test_what_is_no_still_is_left_to_others(data: bytes) -> None:
    assert not FORMAT.sniff(data)


def test_a_movie_is_no_still() -> None:
    assert isobmff.FORMAT.sniff(head(b"isom\0\0\0\0mif1heic", box(b"moov")))


def test_the_layout_that_tests_begin_with_is_a_still() -> None:
    assert FORMAT.sniff(head(Layout().brands))


def units(data: bytes) -> list[bytes]:
    """The open bitstream units of a sample, each with its size in one or two bytes of LEB128."""
    found, at = [], 0
    while at < len(data):
        size, head = data[at + 1] & 0x7F, 2
        if data[at + 1] & 0x80:
            size, head = size | data[at + 2] << 7, 3
        found.append(data[at : at + head + size])
        at += head + size
    return found


def test_a_frame_that_is_not_shown_has_no_place_in_a_still(tmp_path: Path) -> None:
    (picture,) = AV1.parts
    frame = next(unit for unit in units(picture.data) if unit[0] >> 3 & 15 == 6)
    head = 3 if frame[1] & 0x80 else 2
    assert frame[head] & 0xF0 == 0x10, "a key frame that is shown"
    hidden = frame[:head] + bytes([frame[head] & ~0x10]) + frame[head + 1 :]
    data = heif.build((replace(picture, data=picture.data + hidden),), "picture", AV1.layout)
    with pytest.raises(Unsupported, match="several-frames"):
        heifs.read(tmp_path, data)
