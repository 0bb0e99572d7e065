"""What stays behind when a still is cleaned is named, and so is every byte of the source."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import ScrubError
from scrubkit.model import Fate, Kind, Residual
from scrubkit.specimens.builders import boxes, heif, jpeg
from scrubkit.specimens.builders.boxes import box, full, u8, u16, u32
from scrubkit.specimens.builders.heif import Layout, Part
from scrubkit.specimens.cases.heif import GRID, SINGLE, Still, dirty, other_items

from . import heifs

if TYPE_CHECKING:
    from pathlib import Path

SECRET = b"a camera's own words"
PICTURE = heif.picture()

ITEMS = {
    "exif": ("item/Exif", Kind.DEVICE),
    "xmp": ("item/XMP", Kind.SOFTWARE),
    "text": ("item/mime", Kind.UNKNOWN),
    "address": ("item/uri", Kind.IDENTIFIER),
    "unknown": ("item/other", Kind.UNKNOWN),
    "thumbnail": ("item/thumbnail", Kind.PICTURE),
    "depth": ("item/depth", Kind.PICTURE),
    "gain map": ("item/gain-map", Kind.PICTURE),
    "burst": ("item/picture", Kind.HIDDEN),
}


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_that_stays_behind_is_named_by_what_it_is(name: str, tmp_path: Path) -> None:
    item = next(part for part in other_items(SECRET, "hevc") if part.name == name)
    found = heifs.read(tmp_path, heif.build((PICTURE, item), "picture")).residue
    path, kind = ITEMS[name]
    assert [(one.kind, one.size) for one in found if one.path == path] == [(kind, len(item.data))]


def test_the_inside_of_exif_and_xmp_is_named(tmp_path: Path) -> None:
    found = heifs.paths(heifs.read(tmp_path, dirty(SINGLE)))
    assert {"item/Exif/GPS/GPSLatitude", "item/XMP/exif:GPSLatitude"} <= found


def test_tiles_of_a_grid_that_stays_behind_are_named_as_what_the_grid_is(tmp_path: Path) -> None:
    small = heif.grid(name="small")
    small = (*small[:4], replace(small[4], references=(*small[4].references, (b"thmb", ("picture",)))))
    found = heifs.read(tmp_path, heif.build((PICTURE, *small), "picture")).residue
    assert [one.count for one in found if one.path == "item/thumbnail"] == [5]


@pytest.mark.parametrize("still", [SINGLE, GRID], ids=["single", "grid"])
def test_the_ledger_counts_coded_data_as_essence_and_all_else_as_something(
    still: Still, tmp_path: Path
) -> None:
    data = dirty(still)
    ledger = heifs.read(tmp_path, data).ledger
    assert ledger.complete
    fates = Counter(row.fate for row in ledger.rows)
    assert fates[Fate.ESSENCE] == 1
    assert ledger.total(Fate.RESIDUE) > 0


def test_what_a_filter_drops_inside_an_item_is_residue(tmp_path: Path) -> None:
    unit = b"\x60\x01" + SECRET
    plain = heif.build((PICTURE,), "picture")
    more = heif.build((replace(PICTURE, data=u32(len(unit)) + unit + PICTURE.data),), "picture")
    before, after = (heifs.read(tmp_path, data).ledger for data in (plain, more))
    assert after.total(Fate.ESSENCE) == before.total(Fate.ESSENCE)
    assert after.total(Fate.RESIDUE) == before.total(Fate.RESIDUE) + 4 + len(unit)


def test_bytes_that_no_item_owns_are_a_gap(tmp_path: Path) -> None:
    found = heifs.read(tmp_path, heif.build((PICTURE,), "picture", Layout(gap=SECRET))).residue
    assert [one.size for one in found if one.path == "mdat/gap"] == [2 * len(SECRET)]


def test_a_sequence_beside_the_still_is_hidden_picture(tmp_path: Path) -> None:
    movie = box(b"moov", box(b"mvhd", bytes(100)))
    found = heifs.read(tmp_path, heif.build((PICTURE,), "picture", Layout(after=movie))).residue
    assert [(one.kind, one.size) for one in found if one.path == "moov"] == [(Kind.HIDDEN, len(movie))]


def test_names_and_brands_are_findings(tmp_path: Path) -> None:
    layout = Layout(brands=b"heic\0\0\0\0mif1heicMiHB", handler=SECRET + b"\0")
    data = heif.build((replace(PICTURE, label=SECRET),), "picture", layout)
    found = heifs.paths(heifs.read(tmp_path, data))
    assert {"ftyp.brands", "meta/hdlr/name", "meta/iinf/infe.item_name"} <= found


def test_a_crop_and_spare_tiles_are_said_to_remain(tmp_path: Path) -> None:
    whole = heif.grid(size=(2 * heif.SIDE, 2 * heif.SIDE))
    for parts, expected in ((whole, False), (heif.grid(), True)):
        remaining = heifs.read(tmp_path, heif.build(parts, "picture")).remaining
        assert (Residual.CLEAN_APERTURE in {one.what for one in remaining}) is expected


def test_a_clean_still_has_no_findings(tmp_path: Path) -> None:
    clean = heifs.cleaned(tmp_path, dirty(GRID))
    assert heifs.read(tmp_path, clean).residue == ()


def _extents(count: int) -> bytes:
    """Three items of many extents, two of them cut out of the next one."""
    rows = u16(3)
    for number, method in ((1, 2), (2, 2), (3, 0)):
        extents = b"".join(u32(1, 0, 9000) if method else u32(1, 100 + i % 50 * 2, 1) for i in range(count))
        rows += u16(number, method, 0, count) + extents
    return full(b"iloc", 1, 0, u8(0x44, 0x04), rows)


def _cut_without_end() -> bytes:
    parts = (
        replace(PICTURE, references=((b"iloc", ("second",)),)),
        Part("second", b"mime", bytes(9), references=((b"iloc", ("third",)),)),
        Part("third", b"mime", bytes(9)),
    )
    data = heif.build(parts, "picture", Layout(order=tuple(each for each in heif.ORDER if each != "iloc")))
    meta = next(node for node in boxes.parse(data) if node.kind == b"meta")
    table = _extents(40_000)
    return (
        data[: meta.start]
        + u32(meta.end - meta.start + len(table))
        + data[meta.start + 4 : meta.end]
        + table
        + data[meta.end :]
    )


def _chain(length: int) -> bytes:
    links = tuple(
        Part(
            f"link {i}", b"iden", b"\0", (), ((b"dimg", (f"link {i + 1}" if i + 1 < length else "picture",)),)
        )
        for i in range(length)
    )
    return heif.build((*links, PICTURE), "link 0")


def _one_tile(count: int) -> bytes:
    tile = replace(PICTURE, name="tile")
    body = heif.grid_body(64, count // 64, 64 * heif.SIDE, count)
    grid = Part("picture", b"grid", body, (), ((b"dimg", ("tile",) * count),), inside=True)
    return heif.build((tile, grid), "picture")


COSTLY = {
    "very many boxes": heif.build((PICTURE,), "picture", Layout(after=box(b"free") * 30_000)),
    "very many properties": heif.build(
        (PICTURE,), "picture", Layout(extra_properties=(box(b"zzzz", b"a"),) * 30_000)
    ),
    "extents of extents": _cut_without_end(),
    "a long chain of identities": _chain(5_000),
    "one tile, thousands of times": _one_tile(4096),
    "very many references": heif.build(
        (PICTURE,), "picture", Layout(extra_references=box(b"auxl", u16(9, 1, 1)) * 30_000)
    ),
}


@pytest.mark.parametrize("name", COSTLY)
def test_a_file_made_to_cost_much_costs_little(name: str, tmp_path: Path) -> None:
    begun = time.process_time()
    with contextlib.suppress(ScrubError):
        heifs.read(tmp_path, COSTLY[name])
    assert time.process_time() - begun < 2


def test_what_a_profile_says_beyond_its_colours_is_residue(tmp_path: Path) -> None:
    data = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=SECRET)
    reading = heifs.read(tmp_path, heif.build((heif.picture(shown=(heif.profile(data),)),), "picture"))
    rows = {row.path: row for row in reading.ledger.rows}
    assert rows["meta/iprp/ipco/colr/profile"].fate is Fate.RESIDUE
    assert "meta/iprp/ipco/colr/profile/desc" in heifs.paths(reading)


def test_a_profile_that_no_viewer_applies_is_named_whole(tmp_path: Path) -> None:
    grey = jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY")
    reading = heifs.read(tmp_path, heif.build((heif.picture(shown=(heif.profile(grey),)),), "picture"))
    rows = {row.path: row for row in reading.ledger.rows}
    assert rows["meta/iprp/ipco/colr"].fate is Fate.RESIDUE
    assert "meta/iprp/ipco/colr" in heifs.paths(reading)
