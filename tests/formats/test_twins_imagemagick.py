"""Stills that ImageMagick wrote: what it says beside the picture goes, and the picture is shown as before."""

from __future__ import annotations

import io
import tempfile
import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

import support
import writers
from scrubkit.model import Outcome, Policy, Verdict, Verify
from scrubkit.selftest import holds
from scrubkit.specimens.builders import jpeg, png

from . import stills
from . import test_heif_writers as by_pillow

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = writers.needs(writers.IMAGEMAGICK)

SECRET = "Q7ZK31xSecretWord"
"""Stands for all that is written into a file; no real value."""

NEEDLE = SECRET.encode()
SIZE = (64, 48)

ICCS = ("plain", "worded")
"""Two profiles of the same colours."""

Words = tuple[str, ...]

OPAQUE: Words = ("opaque",)
CLEAR: Words = ("clear",)

MOVING: Words = (
    *("-delay", "10", "opaque", "-delay", "25", "(", "opaque", "-rotate", "180", ")"),
    *("-delay", "7", "(", "opaque", "-flip", ")"),
)
"""Three frames of 100, 250 and 70 ms."""

MOVING_CLEAR: Words = (
    *("-dispose", "Background", "-delay", "10", "clear", "-delay", "25", "(", "clear", "-rotate", "180", ")"),
    *("-dispose", "Previous", "-delay", "7", "(", "clear", "-flip", ")"),
)

PLACED: Words = (
    *("-delay", "10", "opaque"),
    *("-delay", "200", "(", "opaque", "-crop", "20x15+7+9", "-repage", "64x48+30+20", ")"),
    *("-delay", "3", "(", "clear", "-resize", "50%", "-repage", "64x48+1+2", ")"),
)
"""Frames that are smaller than the first and lie inside it."""


@cache
def _inputs() -> dict[str, bytes]:
    """What ImageMagick is given: two pictures, and blocks for the places that formats have for such."""
    pictures = {}
    for name, mode in (("opaque", "RGB"), ("clear", "RGBA")):
        out = io.BytesIO()
        by_pillow.picture(mode).resize(SIZE).save(out, "PNG")
        pictures[name] = out.getvalue()
    texts = [jpeg.text(271, NEEDLE), jpeg.short(274, 6)]
    dataset = jpeg.dataset(2, 80, NEEDLE) + jpeg.dataset(2, 90, NEEDLE)
    fields = ((4, b"Q7ZK"), (24, bytes.fromhex("07EF 0002 0003 0004 0005 0006")), (80, b"Q7ZK"))
    extra = ((b"cprt", b"text\0\0\0\0" + NEEDLE + b"\0"),)
    return {
        **pictures,
        "block.xmp": jpeg.packet(b'a="' + NEEDLE + b'"'),
        "block.iptc": dataset,
        "block.8bim": jpeg.resource(0x0404, dataset) + jpeg.resource(1035, NEEDLE),
        "block.exif": b"Exif\0\0" + jpeg.tiff(texts[:1], [jpeg.text(42033, NEEDLE)]),
        "turned.exif": b"Exif\0\0" + jpeg.tiff(texts),
        "plain.icc": jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8)),
        "worded.icc": jpeg.profile(jpeg.WIDE, jpeg.gamma(1.8), words=NEEDLE, fields=fields, extra=extra),
    }


@cache
def written(kind: str, *words: str) -> bytes:
    """What ImageMagick writes of these words."""
    writers.needs_written(writers.IMAGEMAGICK, kind)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for name, held in _inputs().items():
            (folder / name).write_bytes(held)
        writers.run(writers.IMAGEMAGICK, *words, f"{kind}:written", folder=folder)
        return (folder / "written").read_bytes()


@dataclass(frozen=True)
class Twin:
    """One coding of one picture, and how ImageMagick is told to say nothing else, or a lot."""

    kind: str
    of: Words = OPAQUE
    words: Words = ()
    bare: Words = ("-strip",)
    more: Words = ()


NAMES = (
    *("comment", "label", "caption", "Title", "Author", "Copyright", "exif:Make", "tiff:artist", "tiff:make"),
    *("tiff:model", "tiff:software", "tiff:document", "tiff:hostcomputer", "tiff:copyright", "date:create"),
)

