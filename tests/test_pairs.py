"""Live Photos: that a picture and a clip belong together is counted, and nothing in the outputs says it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import support
from scrubkit.model import FileReport, Finding, Kind, Media, Verdict
from scrubkit.pairs import Pairing, Pairs
from scrubkit.specimens.builders import heif, jpeg
from scrubkit.specimens.builders.boxes import box, full, u32
from scrubkit.specimens.builders.heif import Part
from scrubkit.specimens.builders.layout import Layout
from scrubkit.specimens.builders.movie import mux
from scrubkit.specimens.builders.recordings import tiny

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

IDENTIFIER = b"01234567-89AB-CDEF-0123-456789ABCDEF"
KEY = b"com.apple.quicktime.content.identifier"


def exif(identifier: bytes) -> bytes:
    # offsets of the note count from its own beginning
    note = b"Apple iOS\0\0\1MM" + b"\0\1" + b"\0\x11\0\2" + u32(len(identifier) + 1, 32) + u32(0)
    note += identifier + b"\0"
    return jpeg.tiff(exif=[(0x927C, 7, len(note), note)])


def heic(identifier: bytes = IDENTIFIER) -> bytes:
    item = Part("exif", b"Exif", u32(6) + b"Exif\0\0" + exif(identifier), hidden=True)
    return heif.build((heif.picture(), item), "picture")


def jpg(identifier: bytes = IDENTIFIER) -> bytes:
    return jpeg.join((jpeg.exif(exif(identifier)), *jpeg.picture()))


def mov(identifier: bytes = IDENTIFIER) -> bytes:
    keys = box(
        b"meta",
        full(b"hdlr", 0, 0, u32(0), b"mdta", bytes(12), b"\0"),
        full(b"keys", 0, 0, u32(1), box(b"mdta", KEY)),
        box(b"ilst", box(u32(1), full(b"data", 0, 1, u32(0), identifier))),
    )
    return mux(tiny(), Layout(quicktime=True, inside={"moov": keys}))


def paired(folder: Path, *files: bytes) -> Pairs:
    pairing = Pairing()
    for number, data in enumerate(files, 1):
        pairing.add(number, support.clean(folder, data).report)
    return pairing.pairs()


@pytest.mark.parametrize("picture", [heic, jpg])
def test_a_picture_and_a_clip_of_one_identifier_are_a_pair(
    picture: Callable[[], bytes], tmp_path: Path
) -> None:
    assert paired(tmp_path, picture(), mov()) == Pairs(1, 0, ((1, 2),))


def test_the_clip_may_come_first(tmp_path: Path) -> None:
    assert paired(tmp_path, mov(), heic()) == Pairs(1, 0, ((2, 1),))


def test_identifiers_are_compared_as_apple_does_whatever_the_case(tmp_path: Path) -> None:
    assert paired(tmp_path, heic(IDENTIFIER.lower()), mov()).count == 1


def test_an_edited_picture_makes_no_second_pair(tmp_path: Path) -> None:
    assert paired(tmp_path, heic(), jpg(), mov()) == Pairs(1, 0, ((1, 3),))


def test_halves_of_other_pairs_stay_single(tmp_path: Path) -> None:
    other = IDENTIFIER[::-1]
    assert paired(tmp_path, heic(), mov(other), jpeg.join(jpeg.picture())) == Pairs(0, 2)


@pytest.mark.parametrize("half", [heic, jpg, mov])
def test_the_identifier_is_gone_from_both_halves(half: Callable[[], bytes], tmp_path: Path) -> None:
    dirty = half()
    found = support.clean(tmp_path, dirty)
    assert IDENTIFIER in dirty
    assert found.report.verdict is Verdict.CLEANED
    assert found.data is not None
    assert support.found_in(found.data, IDENTIFIER) == []
    assert bytes.fromhex(IDENTIFIER.decode().replace("-", "")) not in found.data


def report(value: str | None, path: str = "x/Apple/0x0011", kind: Kind = Kind.LINK) -> FileReport:
    finding = Finding(path, kind, "", untrusted_value=value)
    return FileReport(Verdict.CLEANED, media=Media.PHOTO, findings=(finding,))


@pytest.mark.parametrize(
    "each",
    [report(None), report(""), report("ID", "x/Apple/0x0015"), report("ID", kind=Kind.IDENTIFIER)],
    ids=["no value", "an empty value", "another tag", "another kind"],
)
def test_nothing_else_is_half_of_a_pair(each: FileReport) -> None:
    pairing = Pairing()
    pairing.add(1, each)
    pairing.add(2, replace(each, media=Media.CLIP))
    assert pairing.pairs() == Pairs(0, 0)


def test_a_long_identifier_costs_no_more_than_a_short_one() -> None:
    pairing = Pairing()
    pairing.add(1, report("A" * 10_000_000))
    pairing.add(2, replace(report("A" * 300), media=Media.CLIP))
    assert pairing.pairs().count == 1
