"""What each reader may still say of a clean file, and how its answers are taken."""

from __future__ import annotations

import json

import pytest

from scrubkit.model import Kind
from scrubkit.witnesses import allowed
from scrubkit.witnesses.kinds import kind_of
from scrubkit.witnesses.readers import READERS, Seen, Unread
from scrubkit.witnesses.readers.seen import COUNT, END, pack, unpack


@pytest.mark.parametrize(
    ("reader", "path", "value"),
    [
        ("mediainfo", "Video/Width", "7680"),
        ("mediainfo", "Video/Encoded_Library", "0x00000000 0"),
        ("mediainfo", "Audio/Duration_LastFrame", "-0.064"),
        ("mediainfo", "Image/ChromaSubsampling", "4:2:0:?"),
        ("mediainfo", "Image/extra/Method", "Top down"),
        ("mediainfo", "Image/extra/ColorSpace_Original", "Y"),
        ("exiftool", "Track7/CompressorName", ""),
        ("exiftool", "Track12/HandlerDescription", "VideoHandler"),
        ("exiftool", "Track1/MediaCreateDate", "0000:00:00 00:00:00"),
        ("exiftool", "Track1/SampleSizes", b"\0\1"),
        ("exiftool", "Track1/SampleSizes", None),
        ("exiftool", "Track1/AFieldOfTomorrow", "7"),
        ("exiftool", "ICC_Profile/ProfileDescription", "Display P3"),
        ("ffprobe", "streams/tags/handler_name", "SoundHandler"),
        ("ffprobe", "frames/tags/timecode", "00:00:00:00"),
        ("piexif", "0th/ColorMatrix1", "7/10 -1/10 0/1"),
        ("mutagen", "info/length", "1.5"),
    ],
)
def test_structure_is_allowed(reader: str, path: str, value: str | bytes | None) -> None:
    assert allowed.allows(reader, Seen(path, value))


@pytest.mark.parametrize(
    ("reader", "path", "value"),
    [
        ("mediainfo", "General/Encoded_Date", "2001-01-01 00:00:00 UTC"),
        ("mediainfo", "General/Title", "x"),
        ("mediainfo", "Video/Encoded_Library", "x265"),
        ("mediainfo", "Video/Title", "7"),
        ("mediainfo", "Video/Width", "7680\n"),
        ("mediainfo", "Other/Type", "Time code"),
        ("mediainfo", "General/extra/com_apple_quicktime_make", "x"),
        ("exiftool", "Track1/CompressorName", "x"),
        ("exiftool", "Track1/HandlerDescription", "Core Media Video"),
        ("exiftool", "Track1/MediaCreateDate", "2001:01:01 00:00:00"),
        ("exiftool", "Track1/AFieldOfTomorrow", "123456"),
        ("exiftool", "Track1/AFieldOfTomorrow", "text"),
        ("exiftool", "Track1/AFieldOfTomorrow", b"\0"),
        ("exiftool", "Track1/SerialNumber", "7"),
        ("exiftool", "Keys/LocationAccuracyHorizontal", "9"),
        ("exiftool", "ICC_Profile/ProfileDescription", "Anna's screen"),
        ("exiftool", "IFD0/UniqueCameraModel", "Phone 7"),
        ("exiftool", "IFD0/Software", "1"),
        ("exiftool", "Track1/Unknown_udta", b"\0"),
        ("ffprobe", "streams/tags/encoder", "x"),
        ("ffprobe", "format/tags/creation_time", "x"),
        ("ffprobe", "frames/tags/timecode", "10:11:12:13"),
        ("ffprobe", "frames/side_data_list/timecode", "10:11:12:13"),
        ("ffprobe", "frames/side_data_list/side_data_type", "H.26[45] User Data Unregistered SEI message"),
        ("ffprobe", "chapters/tags/title", "x"),
        ("piexif", "0th/Make", "x"),
        ("piexif", "GPS/GPSLatitude", "1.0"),
        ("piexif", "0th/UniqueCameraModel", "Phone"),
        ("piexif", "thumbnail", b"\xff\xd8"),
        ("mutagen", "tags/\xa9nam", "x"),
        ("mutagen", "chapters", "x"),
    ],
)
def test_what_tells_of_an_origin_is_not_allowed(reader: str, path: str, value: str | bytes) -> None:
    assert not allowed.allows(reader, Seen(path, value))


@pytest.mark.parametrize("reader", READERS)
def test_nothing_that_no_table_names_is_allowed(reader: str) -> None:
    assert not allowed.allows(reader, Seen("Nowhere/Nothing", "1"))
    assert allowed.known_path(reader, "Nowhere/Nothing") is None


def test_a_path_is_shown_as_the_table_has_it() -> None:
    assert allowed.known_path("exiftool", "Track99/HandlerDescription") == "Track*/HandlerDescription"
    assert allowed.known_path("exiftool", "Track1/Anna") is None


def test_a_warning_is_no_observation() -> None:
    seen = Seen("ExifTool/Warning", "Truncated")
    assert allowed.warns("exiftool", seen)
    assert allowed.allows("exiftool", seen)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Keys/GPSCoordinates", Kind.GPS),
        ("GPS/GPSVersionID", Kind.GPS),
        ("General/extra/com_apple_quicktime_location_ISO6709", Kind.GPS),
        ("ExifIFD/SerialNumber", Kind.SERIAL),
        ("IFD0/Make", Kind.DEVICE),
        ("General/Encoded_Date", Kind.TIME),
        ("IFD0/Artist", Kind.PERSON),
        ("General/Encoded_Application", Kind.SOFTWARE),
        ("Keys/ContentIdentifier", Kind.IDENTIFIER),
        ("Track1/MediaHeaderVersion", Kind.UNKNOWN),
        ("Nothing", Kind.UNKNOWN),
    ],
)
def test_a_name_tells_a_kind(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind


def test_what_is_packed_is_unpacked() -> None:
    seen = (Seen("a", "text"), Seen("b", b"\0\1"), Seen("c", None), Seen("d", bytes(1000)))
    found = unpack(pack(seen) + END)
    assert found.whole
    assert found.seen == (*seen[:3], Seen("d", None))


def test_more_than_is_taken_is_said() -> None:
    found = unpack(pack(Seen("a", str(number)) for number in range(COUNT + 1)) + END)
    assert len(found.seen) == COUNT
    assert not found.whole


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(
    "said",
    [
        b"",
        b".",
        END,
        b"[",
        b"[[1]]" + END,
        b"{}" + END,
        b"[[" * 60_000 + END,
        b"\xff" + END,
        b"zz\tt\tzz\n.\n",
    ],
)
def test_an_answer_that_is_none_is_not_taken_for_one(reader: str, said: bytes) -> None:
    with pytest.raises(Unread):
        READERS[reader].parse(said)


def test_ffprobe_is_never_asked_for_the_name() -> None:
    said = json.dumps({"format": {"filename": "secret", "nb_streams": 1}}).encode()
    assert READERS["ffprobe"].parse(said).seen == (Seen("format/nb_streams", "1"),)