DRESS: Words = (
    *(word for name in NAMES for word in ("-set", name, SECRET)),
    *("-density", "117x93", "-units", "PixelsPerInch"),
    *("-profile", "block.xmp", "-profile", "iptc:block.iptc", "-profile", "8bim:block.8bim"),
    *("-profile", "exif:block.exif"),
)

NO_WORDS: Words = ("-define", "png:exclude-chunk=bkgd,date,text,ztxt,itxt,phys,time,exif,gama")
"""As `-strip`, which takes the chromaticities along."""

NO_GAMMA: Words = ("-define", "png:exclude-chunk=gama")
"""It is written or not as other things are."""

APART = {"bare": NO_WORDS, "more": NO_GAMMA}

TWINS = {
    "png": Twin("png", **APART),
    "png with alpha": Twin("png", CLEAR, **APART),
    "png, palette": Twin("png", OPAQUE, ("-colors", "13"), **APART),
    "png, grey": Twin("png", OPAQUE, ("-colorspace", "Gray"), **APART),
    "png of 16 bits": Twin("png64", CLEAR, ("-depth", "16"), **APART),
    "png, interlaced": Twin("png", OPAQUE, ("-interlace", "PNG"), **APART),
    "jpeg": Twin("jpeg"),
    "jpeg, progressive": Twin("jpeg", OPAQUE, ("-interlace", "JPEG")),
    "jpeg, grey": Twin("jpeg", OPAQUE, ("-colorspace", "Gray")),
    "jpeg, CMYK": Twin("jpeg", OPAQUE, ("-colorspace", "CMYK")),
    "gif": Twin("gif"),
    "gif with alpha": Twin("gif", CLEAR),
    "gif, interlaced": Twin("gif", OPAQUE, ("-interlace", "GIF")),
    "gif, animated": Twin("gif", MOVING, ("-loop", "3")),
    "gif, animated, with alpha": Twin("gif", MOVING_CLEAR, ("-loop", "0")),
    "gif, frames in places": Twin("gif", PLACED, ("-layers", "Optimize")),
    "webp": Twin("webp", OPAQUE, ("-quality", "60")),
    "webp with alpha": Twin("webp", CLEAR, ("-quality", "60")),
    "webp, lossless": Twin("webp", CLEAR, ("-define", "webp:lossless=true")),
    "tiff": Twin("tiff", OPAQUE, ("-compress", "None")),
    "tiff, LZW": Twin("tiff", CLEAR, ("-compress", "LZW")),
    "tiff, deflate": Twin("tiff", OPAQUE, ("-compress", "Zip", "-depth", "16")),
    "tiff, PackBits": Twin("tiff", OPAQUE, ("-compress", "RLE", "-colors", "9")),
    "tiff, JPEG": Twin("tiff", OPAQUE, ("-compress", "JPEG")),
    "tiff, fax": Twin("tiff", OPAQUE, ("-compress", "Group4", "-monochrome")),
    "tiff, tiles": Twin("tiff", OPAQUE, ("-compress", "LZW", "-define", "tiff:tile-geometry=16x16")),
    "tiff, CMYK": Twin("tiff", OPAQUE, ("-compress", "Zip", "-colorspace", "CMYK")),
}

each_twin = pytest.mark.parametrize("twin", TWINS.values(), ids=TWINS)


def bare(twin: Twin) -> bytes:
    return written(twin.kind, *twin.of, *twin.words, *twin.bare)


def dressed(twin: Twin) -> bytes:
    return written(twin.kind, *twin.of, *twin.words, *DRESS, *twin.more)


@each_twin
def test_what_imagemagick_adds_leaves_no_trace(twin: Twin, tmp_path: Path) -> None:
    data = dressed(twin)
    assert holds(data, NEEDLE)
    out, expected = support.cleaned(tmp_path, data), support.cleaned(tmp_path, bare(twin))
    assert not holds(out, NEEDLE)
    assert out == expected, support.first_difference(out, expected)


