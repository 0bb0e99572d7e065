"""TIFFs for the conformance suite: pictures of each coding, and a raw photo, in every dress we know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from ..builders import jpeg, tiff
from ..builders.tiff import Ifd, Layout, Tag, text
from . import Case

SECRET = b"+12.3456-098.7654/ SN:Q7ZK31"
"""Stands for all that a source says about its maker; no real value."""

SIZE = (21, 13)


def words(secret: bytes) -> tuple[Tag, ...]:
    """Tags of IFD0 that stay behind."""
    return (
        text(270, secret),
        text(271, secret),
        text(272, secret),
        text(305, secret),
        text(306, b"2031:02:03 04:05:06"),
        text(315, secret),
        text(316, secret),
        text(33432, secret),
        text(50735, secret),
        Tag(282, tiff.RATIONAL, (300, 1)),
        Tag(283, tiff.RATIONAL, (300, 1)),
        Tag(296, tiff.SHORT, (2,)),
        Tag(700, tiff.BYTE, b'<x:xmpmeta xmp:CreatorTool="' + secret + b'"/>'),
        Tag(33723, tiff.UNDEFINED, jpeg.dataset(2, 80, secret)),
        Tag(34377, tiff.UNDEFINED, jpeg.resource(0x0404, jpeg.dataset(2, 80, secret))),
        Tag(50740, tiff.BYTE, b"Adobe\0" + secret),
        Tag(65000, tiff.UNDEFINED, secret),
        Tag(65001, tiff.LONG, (0x31415926,)),
    )


def exif(secret: bytes) -> Ifd:
    return Ifd(
        (
            text(36867, b"2031:02:03 04:05:06"),
            text(42033, secret),
            Tag(37500, tiff.UNDEFINED, b"Apple iOS\0\0\1MM" + secret),
            Tag(0xFEDC, tiff.UNDEFINED, secret),
        ),
        below=((40965, (Ifd((text(1, secret),)),)),),
    )


def gps(secret: bytes) -> Ifd:
    return Ifd((text(1, b"N"), Tag(2, tiff.RATIONAL, (12, 1, 34, 1, 5678, 100)), text(27, secret)))


def page(secret: bytes) -> Ifd:
    """Another picture, whose pixels are the secret."""
    pixels = secret.ljust(32, b".")
    return tiff.picture((len(pixels), 1), 1, 8, (pixels,), text(285, secret), Tag(254, tiff.LONG, (2,)))


@dataclass(frozen=True)
class Coded:
    """A picture, the byte order that its samples fix, and the same in other layouts of strips or fields."""

    ifd: Ifd
    order: tiff.Order = "little"
    others: tuple[tuple[str, Ifd], ...] = ()
    slack: bool = True
    decodes: bool = True
    below: bool = False
    """Whether the picture may also stand below IFD0."""


def dressed(coded: Coded, secret: bytes) -> Ifd:
    inside = ((34665, (exif(secret),)), (34853, (gps(secret),)), (330, (page(secret),)))
    return replace(coded.ifd.with_tags(*words(secret)), below=(*coded.ifd.below, *inside))


def dirty(coded: Coded, secret: bytes = SECRET) -> bytes:
    layout = Layout(coded.order, gap=secret, after=secret, slack=secret if coded.slack else b"")
    return tiff.build((dressed(coded, secret), page(secret)), layout)


def twins(coded: Coded) -> dict[str, Callable[[], bytes]]:
    ifd, order = coded.ifd, coded.order
    layouts = {
        "bare": Layout(order),
        "BigTIFF": Layout(order, big=True, wide=True),
        "data from the last to the first": Layout(order, backwards=True),
        "gaps of zeros": Layout(order, gap=bytes(7), after=bytes(9)),
        "a link to nowhere": Layout(order, link=0x7FFFFFFF),
        "a link to itself": Layout(order, link=-1),
    }
    named: dict[str, Callable[[], bytes]] = {
        name: partial(tiff.build, (ifd,), layout) for name, layout in layouts.items()
    }
    named["another maker"] = partial(dirty, coded, b"another maker's secret words")
    stated = ifd.with_tags(Tag(256, tiff.SHORT, (SIZE[0],)), Tag(257, tiff.SHORT, (SIZE[1],)))
    if not any(tag.number == 274 for tag in ifd.tags):
        stated = stated.with_tags(Tag(274, tiff.SHORT, (1,)))
    named["what goes without saying"] = partial(tiff.build, (stated,), Layout(order))
    for name, other in coded.others:
        named[name] = partial(tiff.build, (other,), Layout(order))
    return named


def planted(coded: Coded, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in every place that can hold it."""
    ifd, plain = coded.ifd, Layout(coded.order)
    for tag in words(canary):
        if isinstance(tag.values, bytes) and canary in tag.values:
            yield f"tag {tag.number}", tiff.build((ifd.with_tags(tag),), plain)
    for number in (1, 255, 285, 301, 512, 32768, 34675, 40000, 50706 + 500, 65535):
        yield (
            f"unknown tag {number}",
            tiff.build((ifd.with_tags(Tag(number, tiff.UNDEFINED, canary)),), plain),
        )
    for number, child in ((34665, exif(canary)), (34853, gps(canary)), (330, page(canary))):
        below = replace(ifd, below=(*ifd.below, (number, (child,))))
        yield f"directory {number}", tiff.build((below,), plain)
    yield "another page", tiff.build((ifd, page(canary)), plain)
    yield "gaps", tiff.build((ifd,), replace(plain, gap=canary))
    yield "the end", tiff.build((ifd,), replace(plain, after=canary))
    if coded.slack:
        yield "behind the strips", tiff.build((ifd,), replace(plain, slack=canary))
    yield "BigTIFF", tiff.build((dressed(coded, canary),), Layout(coded.order, big=True, gap=canary))


