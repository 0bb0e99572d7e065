"""Stills that ExifTool wrote into: not a byte of the clean file tells that it did."""

from __future__ import annotations

import io
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pillow_heif
import pytest

import support
import writers
from scrubkit.model import Outcome, Policy, Verify
from scrubkit.selftest import holds
from scrubkit.specimens.builders import heif, jpeg, tiff
from scrubkit.specimens.cases import gif, png, webp
from scrubkit.specimens.cases import heif as heif_cases
from scrubkit.specimens.cases import jpeg as jpeg_cases
from scrubkit.specimens.cases import tiff as tiff_cases

from . import test_heif_writers as by_pillow

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from scrubkit.specimens.cases import Case

pytestmark = writers.needs(writers.EXIFTOOL)

SECRET = "Q7ZK31xSecretWord"
"""Stands for all that is written into a file; no real value."""

NEEDLE = SECRET.encode()

RAWS = ("dng", "raw below a preview")
"""What Pillow does not decode."""

SUFFIXES = {"gif": "gif", "heif": "heic", "jpeg": "jpg", "png": "png", "tiff": "tif", "webp": "webp"}
"""By which ExifTool knows a format."""

EXIF = (
    *("Make", "Model", "SerialNumber", "LensSerialNumber", "LensModel", "OwnerName", "Artist", "Copyright"),
    *("UserComment", "ImageDescription", "HostComputer", "DocumentName", "Software", "XPAuthor", "XPComment"),
    *("XPKeywords", "GPSProcessingMethod", "GPSAreaInformation", "GPSMapDatum", "ReelName"),
)
XMP = (
    *("XMP-dc:Creator", "XMP-dc:Title", "XMP-dc:Description-ar", "XMP-GPano:StitchingSoftware"),
    *("XMP-xmpMM:DocumentID", "XMP-xmpMM:OriginalDocumentID", "XMP-photoshop:City", "XMP-aux:SerialNumber"),
    *("XMP-aux:OwnerName", "XMP-mwg-rs:RegionName", "XMP-iptcCore:Location", "XMP-xmp:CreatorTool"),
    *("XMP-MP:RegionPersonDisplayName", "XMP-iptcExt:PersonInImage", "XMP-drone-dji:CameraSerialNumber"),
)
WORDS = (
    *("IPTC:City", "IPTC:By-line", "IPTC:Keywords", "IPTC:Caption-Abstract", "IPTC:Writer-Editor"),
    *("Photoshop:URL", "Photoshop:SlicesGroupName", "Comment", "Ducky:Comment", "MIE-Doc:Author"),
    *("PNG:Author", "PNG:Comment", "PNG:Title-ar", "PNG:Source", "PNG:Software"),
)
MOVIE = (
    "QuickTime:Author",
    "UserData:Author",
    "UserData:LocationInformation",
    "Keys:Make",
    "ItemList:Artist",
)
STATED = {
    "EXIF:DateTimeOriginal": "2031:02:03 04:05:06",
    "EXIF:OffsetTimeOriginal": "+03:30",
    "EXIF:ImageUniqueID": "00112233445566778899aabbccddeeff",
    "EXIF:GPSLatitude": "12.345678",
    "EXIF:GPSLatitudeRef": "N",
    "EXIF:GPSLongitude": "98.765432",
    "EXIF:GPSLongitudeRef": "W",
    "EXIF:GPSAltitude": "1234.5",
    "EXIF:GPSTimeStamp": "04:05:06",
    "EXIF:GPSDestBearing": "12.5",
    "EXIF:CameraElevationAngle": "-12.5",
    "XMP-exif:GPSLatitude": "12.345678",
    "XMP-GPano:ProjectionType": "equirectangular",
    "XMP-GPano:PoseHeadingDegrees": "123.25",
    "XMP-GCamera:MicroVideo": "1",
    "XMP-GCamera:MicroVideoOffset": "1234",
    "XMP-mwg-rs:RegionType": "Face",
    "XMP-mwg-rs:RegionAreaX": "0.25",
    "IPTC:DateCreated": "2031:02:03",
    "PNG:CreateDate": "2031:02:03 04:05:06",
    "PNG:ModifyDate": "2031:02:03 04:05:06",
    "PNG-pHYs:PixelsPerUnitX": "3157",
    "JFIF:XResolution": "117",
    "File:CurrentIPTCDigest": "00112233445566778899aabbccddeeff",
    "QuickTime:CreateDate": "2031:02:03 04:05:06",
}