@pytest.mark.slow
@each_twin
def test_second_readers_and_decoders_pass_what_imagemagick_wrote(twin: Twin, tmp_path: Path) -> None:
    report = support.clean(tmp_path, dressed(twin), Policy(verify=Verify.DECODE)).report
    assert report.problem is None
    assert not [check for check in report.checks if check.outcome is Outcome.FAILED]


SAME: dict[str, tuple[tuple[str, Words], tuple[str, Words]]] = {
    "png, what is known of chunks": (("png", (*OPAQUE, *NO_WORDS)), ("png", (*OPAQUE, *NO_GAMMA))),
    "png, by another prefix": (("png", (*OPAQUE, *NO_WORDS)), ("png24", (*OPAQUE, *NO_GAMMA))),
    "tiff, byte order": (
        ("tiff", (*OPAQUE, "-compress", "LZW", "-define", "tiff:endian=lsb")),
        ("tiff", (*OPAQUE, "-compress", "LZW", "-define", "tiff:endian=msb")),
    ),
    "tiff, raw, byte order": (
        ("tiff", (*CLEAR, "-compress", "None", "-define", "tiff:endian=lsb")),
        ("tiff", (*CLEAR, "-compress", "None", "-define", "tiff:endian=msb")),
    ),
    "tiff, raw, rows of a strip": (
        ("tiff", (*OPAQUE, "-compress", "None", "-define", "tiff:rows-per-strip=5")),
        ("tiff", (*OPAQUE, "-compress", "None", "-define", "tiff:rows-per-strip=48")),
    ),
    "tiff, BigTIFF": (
        ("tiff", (*OPAQUE, "-compress", "Zip")),
        ("tiff64", (*OPAQUE, "-compress", "Zip")),
    ),
    "tiff, more pages": (
        ("tiff", (*OPAQUE, "-compress", "Zip")),
        ("tiff", (*OPAQUE, *CLEAR, "-compress", "Zip", *DRESS)),
    ),
    "bmp, header of 1998": (("bmp3", (*OPAQUE, "-strip")), ("bmp", (*OPAQUE, *DRESS, "-type", "TrueColor"))),
    "bmp, density": (("bmp3", (*OPAQUE, "-strip")), ("bmp3", (*OPAQUE, *DRESS))),
    "bmp, palette": (
        ("bmp3", (*OPAQUE, "-colors", "13", "-strip")),
        ("bmp", (*OPAQUE, "-colors", "13", *DRESS)),
    ),
    "gif, signature of 1987": (("gif", (*OPAQUE, "-strip")), ("gif87", (*OPAQUE, "-strip"))),
    "jpeg, by another name": (("jpeg", (*OPAQUE, "-strip")), ("jps", (*OPAQUE, *DRESS))),
}


@pytest.mark.parametrize(("one", "other"), SAME.values(), ids=SAME)
def test_the_same_coded_picture_in_another_dress_is_a_twin(
    one: tuple[str, Words], other: tuple[str, Words], tmp_path: Path
) -> None:
    first, second = (written(kind, *words) for kind, words in (one, other))
    assert first != second
    out, expected = support.cleaned(tmp_path, first), support.cleaned(tmp_path, second)
    assert out == expected, support.first_difference(out, expected)


PROFILED = (
    *(
        "png",
        "png, palette",
        "jpeg",
        "gif",
        "gif, animated",
        "webp",
        "webp, lossless",
        "tiff, LZW",
        "tiff, JPEG",
    ),
)


def _profile(data: bytes) -> bytes:
    """A file, or the inflated profile of a PNG."""
    if not data.startswith(png.SIGNATURE):
        return data
    return zlib.decompress(png.body(data, b"iCCP").partition(b"\0")[2][1:])


@pytest.mark.parametrize("name", PROFILED)
def test_of_a_profile_only_its_colours_tell(name: str, tmp_path: Path) -> None:
    twin = TWINS[name]
    plain, worded = (written(twin.kind, *twin.of, *twin.words, "-profile", f"{icc}.icc") for icc in ICCS)
    assert NEEDLE in _profile(worded)
    assert plain != worded
    out = support.cleaned(tmp_path, worded)
    assert out == support.cleaned(tmp_path, plain)
    assert support.differences(support.decoded_still(worded), support.decoded_still(out)) == []