def case(name: str, coded: Coded) -> Case:
    return Case(
        name,
        "tiff",
        partial(dirty, coded),
        tuple(twins(coded).items()),
        partial(planted, coded),
        decodes=coded.decodes,
    )


LINES = tiff.rows(*SIZE)
DEEP = tiff.rows(*SIZE, 1, wide="big")


def _rows_per_strip(rows: int) -> Tag:
    return Tag(278, tiff.LONG, (rows,))


def _coding(number: int) -> Tag:
    return Tag(259, tiff.SHORT, (number,))


def _plain(each: int, *tags: Tag) -> Ifd:
    return tiff.picture(SIZE, 3, 8, tiff.strips(LINES, each), _rows_per_strip(each), *tags)


RGB = Coded(
    _plain(4),
    others=(
        ("one strip", _plain(13)),
        ("a strip of each row", _plain(1)),
        ("no rows per strip", _plain(13).without(278)),
        ("more rows per strip than rows", _plain(13).with_tags(_rows_per_strip(0xFFFFFFFF))),
        ("no byte counts", replace(_plain(13), counts=False)),
        ("defaults stated", _plain(4, Tag(284, tiff.SHORT, (1,)), Tag(266, tiff.SHORT, (1,)))),
        ("unsigned stated", _plain(4, Tag(339, tiff.SHORT, (1, 1, 1)))),
        ("an orientation that is none", _plain(4, Tag(274, tiff.SHORT, (9,)))),
    ),
)

DEFLATE = Coded(
    tiff.picture(
        SIZE, 1, 16, tiff.deflated(tiff.strips(DEEP, 5)), _rows_per_strip(5), _coding(8), Tag(317, 3, (2,))
    ),
    "big",
    (
        (
            "the number of old",
            tiff.picture(
                SIZE,
                1,
                16,
                tiff.deflated(tiff.strips(DEEP, 5)),
                _rows_per_strip(5),
                _coding(32946),
                Tag(317, 3, (2,)),
            ),
        ),
    ),
)


def _lzw(*, end: bool) -> Ifd:
    tiles = tuple(tiff.lzw(tile, end=end) for tile in tiff.tiles(LINES, (16, 16), 3))
    size = (Tag(322, tiff.SHORT, (16,)), Tag(323, tiff.SHORT, (16,)))
    return tiff.picture(SIZE, 3, 8, tiles, _coding(5), *size, tiled=True)


LZW = Coded(_lzw(end=True), others=(("without an end code", _lzw(end=False)),))

COLOURS = tuple((i * 771) & 0xFFFF for i in range(768))

PALETTE = Coded(
    tiff.picture(
        SIZE,
        1,
        8,
        tuple(tiff.packbits(strip) for strip in tiff.strips(tiff.rows(*SIZE, 1), 8)),
        _rows_per_strip(8),
        _coding(32773),
        Tag(262, tiff.SHORT, (3,)),
        Tag(320, tiff.SHORT, COLOURS),
        Tag(274, tiff.SHORT, (6,)),
    ),
)

_TABLES = (jpeg.DQT, 0xC4)


