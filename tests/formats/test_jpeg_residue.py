"""What stays behind in a JPEG is named, whatever it is, and counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scrubkit.model import Fate, Kind
from scrubkit.specimens.builders import jpeg
from scrubkit.specimens.builders.jpeg import COM, DQT, SOS, Part
from scrubkit.specimens.cases import jpeg as cases

from . import jpegs

if TYPE_CHECKING:
    from pathlib import Path

    from scrubkit.model import Finding

BASE = jpeg.picture()
SECRET = b"a secret of 24 bytes len"


def found(folder: Path, *parts: Part | bytes, trailer: bytes = b"") -> dict[str, Finding]:
    reading = jpegs.read(folder, jpeg.join((*parts, *BASE), trailer))
    assert reading.ledger.complete
    return {each.path: each for each in reading.residue}


SEGMENTS = {
    "APP0/JFXX": (0xE0, b"JFXX\0\x10", Kind.PICTURE),
    "APP0/CIFF": (0xE0, b"II\x1a\0\0\0HEAPJPGM", Kind.SERIAL),
    "APP1/FLIR": (0xE1, b"FLIR\0", Kind.SERIAL),
    "APP2/MPF": (0xE2, b"MPF\0", Kind.PICTURE),
    "APP2/gain-map": (0xE2, b"urn:iso:std:iso:ts:21496:-1\0", Kind.PICTURE),
    "APP4/QTI-Debug": (0xE4, b"QTI Debug Metadata", Kind.TELEMETRY),
    "APP5/ssuniqueid": (0xE5, b"ssuniqueid\0", Kind.SERIAL),
    "APP5/SSCAL": (0xE5, b"SSCAL", Kind.SERIAL),
    "APP6/MMIMETA": (0xE6, b"MMIMETA", Kind.TELEMETRY),
    "APP7/HUAWEI": (0xE7, b"HUAWEI\0\0", Kind.TELEMETRY),
    "APP10/AROT": (0xEA, b"AROT\0\0", Kind.PICTURE),
    "APP11/JUMBF": (0xEB, b"JP\0\1", Kind.LINK),
    "APP12/Ducky": (0xEC, b"Ducky", Kind.SOFTWARE),
    "APP13/Photoshop": (0xED, b"Photoshop 3.0\0", Kind.PERSON),
    "COM": (COM, b"Lavc", Kind.SOFTWARE),
}


@pytest.mark.parametrize("path", SEGMENTS)
def test_a_segment_is_known_by_what_it_begins_with(path: str, tmp_path: Path) -> None:
    code, magic, kind = SEGMENTS[path]
    finding = found(tmp_path, Part(code, magic + SECRET))[path]
    assert (finding.kind, finding.known) == (kind, True)
    assert finding.size == 4 + len(magic) + len(SECRET)
    assert finding.start == 2


def test_an_unknown_segment_is_reported_as_unknown_with_its_size(tmp_path: Path) -> None:
    finding = found(tmp_path, Part(0xE7, b"\x13\x37" + SECRET))["APP7/unknown"]
    assert (finding.kind, finding.known, finding.size) == (Kind.UNKNOWN, False, 30)


def test_like_segments_are_one_finding_with_a_count(tmp_path: Path) -> None:
    finding = found(tmp_path, *[Part(COM, b"comment")] * 5000)["COM"]
    assert (finding.count, finding.size, finding.untrusted_value) == (5000, 5000 * 11, "comment")


def test_exif_tags_are_named_by_directory(tmp_path: Path) -> None:
    paths = found(tmp_path, jpeg.exif(cases.exif_block(SECRET)))
    assert paths["APP1/Exif/GPS/GPSLatitude"].kind is Kind.GPS
    assert paths["APP1/Exif/GPS/GPSLatitude"].untrusted_value == "12 34 56.78"
    assert paths["APP1/Exif/Exif/BodySerialNumber"].kind is Kind.SERIAL
    assert paths["APP1/Exif/Exif/BodySerialNumber"].untrusted_value == SECRET.decode()
    assert paths["APP1/Exif/IFD0/XPAuthor"].untrusted_value == SECRET.decode()
    assert paths["APP1/Exif/Exif/MakerNote/Apple/0x0011"].kind is Kind.LINK
    assert paths["APP1/Exif/Exif/0xfedc"].known is False
    assert paths["APP1/Exif/slack"].size == len(SECRET)


def test_an_orientation_that_crosses_is_not_residue(tmp_path: Path) -> None:
    kept = found(tmp_path, jpeg.exif(cases.exif_block(SECRET, 6)))
    assert "APP1/Exif/IFD0/Orientation" not in kept


def test_an_orientation_that_is_none_is_reported(tmp_path: Path) -> None:
    finding = found(tmp_path, jpeg.orientation(9))["APP1/Exif/IFD0/Orientation"]
    assert finding.untrusted_value == "9"


def test_xmp_properties_are_named(tmp_path: Path) -> None:
    words = jpeg.packet(b'xmlns:GCamera="g" GCamera:MotionPhoto="1" drone-dji:GpsLatitude="+1.5" foo:bar="1"')
    paths = found(tmp_path, jpeg.xmp(words))
    assert paths["APP1/XMP/GCamera:MotionPhoto"].kind is Kind.HIDDEN
    assert paths["APP1/XMP/drone-dji:GpsLatitude"].untrusted_value == "+1.5"
    assert paths["APP1/XMP/foo:bar"].known is False


def test_iptc_datasets_are_named(tmp_path: Path) -> None:
    data = jpeg.dataset(2, 25, b"one") + jpeg.dataset(2, 25, b"two") + jpeg.dataset(2, 90, b"Town")
    paths = found(tmp_path, jpeg.photoshop(jpeg.resource(0x0404, data, b"name"), jpeg.resource(0x9999, b"x")))
    assert paths["APP13/8BIM/0x0404/2:25"].untrusted_value == "one; two"
    assert paths["APP13/8BIM/0x0404/2:25"].count == 2
    assert paths["APP13/8BIM/0x0404/2:90"].kind is Kind.GPS
    assert paths["APP13/8BIM/0x9999"].known is False


def test_a_profile_names_its_display(tmp_path: Path) -> None:
    data = jpeg.profile(
        jpeg.WIDE,
        jpeg.gamma(1.8),
        words=b"a display",
        extra=[(b"mmod", SECRET), (b"zzzz", b"?")],
        fields=[(24, bytes.fromhex("07e4 0001 0002 0003 0004 0005")), (48, b"MAKE")],
    )
    paths = found(tmp_path, *jpeg.icc(data))
    assert paths["APP2/ICC_PROFILE/desc"].untrusted_value == "a display"
    assert paths["APP2/ICC_PROFILE/mmod"].kind is Kind.SERIAL
    assert paths["APP2/ICC_PROFILE/zzzz"].known is False
    assert paths["APP2/ICC_PROFILE/header/date"].untrusted_value == "2020:1:2:3:4:5"
    assert paths["APP2/ICC_PROFILE/header/manufacturer"].untrusted_value == "MAKE"


def test_stray_and_fill_bytes_between_segments_are_reported(tmp_path: Path) -> None:
    paths = found(tmp_path, SECRET, Part(COM, b""), b"\xff\xff\xff", Part(COM, b""))
    assert (paths["gap"].kind, paths["gap"].size) == (Kind.HIDDEN, len(SECRET))
    assert paths["fill"].size == 3


def test_tables_that_no_scan_uses_are_reported(tmp_path: Path) -> None:
    paths = found(tmp_path, Part(DQT, b"\3" + bytes(range(1, 65))))
    assert (paths["DQT/unused"].kind, paths["DQT/unused"].size) == (Kind.HIDDEN, 4 + 65)


@pytest.mark.parametrize(
    ("trailer", "expected"),
    [
        (jpeg.movie(SECRET), {"trailer/video": (0, 84)}),
        (bytes(100), {"trailer/padding": (0, 100)}),
        (SECRET, {"trailer/unknown": (0, 24)}),
        (
            b"aecDebug" + SECRET + b"afDebug" + SECRET + jpeg.movie(SECRET),
            {"trailer/Google-debug": (0, 63), "trailer/video": (63, 84)},
        ),
        (
            jpeg.samsung((b"Image_UTC_Data", b"1"), (b"MCC_Data", b"262")),
            {
                "trailer/SEFT/Image_UTC_Data": (0, 23),
                "trailer/SEFT/MCC_Data": (23, 19),
                "trailer/SEFT/index": (42, 44),
            },
        ),
        (SECRET + b"\0\0\0\x05cbipcbbl", {"trailer/unknown": (0, 19), "trailer/PhotoMechanic": (19, 17)}),
        (
            SECRET + b"\0\0\0\0\0\x0f\xa1\xb2\xc3\xd4",
            {"trailer/unknown": (0, 19), "trailer/FotoStation": (19, 15)},
        ),
        (b"\xff\xd8\xff" + SECRET, {"trailer/broken-JPEG": (0, 27)}),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else "",
)
def test_a_trailer_is_cut_into_what_can_be_recognised(
    trailer: bytes, expected: dict[str, tuple[int, int]], tmp_path: Path
) -> None:
    size = len(jpeg.join(BASE))
    paths = {
        path: each for path, each in found(tmp_path, trailer=trailer).items() if path.startswith("trailer/")
    }
    assert {path: ((each.start or 0) - size, each.size) for path, each in paths.items()} == expected
    assert sum(each.size for each in paths.values()) == len(trailer)


def test_a_motion_photo_video_is_called_that(tmp_path: Path) -> None:
    finding = found(tmp_path, trailer=jpeg.movie(SECRET))["trailer/video"]
    assert (finding.kind, finding.label) == (Kind.HIDDEN, "video inside the picture (motion photo)")


def test_a_second_picture_is_named_with_its_own_exif(tmp_path: Path) -> None:
    second = jpeg.join((jpeg.exif(cases.exif_block(SECRET)), *jpeg.picture(size=(16, 16))))
    paths = found(tmp_path, trailer=second + bytes(20) + second)
    assert (paths["trailer/JPEG"].kind, paths["trailer/JPEG"].count) == (Kind.PICTURE, 2)
    assert paths["trailer/JPEG/APP1/Exif/GPS/GPSLatitude"].kind is Kind.GPS


def test_the_ledger_counts_what_became_of_each_byte(tmp_path: Path) -> None:
    data = jpeg.join((Part(COM, SECRET), jpeg.JFIF, *BASE), bytes(50))
    rows = {(row.path, row.fate): row.size for row in jpegs.read(tmp_path, data).ledger.rows}
    assert rows[("COM", Fate.RESIDUE)] == 28
    assert rows[("APP0/JFIF", Fate.STRUCTURE)] == 18
    assert rows[("SOS/ECS", Fate.ESSENCE)] == len(BASE[-1].data)
    assert rows[("SOS", Fate.STRUCTURE)] == 14
    assert rows[("trailer/padding", Fate.RESIDUE)] == 50
    assert sum(rows.values()) == len(data)


def test_the_ledger_is_in_file_order(tmp_path: Path) -> None:
    data = jpeg.join((Part(COM, SECRET), *jpeg.before(BASE, SOS, Part(0xE5, SECRET))))
    order = [row.path for row in jpegs.read(tmp_path, data).ledger.rows]
    assert order == ["SOI", "COM", "DQT", "SOF0", "DHT", "APP5/unknown", "SOS", "SOS/ECS", "EOI"]


def test_no_more_than_a_budget_of_segments_is_looked_into(tmp_path: Path) -> None:
    block = Part(0xE1, b"Exif\0\0" + cases.exif_block(SECRET) + bytes(60000))
    finding = found(tmp_path, *[block] * 400)["APP1/Exif/GPS/GPSLatitude"]
    assert finding.count < 200
