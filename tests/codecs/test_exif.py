"""Exif: one tag crosses; the rest is named, whatever the bytes."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scrubkit.codecs import exif, tiff
from scrubkit.errors import Malformed
from scrubkit.essence import Orientation
from scrubkit.model import Finding, Kind
from scrubkit.specimens.builders import jpeg


def names(block: bytes) -> dict[str, Finding]:
    return {found.path: found for found in exif.findings(block, "x", 100)}


@pytest.mark.parametrize("big", [True, False])
@pytest.mark.parametrize("value", range(1, 9))
def test_all_eight_orientations_are_read_in_either_byte_order(value: int, big: bool) -> None:
    block = jpeg.tiff([jpeg.text(0x010F, b"somebody"), jpeg.short(0x0112, value, big=big)], big=big)
    assert exif.orientation(block) is Orientation(value)


@pytest.mark.parametrize("value", [0, 9, 90, 65535])
def test_an_orientation_out_of_range_is_none(value: int) -> None:
    assert exif.orientation(jpeg.tiff([jpeg.short(0x0112, value)])) is None


def test_an_orientation_of_a_thumbnail_is_not_that_of_the_picture() -> None:
    assert exif.orientation(jpeg.tiff([jpeg.text(0x010F, b"x")], second=[jpeg.short(0x0112, 6)])) is None


@pytest.mark.parametrize(
    "block",
    [
        b"",
        b"II*\0",
        b"II*\0\xff\xff\xff\xff",
        b"MM\0*\0\0\0\x08",
        b"XX*\0\x08\0\0\0",
        b"II*\0\x08\0\0\0\x05\0",
    ],
)
def test_a_broken_block_has_no_orientation(block: bytes) -> None:
    assert exif.orientation(block) is None


def test_an_orientation_before_the_place_where_a_block_breaks_off_counts() -> None:
    block = jpeg.tiff([jpeg.short(0x0112, 6), jpeg.text(0x0131, b"a program")])
    assert exif.orientation(block[:24]) is Orientation.CLOCKWISE


@pytest.mark.parametrize("orientation", list(Orientation)[1:])
def test_what_is_written_is_read_again(orientation: Orientation) -> None:
    body = exif.only_orientation(orientation)
    assert len(body) == 32
    assert exif.orientation(body[6:]) is orientation


def test_what_is_written_holds_one_tag() -> None:
    block = exif.only_orientation(Orientation.CLOCKWISE)[6:]
    directory = tiff.read_directory(block, 8, tiff.byte_order(block))
    assert [entry.tag for entry in directory.entries] == [0x0112]
    assert directory.next == 0
    assert directory.stop == len(block)


VALUES = {
    "text": (jpeg.text(0x0131, b"a program"), "a program"),
    "numbers": ((0x0102, 3, 3, b"\0\x08\0\x08\0\x08"), "8 8 8"),
    "a rational": ((0x011A, 5, 1, jpeg.rationals((300, 4))), "75"),
    "a rational over zero": ((0x011A, 5, 1, jpeg.rationals((300, 0))), "300"),
    "Windows text": ((0x9C9B, 1, 8, "häh?".encode("utf-16-le")), "häh?"),
    "UTF-8": (jpeg.text(0x0131, "Grüße".encode()), "Grüße"),
    "Latin-1": (jpeg.text(0x0131, "Grüße".encode("latin-1")), "Grüße"),
    "binary": ((0x8649, 7, 8, b"\x81\x02\x83\x04\x95\x06\x97\x08"), "8102830495069708"),
    "nothing": (jpeg.text(0x0131, b""), None),
}


@pytest.mark.parametrize(("tag", "expected"), VALUES.values(), ids=VALUES.keys())
def test_a_value_is_put_into_words(tag: jpeg.Tag, expected: str | None) -> None:
    (found,) = [found for path, found in names(jpeg.tiff([tag])).items() if path != "x/slack"]
    assert found.untrusted_value == expected


def test_a_value_is_placed_in_the_source() -> None:
    block = jpeg.tiff([jpeg.text(0x0131, b"a program")])
    found = names(block)["x/IFD0/Software"]
    assert found.start == 100 + block.index(b"a program")


def test_values_are_read_where_piexif_would_stumble() -> None:
    block = jpeg.tiff([(0x0112, 13, 1, bytes(4)), jpeg.text(0x0131, b"a program")])
    assert names(block)["x/IFD0/Software"].untrusted_value == "a program"


def test_a_thumbnail_is_a_picture() -> None:
    block = jpeg.tiff(
        [jpeg.text(0x010F, b"x")], second=[(0x0201, 4, 1, (60).to_bytes(4)), (0x0202, 4, 1, (9).to_bytes(4))]
    )
    found = names(block + bytes(50))["x/IFD1/thumbnail"]
    assert (found.kind, found.size, found.start) == (Kind.PICTURE, 9, 160)


def test_what_no_tag_points_to_is_reported() -> None:
    block = jpeg.tiff([jpeg.text(0x0131, b"a program")], after=b"hidden")
    assert names(block)["x/slack"].size == 6


def test_a_block_that_is_none_is_reported_whole() -> None:
    assert names(b"nothing")["x/broken"].size == 7


LOOPS = {
    "an IFD that follows itself": b"MM\0*\0\0\0\x08\0\0\0\0\0\x08",
    "an Exif directory that is IFD0": b"MM\0*\0\0\0\x08\0\1\x87\x69\0\4\0\0\0\1\0\0\0\x08\0\0\0\0",
    "a count of all": b"MM\0*\0\0\0\x08\xff\xff" + b"\x01\x0f\0\2\xff\xff\xff\xff\0\0\0\x08" * 5000,
    "values without end": b"MM\0*\0\0\0\x08\0\1\x01\x0f\0\1\xff\xff\xff\xff\0\0\0\0\0\0\0\0",
    "a negative pointer": b"MM\0*\0\0\0\x08\0\1\x87\x69\0\x09\0\0\0\1\xff\xff\xff\xff\0\0\0\0",
    "sub-IFDs in a ring": jpeg.tiff([(0x014A, 4, 4, (8).to_bytes(4) * 4)]),
}


@pytest.mark.parametrize("block", LOOPS.values(), ids=LOOPS.keys())
def test_a_hostile_block_is_named_in_bounds(block: bytes) -> None:
    assert len(names(block)) < 3000


def test_a_block_that_does_not_begin_like_one_never_reaches_piexif() -> None:
    # piexif would take such bytes for the name of a file and open it.
    assert list(names(b"/etc/hostname")) == ["x/broken"]


@given(st.data())
def test_a_damaged_block_is_named_without_an_error(data: st.DataObject) -> None:
    block = bytearray(
        jpeg.tiff(
            [jpeg.text(0x010F, b"maker"), jpeg.short(0x0112, 6)],
            [
                (
                    0x927C,
                    7,
                    60,
                    b"Apple iOS\0\0\1MM" + jpeg.tiff([jpeg.text(0x11, b"an id")])[8:].ljust(46, b"\0"),
                )
            ],
            [(2, 5, 3, jpeg.rationals((1, 1), (2, 1), (3, 0)))],
            [(0x0201, 4, 1, bytes(4)), (0x0202, 4, 1, bytes(4))],
        )
    )
    for _ in range(data.draw(st.integers(1, 8))):
        place = data.draw(st.integers(0, len(block) - 1))
        block[place] = data.draw(st.integers(0, 255))
    exif.orientation(bytes(block))
    assert names(bytes(block))


SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8, 11: 4, 12: 8}


@given(st.lists(st.tuples(st.sampled_from([0x011A, 0x0131]), st.sampled_from(list(SIZES))), max_size=6))
@example([(0x011A, 5), (0x011A, 3)])
def test_a_tag_may_stand_there_twice_and_be_of_any_type(kinds: list[tuple[int, int]]) -> None:
    tags = [(tag, kind, 1, bytes(range(1, 9))[: SIZES[kind]]) for tag, kind in kinds]
    assert len(names(jpeg.tiff(tags))) <= 1 + len({tag for tag, _ in kinds})


@given(st.binary(max_size=200))
def test_any_bytes_make_a_directory_or_are_malformed(data: bytes) -> None:
    try:
        directory = tiff.read_directory(data, 0, "big")
    except Malformed:
        assert len(data) < 2
        return
    for entry in directory.entries:
        assert not entry.whole or entry.at + entry.size <= len(data)
