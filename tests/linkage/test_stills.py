"""Traits of photos: each tells what it is named after, and nothing else changes it."""

from __future__ import annotations

from array import array
from dataclasses import replace

import pytest

from scrubkit.essence import (
    Component,
    Heif,
    HeifImage,
    HeifItem,
    HuffmanTable,
    Jpeg,
    Orientation,
    Picture,
    Scan,
    ScanComponent,
    Tiff,
    TiffField,
)
from scrubkit.formats.jpeg.tables import STANDARD
from scrubkit.linkage.traits import traits
from scrubkit.pieces import Payload
from scrubkit.source import Memory

DC, AC = list(STANDARD.values())[:2]
PAYLOAD = Payload(Memory(memoryview(b"")), array("Q"), array("Q"))
SCAN = Scan((ScanComponent(0, DC, AC),), 0, 63, 0, 0, 0, ())
PHOTO = Jpeg(0, 8, 640, 480, (Component(2, 2),), ((1,) * 64,), (SCAN,), PAYLOAD)
OWN = HuffmanTable(bytes(15) + b"\x01", b"\x07")


def changed(one: Jpeg | Heif | Tiff, other: Jpeg | Heif | Tiff) -> set[str]:
    first, second = ({each.name: each.value for each in traits(still, 1)} for still in (one, other))
    return {name for name in first.keys() | second.keys() if first.get(name) != second.get(name)}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        (replace(PHOTO, quantisation=((2,) * 64,)), {"quantisation tables"}),
        (replace(PHOTO, width=641), {"frame size"}),
        (replace(PHOTO, orientation=Orientation.CLOCKWISE), {"orientation"}),
        (replace(PHOTO, components=(Component(1, 1),)), {"sampling"}),
        (replace(PHOTO, process=2), {"coding"}),
        (replace(PHOTO, profile=b"icc"), {"colour"}),
        (replace(PHOTO, scans=(replace(SCAN, restart_interval=4),)), {"restart interval"}),
        (
            replace(PHOTO, scans=(replace(SCAN, components=(ScanComponent(0, OWN, AC),)),)),
            {"Huffman tables", "standard Huffman tables"},
        ),
    ],
    ids=lambda value: "+".join(sorted(value)) if isinstance(value, set) else "",
)
def test_each_trait_of_a_jpeg_tells_one_thing(other: Jpeg, expected: set[str]) -> None:
    assert changed(PHOTO, other) == expected


SPS = bytes.fromhex("420101" + "0160000003009000000300 78".replace(" ", ""))
TILE = HeifItem(Picture("hevc", "hvc1", 512, 512, parameter_sets=(SPS,)), (), 0)
STILL = Heif(HeifImage((TILE, TILE), 1024, 512, 1, 2), None, PAYLOAD)


def test_a_still_is_called_by_its_coding_profile_and_tiles() -> None:
    found = {each.name: each.value for each in traits(STILL, 1)}
    assert found["file format"] == "hevc"
    assert found["tiles"] == "2x1 512x512"
    assert found["codec, profile and level"].startswith("hevc 01600000")


def test_a_still_of_one_item_has_no_tiles() -> None:
    assert changed(STILL, replace(STILL, picture=HeifImage((TILE,), 1024, 512))) == {"tiles"}


RAW = Tiff(
    big_endian=False,
    tiled=False,
    fields=(
        TiffField(256, 3, (640,)),
        TiffField(259, 3, (7,)),
        TiffField(50721, 10, (1, 2)),
        TiffField(50728, 5, (1, 3)),
    ),
    segments=(),
    payload=PAYLOAD,
)


def with_field(tag: int) -> Tiff:
    return replace(
        RAW, fields=tuple(replace(each, values=(9,)) if each.tag == tag else each for each in RAW.fields)
    )


@pytest.mark.parametrize(
    ("tag", "expected"), [(256, {"frame size"}), (259, {"coding"}), (50721, {"tables"}), (50728, set())]
)
def test_fields_of_a_raw_photo_tell_of_its_model_and_not_of_its_light(tag: int, expected: set[str]) -> None:
    assert changed(RAW, with_field(tag)) == expected