TAGS = (
    *(f"-EXIF:{name}={SECRET}" for name in EXIF),
    *(f"-{name}={SECRET}" for name in (*XMP, *WORDS, *MOVIE)),
    *(f"-{name}={value}" for name, value in STATED.items()),
)
"""Of these ExifTool writes what a format has a place for, and more than one kind into each."""


@dataclass(frozen=True)
class Base:
    """A made-up file: the name by which ExifTool knows its kind, and its bytes."""

    suffix: str
    make: Callable[[], bytes]


def picture(mode: str = "RGB") -> Any:
    return by_pillow.picture(mode).resize((64, 48))


def saved(kind: str, mode: str = "RGB", **options: object) -> bytes:
    out = io.BytesIO()
    picture(mode).save(out, kind, **options)
    return out.getvalue()


def moving(kind: str) -> bytes:
    others = [picture().rotate(angle) for angle in (90, 180)]
    return saved(kind, save_all=True, append_images=others, duration=[100, 200, 70], loop=0)


def tiles(*shown: heif.Property) -> bytes:
    return heif.build(heif.grid(shown=shown), "picture")


def by_libheif() -> bytes:
    out = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(out, quality=60)
    return out.getvalue()


BASES = {
    "jpeg": Base("jpg", lambda: jpeg.encode("RGB", (64, 48))),
    "jpeg, progressive": Base("jpg", lambda: jpeg.encode("RGB", (64, 48), progressive=True)),
    "png": Base("png", lambda: saved("PNG")),
    "png with alpha": Base("png", lambda: saved("PNG", "RGBA")),
    "apng": Base("png", lambda: moving("PNG")),
    "webp": Base("webp", lambda: saved("WEBP", quality=70)),
    "webp, lossless": Base("webp", lambda: saved("WEBP", "RGBA", lossless=True)),
    "webp, animated": Base("webp", lambda: moving("WEBP")),
    "gif": Base("gif", lambda: saved("GIF")),
    "gif, animated": Base("gif", lambda: moving("GIF")),
    "tiff": Base("tif", lambda: tiff.build((tiff_cases.RGB.ifd,), tiff.Layout("little"))),
    "tiff, LZW": Base("tif", lambda: saved("TIFF", compression="tiff_lzw")),
    "dng": Base("dng", lambda: tiff.build((tiff_cases.DNG.ifd,), tiff.Layout("little"))),
    "raw below a preview": Base(
        "dng", lambda: tiff.build((tiff_cases.DNG.others[0][1],), tiff.Layout("big"))
    ),
    "heic": Base("heic", by_libheif),
    "heic, tiles": Base("heic", tiles),
    "avif": Base("avif", lambda: saved("AVIF", quality=60, speed=10, max_threads=1)),
    "avif with alpha": Base("avif", lambda: saved("AVIF", "RGBA", quality=60, speed=10, max_threads=1)),
}

each_base = pytest.mark.parametrize("name", BASES)


@cache
def original(name: str) -> bytes:
    return BASES[name].make()


Files = tuple[tuple[str, bytes], ...]


