"""Scans: entropy-coded data cross byte for byte, and end where they must."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from scrubkit.essence import Jpeg
from scrubkit.formats.jpeg import markers
from scrubkit.formats.jpeg.frame import Frame, ScanHeader, blocks, restarts_due
from scrubkit.model import Fate
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import SOS, Part, Parts

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

RESTARTS = jpeg.picture(restart_marker_blocks=2)


def payload(data: bytes) -> bytes:
    return b"".join(part.data for part in jpeg.split(data))


@pytest.mark.parametrize(
    "parts",
    [
        jpeg.picture(),
        jpeg.picture("L"),
        jpeg.picture("CMYK"),
        jpeg.picture(progressive=True),
        jpeg.picture(progressive=True, restart_marker_rows=1),
        jpeg.picture(subsampling="4:2:0", restart_marker_blocks=1),
        jpeg.picture(subsampling="4:2:2", restart_marker_rows=1, quality=100),
        jpeg.picture(size=(1, 1)),
        jpeg.picture(size=(17, 9), subsampling="4:2:0", progressive=True),
    ],
    ids=str,
)
def test_entropy_coded_data_cross_untouched(parts: Parts, tmp_path: Path) -> None:
    data = jpeg.join(parts)
    out = jpegs.cleaned(tmp_path, data)
    assert payload(out) == payload(data)
    assert jpegs.read(tmp_path, data).ledger.total(Fate.ESSENCE) == len(payload(data))


def test_fill_bytes_before_restart_markers_stay_behind(tmp_path: Path) -> None:
    filled = jpeg.join(jpeg.filled(RESTARTS, 2))
    assert jpegs.cleaned(tmp_path, filled) == jpegs.cleaned(tmp_path, jpeg.join(RESTARTS))
    assert "SOS/fill" in jpegs.paths(jpegs.read(tmp_path, filled))


@pytest.mark.parametrize("surplus", [b"\xff{}", b"\xff\xff\xff{}", b"\xff{}\xff\xff"])
def test_a_restart_marker_after_the_last_interval_stays_behind(surplus: bytes, tmp_path: Path) -> None:
    due = payload(jpeg.join(RESTARTS)).count(b"\xff\xd0") + sum(
        payload(jpeg.join(RESTARTS)).count(bytes((0xFF, turn))) for turn in range(0xD1, 0xD8)
    )
    extra = surplus.replace(b"{}", bytes((0xD0 + due % 8,)))
    parts = (*RESTARTS[:-1], replace(RESTARTS[-1], data=RESTARTS[-1].data + extra))
    reading = jpegs.read(tmp_path, jpeg.join(parts))
    assert "SOS/RST" in jpegs.paths(reading)
    assert jpegs.cleaned(tmp_path, jpeg.join(parts)) == jpegs.cleaned(tmp_path, jpeg.join(RESTARTS))


def test_a_restart_marker_at_the_end_of_a_scan_without_intervals_stays_behind(tmp_path: Path) -> None:
    parts = jpeg.picture()
    ending = (*parts[:-1], replace(parts[-1], data=parts[-1].data + b"\xff\xd0"))
    assert jpegs.cleaned(tmp_path, jpeg.join(ending)) == jpegs.cleaned(tmp_path, jpeg.join(parts))


@pytest.mark.parametrize("at", range(-4, 5))
def test_markers_are_found_across_the_blocks_of_a_search(
    at: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markers, "STEP", 64)
    pad = Part(jpeg.COM, bytes(60 + at))
    data = jpeg.join(jpeg.filled((pad, *RESTARTS), 70))
    assert jpegs.cleaned(tmp_path, data) == jpegs.cleaned(tmp_path, jpeg.join(RESTARTS))


def arithmetic(*conditioning: bytes, selectors: bytes = b"\x00\x11\x11") -> bytes:
    """An arithmetic-coded frame of three components; nobody decodes it here."""
    frame = bytes.fromhex("08 0010 0010 03 011100 021101 031101")
    scan = b"\3" + b"".join(bytes((i + 1, value)) for i, value in enumerate(selectors)) + b"\0\x3f\0"
    tables = [part for part in jpeg.picture() if part.code == jpeg.DQT]
    return jpeg.join(
        (*tables, Part(0xC9, frame), *(Part(0xCC, row) for row in conditioning), Part(SOS, scan, b"\x12\x34"))
    )


def test_statistics_areas_are_numbered_by_use(tmp_path: Path) -> None:
    one = jpegs.cleaned(tmp_path, arithmetic())
    assert jpegs.cleaned(tmp_path, arithmetic(selectors=b"\x33\x22\x22")) == one
    assert jpegs.cleaned(tmp_path, arithmetic(selectors=b"\x00\x00\x00")) != one


def test_conditioning_that_is_in_force_anyway_is_not_written(tmp_path: Path) -> None:
    one = jpegs.cleaned(tmp_path, arithmetic())
    assert jpegs.cleaned(tmp_path, arithmetic(b"\x00\x10\x10\x05", b"\x03\x21\x13\x09")) == one


def test_conditioning_that_matters_is_written_in_order(tmp_path: Path) -> None:
    out = jpegs.cleaned(tmp_path, arithmetic(b"\x11\x09\x00\x21", b"\x00\x31"))
    assert [part.body for part in jpeg.split(out) if part.code == 0xCC] == [b"\x00\x31\x11\x09"]


def test_the_scans_of_a_model_name_no_destination(tmp_path: Path) -> None:
    swapped = jpeg.entropy_tables_swapped(jpeg.picture(progressive=True))
    one = jpegs.read(tmp_path, jpeg.join(swapped)).essence
    other = jpegs.read(tmp_path, jpeg.join(jpeg.picture(progressive=True))).essence
    assert isinstance(one, Jpeg)
    assert isinstance(other, Jpeg)
    assert [scan.components for scan in one.scans] == [scan.components for scan in other.scans]


def scan_of(*indexes: int) -> ScanHeader:
    return ScanHeader(tuple((index, 0, 0) for index in indexes), 0, 63, 0, 0)


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [((0, 1, 2), (2 * 2, 6)), ((0,), (3 * 3, 1)), ((1,), (2 * 2, 1)), ((0, 1), (4, 5))],
)
def test_mcus_are_counted_as_the_standard_does(indexes: tuple[int, ...], expected: tuple[int, int]) -> None:
    frame = Frame(0, 8, 20, 18, b"\1\2\3", ((2, 2), (1, 1), (1, 1)), (0, 0, 0))
    assert blocks(frame, scan_of(*indexes)) == expected


@pytest.mark.parametrize(
    ("mcus", "interval", "due"), [(10, 0, 0), (10, 3, 3), (9, 3, 2), (10, 10, 0), (10, 11, 0)]
)
def test_restart_markers_stand_between_intervals(mcus: int, interval: int, due: int) -> None:
    assert restarts_due(mcus, interval) == due
