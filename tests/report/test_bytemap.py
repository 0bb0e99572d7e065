"""The map of a file's bytes adds up to the file, and tells of what stayed behind by kind."""

from __future__ import annotations

import pytest

from scrubkit.model import Fate, FileReport, Finding, Kind, Ledger, LedgerRow, Media, Verdict
from scrubkit.report.bytemap import ByteMap, byte_map


def mapped(rows: list[LedgerRow], *findings: Finding, media: Media = Media.CLIP) -> ByteMap:
    ledger = Ledger(sum(row.size for row in rows), tuple(rows))
    found = byte_map(FileReport(Verdict.CLEANED, media=media, ledger=ledger, findings=findings))
    assert found is not None
    whole = found.picture + found.sound + found.coded + found.structure + sum(found.behind.values())
    assert whole == ledger.size
    return found


def behind(size: int, *findings: Finding, path: str = "APP1/Exif") -> dict[Kind, int]:
    return dict(mapped([LedgerRow(path, Fate.RESIDUE, size)], *findings).behind)


def test_picture_and_sound_are_told_apart_by_their_coding() -> None:
    found = mapped(
        [
            LedgerRow("mdat/trak[1]/hevc/nal/1", Fate.ESSENCE, 70, 2, "hevc/nal/1"),
            LedgerRow("mdat/trak[2]/aac/block", Fate.ESSENCE, 20, 2, "aac/block"),
            LedgerRow("moov", Fate.STRUCTURE, 10),
        ]
    )
    assert (found.picture, found.sound, found.coded, found.structure) == (70, 20, 0, 10)


@pytest.mark.parametrize(
    ("media", "what"), [(Media.PHOTO, "picture"), (Media.SOUND, "sound"), (Media.CLIP, "coded")]
)
def test_samples_that_nobody_walked_are_what_the_file_is(media: Media, what: str) -> None:
    assert getattr(mapped([LedgerRow("mdat", Fate.ESSENCE, 9)], media=media), what) == 9


def test_a_part_of_another_kind_counts_for_itself_and_the_rest_for_what_is_around_it() -> None:
    whole = Finding("APP1/Exif", Kind.DEVICE, "Exif", 100, 0)
    fix = Finding("APP1/Exif/GPS/GPSLatitude", Kind.GPS, "latitude", 24, 30)
    assert behind(100, whole, fix) == {Kind.GPS: 24, Kind.DEVICE: 76}


def test_a_finding_around_others_is_not_counted_twice() -> None:
    folder = Finding("APP1/Exif/IFD0", Kind.SOFTWARE, "directory", 60, 0)
    field = Finding("APP1/Exif/IFD0/Make", Kind.DEVICE, "maker", 60, 0)
    assert behind(60, folder, field) == {Kind.DEVICE: 60}


def test_parts_that_add_up_to_more_than_there_is_are_scaled() -> None:
    one = Finding("APP1/Exif/a", Kind.GPS, "a", 300, 0)
    other = Finding("APP1/Exif/b", Kind.TIME, "b", 100, 0)
    assert behind(40, one, other) == {Kind.GPS: 30, Kind.TIME: 10}


def test_bytes_that_no_finding_tells_of_are_unknown() -> None:
    assert behind(7) == {Kind.UNKNOWN: 7}


def test_a_field_of_a_structure_takes_no_bytes_from_what_stayed_behind() -> None:
    field = Finding("moov/mvhd.creation_time", Kind.TIME, "time", 4, 0)
    rows = [LedgerRow("moov/mvhd", Fate.STRUCTURE, 108), LedgerRow("free", Fate.RESIDUE, 8)]
    assert dict(mapped(rows, field).behind) == {Kind.UNKNOWN: 8}


def test_a_file_that_was_not_read_has_no_map() -> None:
    assert byte_map(FileReport(Verdict.REFUSED)) is None