@cache
def _edited(steps: tuple[tuple[str, ...], ...], files: Files, names: tuple[str, ...]) -> dict[str, bytes]:
    """Bases after ExifTool changed them, step by step; one run for all, for starting it takes longest."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for file, held in files:
            (folder / file).write_bytes(held)
        paths = {name: folder / f"{number}.{BASES[name].suffix}" for number, name in enumerate(names)}
        for name, path in paths.items():
            path.write_bytes(original(name))
        for words in steps:
            # -m: what a format has no place for is only warned of
            called = ("-m", "-overwrite_original", *words)
            writers.run(writers.EXIFTOOL, *called, *paths.values(), folder=folder)
        return {name: path.read_bytes() for name, path in paths.items()}


def edited(name: str, *steps: tuple[str, ...], **files: bytes) -> bytes:
    """One base after ExifTool changed it; `files` are beside it."""
    writers.needs_written(writers.EXIFTOOL, BASES[name].suffix)
    names = tuple(each for each in BASES if writers.writes(writers.EXIFTOOL, BASES[each].suffix))
    return _edited(steps, tuple(files.items()), names)[name]


@cache
def rewritten(data: bytes, suffix: str, *words: str) -> bytes:
    """Any file after ExifTool changed it."""
    writers.needs_written(writers.EXIFTOOL, suffix)
    with tempfile.TemporaryDirectory() as made:
        path = Path(made) / f"picture.{suffix}"
        path.write_bytes(data)
        writers.run(writers.EXIFTOOL, "-m", "-overwrite_original", *words, path, folder=Path(made))
        return path.read_bytes()


def twins(name: str, data: bytes, folder: Path) -> None:
    out, expected = support.cleaned(folder, data), support.cleaned(folder, original(name))
    assert not holds(out, NEEDLE)
    assert out == expected, support.first_difference(out, expected)


THUMBNAIL = jpeg.join(jpeg.before(jpeg.picture(), jpeg.DQT, jpeg.Part(jpeg.COM, NEEDLE)))


@each_base
def test_every_tag_that_exiftool_writes_leaves_no_trace(name: str, tmp_path: Path) -> None:
    data = edited(name, TAGS)
    assert data.count(NEEDLE) > 10
    twins(name, data, tmp_path)


@each_base
def test_compressed_texts_leave_no_trace(name: str, tmp_path: Path) -> None:
    """`zTXt`, `iTXt` and `eXIf`, where a format has such."""
    data = edited(name, ("-api", "Compress=1", *TAGS))
    assert holds(data, NEEDLE)
    twins(name, data, tmp_path)


@each_base
def test_small_pictures_leave_no_trace(name: str, tmp_path: Path) -> None:
    places = ("ThumbnailImage", "PhotoshopThumbnail", "PreviewImage", "JpgFromRaw", "XMP-xmp:ThumbnailImage")
    data = edited(name, tuple(f"-{place}<=thumb" for place in places), thumb=THUMBNAIL)
    assert holds(data, NEEDLE)
    twins(name, data, tmp_path)


@each_base
def test_pictures_and_sounds_in_xmp_leave_no_trace(name: str, tmp_path: Path) -> None:
    """More than a JPEG segment holds."""
    tags = ("XMP-GDepth:DepthImage", "XMP-GImage:ImageData", "XMP-GAudio:AudioData")
    data = edited(name, tuple(f"-{tag}<=thumb" for tag in tags), thumb=THUMBNAIL + NEEDLE * 4000)
    assert len(data) > 150_000
    assert holds(data, NEEDLE)
    twins(name, data, tmp_path)


@each_base
def test_padding_leaves_no_trace(name: str, tmp_path: Path) -> None:
    words = (f"-EXIF:Make={SECRET}", f"-XMP-dc:Title={SECRET}")
    data = edited(name, ("-api", "Padding=3000", *words))
    assert holds(data, NEEDLE)
    twins(name, data, tmp_path)


FEWER = ("-EXIF:GPS*=", "-XMP:all=", "-IPTC:all=", "-EXIF:Make=", "-Comment=")


@each_base
def test_what_was_written_and_taken_out_again_leaves_no_trace(name: str, tmp_path: Path) -> None:
    data = edited(name, TAGS, FEWER)
    assert len(data) < len(edited(name, TAGS))
    twins(name, data, tmp_path)


@each_base
def test_what_exiftool_itself_clears_is_a_twin(name: str, tmp_path: Path) -> None:
    twins(name, edited(name, TAGS, ("-all=",)), tmp_path)


def maker_note() -> bytes:
    """A JPEG with Exif of a phone, whose maker note ExifTool copies as it is."""
    value = NEEDLE + b"\0"
    note = b"Apple iOS\0\0\1MM\0\1\0\x11\0\2" + len(value).to_bytes(4) + (32).to_bytes(4) + bytes(4) + value
    block = jpeg.tiff([jpeg.text(271, b"Apple")], [(37500, 7, len(note), note)])
    return jpeg.join(jpeg.before(jpeg.picture(), jpeg.DQT, jpeg.exif(block)))


WITHOUT_EXIF = frozenset({"gif", "gif, animated"})


@pytest.mark.parametrize("name", [name for name in BASES if name not in WITHOUT_EXIF])
@pytest.mark.parametrize("order", ["II", "MM"])
def test_a_copied_maker_note_leaves_no_trace(name: str, order: str, tmp_path: Path) -> None:
    copied = ("-TagsFromFile", "phone", "-EXIF:all", "-MakerNotes")
    data = edited(name, (f"-ExifByteOrder={order}", *copied), phone=maker_note())
    assert holds(data, NEEDLE)
    twins(name, data, tmp_path)


def test_what_exiftool_puts_behind_a_jpeg_leaves_no_trace(tmp_path: Path) -> None:
    tags = (f"-MIE-Doc:Author={SECRET}", f"-MIE-GPS:GPSDatum={SECRET}", "-Trailer<=thumb")
    data = edited("jpeg", tags, thumb=THUMBNAIL + NEEDLE)
    behind = data[len(original("jpeg")) - 2 :]
    assert holds(behind, NEEDLE)
    twins("jpeg", data, tmp_path)


PROFILED = [name for name in BASES if not name.startswith(("heic", "avif"))]
"""ExifTool puts no profile into an item."""


@pytest.mark.parametrize("name", PROFILED)
def test_of_a_profile_only_its_colours_tell(name: str, tmp_path: Path) -> None:
    """The same colorants and curve, with other words, by another program, made at another time."""
    fields = ((4, b"Q7ZK"), (24, bytes.fromhex("07EF 0002 0003 0004 0005 0006")), (80, b"Q7ZK"))
    texts = ((b"cprt", b"text\0\0\0\0" + NEEDLE + b"\0"), (b"Q7ZK", b"data\0\0\0\0" + NEEDLE))
    plain = jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8))
    worded = jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8), words=NEEDLE, fields=fields, extra=texts)
    dressed = edited(name, ("-ICC_Profile<=icc",), icc=worded)
    assert holds(dressed, NEEDLE)
    out = support.cleaned(tmp_path, dressed)
    assert not holds(out, NEEDLE)
    assert out == support.cleaned(tmp_path, edited(name, ("-ICC_Profile<=icc",), icc=plain))
    if name not in RAWS:
        assert support.differences(support.decoded_still(dressed), support.decoded_still(out)) == []


COMMON = (1, 3, 6, 8)
"""Orientations that phones write; the others are mirrored."""

ORIENTATIONS = [pytest.param(each, marks=() if each in COMMON else pytest.mark.slow) for each in range(1, 9)]


@pytest.mark.parametrize("orientation", ORIENTATIONS)
@pytest.mark.parametrize("name", [name for name in BASES if name not in (*WITHOUT_EXIF, *RAWS)])
def test_a_picture_that_exiftool_turned_is_shown_as_before(
    name: str, orientation: int, tmp_path: Path
) -> None:
    data = edited(name, ("-n", f"-EXIF:Orientation={orientation}", f"-EXIF:Make={SECRET}"))
    out = support.cleaned(tmp_path, data)
    assert not holds(out, NEEDLE)
    assert support.differences(support.decoded_still(data), support.decoded_still(out)) == []


@pytest.mark.parametrize("name", [name for name in BASES if name not in WITHOUT_EXIF])
def test_turned_pictures_are_twins_too(name: str, tmp_path: Path) -> None:
    bare = edited(name, ("-n", "-EXIF:Orientation=6"))
    dressed = edited(name, (*TAGS, "-EXIF:Orientation#=6"))
    assert support.cleaned(tmp_path, dressed) == support.cleaned(tmp_path, bare)


@pytest.mark.parametrize("orientation", [3, 5, 6, 8])
@pytest.mark.parametrize("name", RAWS)
def test_a_raw_picture_that_exiftool_turned_stays_turned(name: str, orientation: int, tmp_path: Path) -> None:
    data = edited(name, ("-n", f"-EXIF:Orientation={orientation}", f"-EXIF:Make={SECRET}"))
    out = support.cleaned(tmp_path, data)
    path = tmp_path / "out.dng"
    path.write_bytes(out)
    said = writers.run(writers.EXIFTOOL, "-n", "-s3", "-IFD0:Orientation", path, folder=tmp_path)
    assert said.strip() == b"%d" % orientation


@pytest.mark.parametrize("angle", [90, 180, 270])
def test_a_heic_that_exiftool_rotated_is_shown_as_before(angle: int, tmp_path: Path) -> None:
    """By `irot`, which is the one that viewers follow."""
    turned = tiles(heif.irot(0 if angle == 270 else 3))
    data = rewritten(turned, "heic", "-n", f"-QuickTime:Rotation={angle}", "-EXIF:Orientation=3")
    out = support.cleaned(tmp_path, data)
    before, after = support.decoded_still(data), support.decoded_still(out)
    assert support.differences(before, after) == []
    assert (before.size == support.decoded_still(tiles()).size) is (angle == 180)


CASES = tuple(case for each in (gif, heif_cases, jpeg_cases, png, tiff_cases, webp) for case in each.CASES)


def _unedited(case: Case) -> bytes:
    # ExifTool doesn't write a RIFF file with something behind it.
    return dict(case.twins)["bare"]() if case.format == "webp" else case.dirty()


@cache
def _cases_edited() -> dict[str, bytes]:
    """Cases of the conformance suite after ExifTool changed them; what it can't write stays as it was."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        paths = {}
        for number, case in enumerate(CASES):
            paths[case.name] = folder / f"{number}.{SUFFIXES[case.format]}"
            paths[case.name].write_bytes(_unedited(case))
        words = ("-m", "-overwrite_original", *TAGS)
        writers.attempt(writers.EXIFTOOL, *words, *paths.values(), folder=folder)
        return {name: path.read_bytes() for name, path in paths.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_of_the_conformance_suite_stays_what_it_was(case: Case, tmp_path: Path) -> None:
    """With all that stands in the way: gain maps, depth, movies behind, maker notes, gaps."""
    data, before = _cases_edited()[case.name], _unedited(case)
    if data == before:
        pytest.skip("NOT RUN: ExifTool does not write this file")
    policy = replace(case.policy, verify=support.POLICY.verify)
    out = support.cleaned(tmp_path, data, policy)
    assert not holds(out, NEEDLE)
    expected = support.cleaned(tmp_path, before, policy)
    assert out == expected, support.first_difference(out, expected)


@pytest.mark.slow
@each_base
def test_second_readers_and_decoders_pass_what_exiftool_wrote(name: str, tmp_path: Path) -> None:
    report = support.clean(tmp_path, edited(name, TAGS), Policy(verify=Verify.DECODE)).report
    assert report.problem is None
    assert not [check for check in report.checks if check.outcome is Outcome.FAILED]


def test_bases_differ() -> None:
    """Or many of these tests would be one."""
    assert len({original(name) for name in BASES}) == len(BASES)