def _jpeg(*, apart: bool, dressed: bool = False) -> Ifd:
    parts = jpeg.picture("L", size=SIZE)
    tables = tuple(part for part in parts if part.code in _TABLES)
    own = tuple(part for part in parts if not apart or part.code not in _TABLES)
    if dressed:
        own = (jpeg.Part(jpeg.COM, SECRET), jpeg.Part(0xE1, SECRET), *own)
    made = tiff.picture(SIZE, 1, 8, (jpeg.join(own),), _coding(7), _rows_per_strip(13))
    return made.with_tags(Tag(347, tiff.UNDEFINED, jpeg.join(tables))) if apart else made


JPEG = Coded(
    _jpeg(apart=True),
    others=(
        ("tables inside", _jpeg(apart=False)),
        ("segments inside", _jpeg(apart=True, dressed=True)),
    ),
)

MATRIX = (7, 10, -1, 10, 0, 1, -2, 10, 12, 10, 1, 10, 0, 1, 1, 10, 5, 10)

RAW = tuple(tiff.strips(tiff.rows(20, 12, 1, wide="little"), 12))


def _raw(secret: bytes) -> Ifd:
    """The directory of the raw picture."""
    gains = (1).to_bytes(4) + (9).to_bytes(4) + (0x01030000).to_bytes(4) + (1).to_bytes(4)
    body = b"".join(value.to_bytes(4) for value in (0, 0, 12, 20, 0, 1, 2, 2, 1, 1)) + bytes(32)
    body += (1).to_bytes(4) + b"\x3f\x80\0\0"
    opcodes = gains + len(body).to_bytes(4) + body
    size = (Tag(256, tiff.LONG, (20,)), Tag(257, tiff.LONG, (12,)))
    return tiff.picture(
        (20, 12),
        1,
        16,
        RAW,
        *size,
        Tag(262, tiff.SHORT, (32803,)),
        _rows_per_strip(12),
        Tag(254, tiff.LONG, (0,)),
        Tag(33421, tiff.SHORT, (2, 2)),
        Tag(33422, tiff.BYTE, (0, 1, 1, 2)),
        Tag(50714, tiff.SHORT, (64,)),
        Tag(50717, tiff.LONG, (65535,)),
        Tag(50719, tiff.RATIONAL, (2, 1, 2, 1)),
        Tag(50720, tiff.RATIONAL, (16, 1, 8, 1)),
        Tag(51022, tiff.UNDEFINED, opcodes),
        *(Tag(51112, tiff.UNDEFINED, secret) for _ in secret[:1]),
    )


def _camera(secret: bytes) -> tuple[Tag, ...]:
    """The tags that a DNG has in IFD0."""
    return (
        Tag(50706, tiff.BYTE, (1, 4, 0, 0)),
        Tag(50707, tiff.BYTE, (1, 3, 0, 0)),
        text(50708, b"Some Camera" + secret),
        Tag(50721, tiff.SRATIONAL, MATRIX),
        Tag(50728, tiff.RATIONAL, (1, 2, 1, 1, 3, 5)),
        Tag(50778, tiff.SHORT, (21,)),
        Tag(50730, tiff.SRATIONAL, (-1, 4)),
        *(text(number, secret) for number in (50709, 50936, 50931, 50942) if secret),
    )


def _preview(secret: bytes) -> Ifd:
    """IFD0 with a preview, and the raw picture below."""
    pixels = (secret or b"x").ljust(32, b".")
    small = tiff.picture((len(pixels), 1), 1, 8, (pixels,), Tag(254, tiff.LONG, (1,)), *_camera(secret))
    return replace(small.with_tags(Tag(274, tiff.SHORT, (1,))), below=((330, (_raw(secret),)),))


DNG = Coded(
    _raw(b"").with_tags(*_camera(b"")),
    others=(
        ("the raw picture below a preview", _preview(SECRET)),
        ("names", _raw(SECRET).with_tags(*_camera(SECRET))),
    ),
    decodes=False,
)


def _dng() -> Case:
    made = case("tiff, DNG", DNG)
    # The size of this picture is another, and IFD0 may turn it.
    return replace(made, twins=tuple(row for row in made.twins if row[0] != "what goes without saying"))


CASES: tuple[Case, ...] = (
    case("tiff, RGB", RGB),
    case("tiff, deflate of 16 bits", DEFLATE),
    case("tiff, LZW in tiles", LZW),
    case("tiff, palette in PackBits", PALETTE),
    case("tiff, JPEG", JPEG),
    _dng(),
)