def _of(kind: str, *options: str) -> dict[str, tuple[str, Words]]:
    """A picture with each of these options."""
    return {f"{kind} {option}".strip(): (kind, tuple(option.split())) for option in options}


SHOWN: dict[str, tuple[str, Words]] = {
    **_of("png", "", "-monochrome", "-colors 3", "-colors 13", "-colors 200", "-type Grayscale -depth 2"),
    **_of("png", "-depth 16", "-interlace PNG -colors 5", "-define png:compression-filter=5 -quality 5"),
    **_of("png8", "", "-interlace PNG"),
    **_of("png24", ""),
    **_of("png32", ""),
    **_of("png48", ""),
    **_of("png64", "-interlace PNG"),
    **_of("jpeg", "", "-quality 1", "-quality 100", "-interlace JPEG -quality 30", "-interlace Plane"),
    **_of("jpeg", "-sampling-factor 4x1", "-sampling-factor 1x2", "-sampling-factor 2x2"),
    **_of("jpeg", "-define jpeg:optimize-coding=off", "-colorspace CMYK -interlace JPEG", "-monochrome"),
    **_of("webp", "", "-quality 1", "-define webp:lossless=true", "-define webp:alpha-compression=0"),
    **_of("webp", "-define webp:alpha-quality=20", "-define webp:partitions=3", "-define webp:exact=true"),
    **_of("webp", "-define webp:near-lossless=40", "-define webp:lossless=true -colors 4"),
    **_of(
        "tiff", "-compress None -depth 16", "-compress LZW -define tiff:endian=msb -depth 16", "-compress Zip"
    ),
    **_of("tiff", "-compress LZW -type Palette", "-compress RLE -monochrome", "-compress None -monochrome"),
    **_of(
        "tiff",
        "-compress Fax -monochrome",
        "-compress JPEG",
        "-compress Zip -type Grayscale",
    ),
    **_of("tiff", "-compress LZW -define tiff:alpha=associated", "-compress LZW -interlace Plane"),
    **_of("tiff", "-compress None -monochrome -define tiff:fill-order=lsb"),
    **_of("tiff", "-compress None -define tiff:tile-geometry=16x32"),
    **_of("ptif", "-compress LZW"),
    **_of("bmp", "", "-monochrome", "-colors 13 -type Palette", "-type Grayscale", "-flip"),
    **_of("bmp", "-define bmp:subtype=RGB565", "-define bmp:subtype=RGB555"),
    **_of("bmp2", "", "-colors 13 -type Palette"),
    **_of("bmp3", "", "-colors 200 -type Palette -compress RLE"),
    **_of("gif", "", "-interlace GIF", "-monochrome", "-colors 5", "-page 100x90+9+7", "-background red"),
    **_of("heic", "", "-quality 20", "-define heic:chroma=444", "-colorspace Gray"),
    **_of("avif", "", "-quality 20", "-define heic:chroma=422", "-colorspace Gray"),
}


FLAT = frozenset({"jpeg", "bmp2", "bmp3"})
"""Kinds without alpha."""


def _shown() -> Iterator[object]:
    """The opaque picture of each kind; what has alpha takes longer, and comes with the slow tests."""
    for name, (kind, words) in SHOWN.items():
        yield pytest.param(kind, (*OPAQUE, *words), id=name)
        if kind not in FLAT:
            slow = pytest.mark.slow if words else ()
            yield pytest.param(kind, (*CLEAR, *words), marks=slow, id=f"{name}, with alpha")


@pytest.mark.filterwarnings("ignore:Palette images with Transparency:UserWarning")
@pytest.mark.parametrize(("kind", "words"), tuple(_shown()))
def test_a_picture_by_imagemagick_is_shown_as_before(kind: str, words: Words, tmp_path: Path) -> None:
    data = written(kind, *words)
    out = support.cleaned(tmp_path, data)
    assert support.differences(support.decoded_still(data), support.decoded_still(out)) == []


MOVED = {
    **{f"gif {' '.join(option)}": ("gif", option) for option in ((), ("-loop", "0"), ("-loop", "1"))},
    "gif, optimised": ("gif", ("-loop", "3", "-layers", "Optimize")),
    "gif, optimised by transparency": ("gif", ("-layers", "OptimizeTransparency")),
    "gif, differences": ("gif", ("-coalesce", "-deconstruct")),
    "gif, few colours": ("gif", ("-colors", "5")),
    "gif, one palette": ("gif", ("+map",)),
    "gif, on a larger screen": ("gif", ("-coalesce", "-page", "100x90", "-interlace", "GIF")),
    "webp": ("webp", ("-loop", "2", "-quality", "50")),
    "webp, lossless": ("webp", ("-define", "webp:lossless=true")),
}


def timed(data: bytes) -> tuple[object, ...]:
    """Each frame as it is shown, with its time, and how often all are."""
    with Image.open(io.BytesIO(data)) as image:
        loops = image.info.get("loop")
    return loops, [(size, pixels, time or 0) for size, pixels, time in stills.frames(data)]


@pytest.mark.parametrize("of", [MOVING, MOVING_CLEAR, PLACED], ids=["opaque", "with alpha", "in places"])
@pytest.mark.parametrize(("kind", "words"), MOVED.values(), ids=MOVED)
def test_every_frame_keeps_its_alpha_and_its_time(kind: str, words: Words, of: Words, tmp_path: Path) -> None:
    data = written(kind, *of, *words)
    assert len(stills.frames(data)) == 3
    assert timed(support.cleaned(tmp_path, data)) == timed(data)


CORNERS = (
    *("TopLeft", "TopRight", "BottomRight", "BottomLeft"),
    *("LeftTop", "RightTop", "RightBottom", "LeftBottom"),
)


@pytest.mark.parametrize("corner", CORNERS)
@pytest.mark.parametrize("kind", ["jpeg", "tiff", "webp", "png"])
def test_a_picture_that_imagemagick_turned_is_shown_as_before(kind: str, corner: str, tmp_path: Path) -> None:
    data = written(kind, *OPAQUE, "-profile", "exif:turned.exif", "-orient", corner, *NO_GAMMA)
    out = support.cleaned(tmp_path, data)
    assert not holds(out, NEEDLE)
    assert support.differences(support.decoded_still(data), support.decoded_still(out)) == []


OTHERS = (
    *("jp2", "j2k", "psd", "ico", "cur", "tga", "pcx", "miff", "mng", "jng", "ppm", "pam", "xpm", "xbm"),
    *("sgi", "dds", "fits", "hdr", "pict", "dpx", "cin", "wbmp", "viff", "palm", "sun", "g4", "cals"),
)


@pytest.mark.parametrize("kind", OTHERS)
def test_what_no_phone_makes_is_refused_by_name(kind: str, tmp_path: Path) -> None:
    result = support.clean(tmp_path, written(kind, *OPAQUE))
    assert result.report.verdict is Verdict.REFUSED
    assert result.report.problem is not None
    assert result.report.problem.code in {"unrecognised", "unsupported"}


@pytest.mark.parametrize("coding", ["LZMA", "ZSTD", "WebP"])
def test_a_tiff_in_a_coding_of_libtiffs_own_is_refused_by_name(coding: str, tmp_path: Path) -> None:
    result = support.clean(tmp_path, written("tiff", *OPAQUE, "-compress", coding))
    assert result.report.problem is not None
    assert (result.report.problem.code, result.report.problem.rule) == ("unsupported", "coding")


def test_a_bmp_whose_masks_were_forgotten_is_refused(tmp_path: Path) -> None:
    """ImageMagick 6 says that they follow the header, and writes pixels there."""
    data = written("bmp3", *CLEAR, "-define", "bmp:subtype=ARGB4444")
    if (data[10], data[30]) != (54, 3):
        pytest.skip("NOT RUN: this ImageMagick doesn't forget them")
    path = tmp_path / "picture"
    path.write_bytes(data)
    assert not support.shows(path)
    path.unlink()
    assert support.clean(tmp_path, data).report.verdict is Verdict.REFUSED
