"""JPEGs for the conformance suite: one coded picture per way of coding, in every dress we know."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

from ...model import Extra, Policy, Verify
from ..builders import heif, jpeg
from ..builders.boxes import u8, u32
from ..builders.jpeg import COM, DNL, DQT, DRI, SOS, Part, Parts
from . import Case

SECRET = b"+12.3456-098.7654/ SN:Q7ZK31"
"""Stands for all that a source says about its maker; no real value."""


@dataclass(frozen=True)
class Coded:
    """A coded picture, the segments that it can't be shown without, and whether JFIF may be said of it."""

    parts: Parts
    needed: tuple[Part, ...] = ()
    jfif: bool = True


def exif_block(secret: bytes, orientation: int = 1, *, big: bool = True) -> bytes:
    """An Exif block that has something of everything, the secret in all of it."""
    order = "big" if big else "little"
    place = jpeg.rationals((12, 1), (34, 1), (5678, 100))
    if not big:
        place = b"".join(place[at : at + 4][::-1] for at in range(0, len(place), 4))
    note = b"Apple iOS\0\0\1MM" + jpeg.tiff([jpeg.text(0x0011, secret)])[8:]
    return jpeg.tiff(
        [
            jpeg.short(0x0112, orientation, big=big),
            jpeg.text(0x010F, b"Maker" + secret),
            jpeg.text(0x0110, b"Model" + secret),
            jpeg.text(0x0131, secret),
            jpeg.text(0x0132, b"2031:02:03 04:05:06"),
            (0x9C9D, 1, 2 * len(secret), secret.decode("latin-1").encode("utf-16-le")),
        ],
        [
            jpeg.text(0x9003, b"2031:02:03 04:05:06"),
            jpeg.text(0xA431, secret),
            (0x927C, 7, len(note), note),
            (0x9286, 7, 8 + len(secret), b"ASCII\0\0\0" + secret),
            (0xFEDC, 7, len(secret), secret),
        ],
        [jpeg.text(1, b"N"), (2, 5, 3, place), jpeg.text(0x1B, secret)],
        [
            (0x0103, 3, 1, (6).to_bytes(2, "big" if order == "big" else "little")),
        ],
        big=big,
        after=secret,
    )


def application(secret: bytes) -> tuple[Part, ...]:
    """Application segments and comments of every kind, none of which is needed."""
    words = jpeg.packet(b'xmlns:xmp="x" xmp:CreatorTool="' + secret + b'" exif:GPSLatitude="1,2N"')
    irb = jpeg.resource(0x0404, jpeg.dataset(2, 80, secret) + jpeg.dataset(2, 90, secret))
    bodies = (
        (0xE0, b"JFXX\0\x10" + secret),
        (0xE1, b"FLIR\0\1\0\0" + secret),
        (0xE2, b"FPXR\0\1\0" + secret),
        (0xE3, b"Meta\0\0" + jpeg.tiff([jpeg.text(0xC350, secret)])),
        (0xE4, b"QTI Debug Metadata" + secret),
        (0xE5, b"ssuniqueid\0" + secret),
        (0xE6, b"GoPro\0DEVC" + secret),
        (0xE7, b"HUAWEI\0\0" + secret),
        (0xE8, b"SPIFF\0" + secret),
        (0xE9, b"Media Jukebox\0" + secret),
        (0xEA, b"UNICODE\0" + secret),
        (0xEB, b"JP\0\1\0\0\0\1" + secret),
        (0xEC, b"Ducky\0" + secret),
        (0xEF, b"Q 70" + secret),
        (0xE7, b"\x13\x37" + secret),
        (COM, secret),
    )
    return (
        jpeg.xmp(words),
        jpeg.extended_xmp(b"0123456789ABCDEF0123456789ABCDEF", words),
        jpeg.photoshop(irb, jpeg.resource(0x040B, secret), jpeg.resource(0x1234, secret)),
        jpeg.mpf(secret),
        *(Part(code, body) for code, body in bodies),
    )


def trailers(secret: bytes) -> dict[str, bytes]:
    """What vendors put after the end of the image."""
    second = jpeg.join((jpeg.exif(exif_block(secret)), *jpeg.picture(size=(16, 16))))
    return {
        "second picture": second,
        "motion photo": jpeg.movie(secret),
        "Samsung records": jpeg.samsung(
            (b"Image_UTC_Data", secret), (b"MotionPhoto_Data", jpeg.movie(secret))
        ),
        "Samsung records and a gap": jpeg.samsung((b"MCC_Data", b"123"), (b"Made_Up", secret), gap=secret),
        "padding": bytes(4000) + secret,
        "debug records": b"aecDebug" + secret + b"afDebug" + secret,
        "JSON": b'{"camera":"' + secret + b'"}',
        "stuffed bytes": b"\xff\x00" + secret + b"\xff\xd9",
        "unknown": b"\x01\x02" + secret,
        "words": secret,
    }


def dirty(coded: Coded, secret: bytes = SECRET) -> bytes:
    """The picture with all of it: segments, odd order, unused tables, gaps, fill bytes and a trailer."""
    parts = jpeg.tables_joined(coded.parts)
    head = (*((jpeg.JFIF,) if coded.jfif else ()), *coded.needed, *application(secret), *_unused(secret))
    return jpeg.join(
        (*head, b"\xff\xff", *jpeg.before(parts, SOS, Part(COM, secret), secret)),
        trailers(secret)["debug records"],
    )


def _unused(secret: bytes) -> tuple[Part, ...]:
    """Tables that no component asks for."""
    values = (secret * 3)[:64]
    return Part(DQT, b"\3" + values), Part(0xC4, b"\x13" + bytes((len(secret),)) + bytes(15) + secret)


def _turned(orientation: int, *, big: bool = True) -> Part:
    return jpeg.exif(exif_block(SECRET, orientation, big=big))


def bare(coded: Coded) -> bytes:
    return jpeg.join((*coded.needed, *coded.parts))


def _dressed(coded: Coded, change: Callable[[Parts], Parts]) -> bytes:
    return bare(replace(coded, parts=change(coded.parts)))


def _filled(coded: Coded) -> bytes:
    return jpeg.join(jpeg.filled((*coded.needed, *coded.parts)))


def _replaced(parts: Parts) -> Parts:
    """Tables that are defined twice before they are used, nonsense first."""
    nonsense = Part(DQT, b"".join(bytes((place,)) + bytes(range(1, 65)) for place in range(3)))
    return nonsense, *parts


def _again(parts: Parts) -> Parts:
    """The same tables once more after the frame header."""
    at = next(i for i, part in enumerate(parts) if part.code == SOS)
    return *parts[:at], *(part for part in parts[:at] if part.code in (DQT, 0xC4)), *parts[at:]


def _no_restarts(parts: Parts) -> Parts:
    """Restart intervals that say nothing: none, then longer than the picture."""
    return Part(DRI, b"\0\0"), *parts[:-1], Part(DRI, b"\x7f\xff"), parts[-1]


def _careless(parts: Parts) -> Parts:
    """A sequential scan header with numbers that mean nothing there."""
    return jpeg.changed(parts, SOS, lambda body: body[:-3] + b"\1\x05\x21")


def _behind_blocks(words: bytes, parts: Parts) -> Parts:
    """Bytes behind the last block of every scan."""
    return tuple(replace(part, data=part.data + words) if part.code == SOS else part for part in parts)


def _behind_intervals(words: bytes, parts: Parts) -> Parts:
    """Bytes behind the last block of every restart interval."""
    return tuple(
        replace(part, data=re.sub(rb"(\xff[\xd0-\xd7])", words + rb"\1", part.data) + words)
        if part.code == SOS
        else part
        for part in parts
    )


GENERAL: dict[str, Callable[[Parts], Parts]] = {
    "tables joined": jpeg.tables_joined,
    "tables in reverse after the frame header": jpeg.tables_reversed,
    "tables of 16 bits": jpeg.wide_tables,
    "other quantisation destinations": jpeg.destinations_turned,
    "other Huffman destinations": jpeg.entropy_tables_swapped,
    "tables overwritten": _replaced,
    "tables twice": _again,
    "a height after the scan": lambda parts: (*parts, Part(DNL, b"\0\1")),
    "segments between and after scans": lambda parts: (*parts, jpeg.JFIF, *application(SECRET)),
}
"""Changes that leave the coded picture alone, whatever its coding."""

SEQUENTIAL: dict[str, Callable[[Parts], Parts]] = {
    "extended in place of baseline": lambda parts: jpeg.recoded(parts, 0xC1),
    "a careless scan header": _careless,
    "zeros behind the last block": partial(_behind_blocks, bytes(9)),
}


def _both(one: Callable[[Parts], Parts], other: Callable[[Parts], Parts], parts: Parts) -> Parts:
    return one(other(parts))


def _followed(coded: Coded, trailer: bytes) -> bytes:
    return bare(coded) + trailer


def _twins(
    coded: Coded, more: dict[str, Callable[[Parts], Parts]]
) -> tuple[tuple[str, Callable[[], bytes]], ...]:
    changes = GENERAL | more
    named: dict[str, Callable[[], bytes]] = {
        "bare": partial(bare, coded),
        "another maker": partial(dirty, coded, b"another maker's secret words"),
        "fill bytes": partial(_filled, coded),
    }
    for (name, one), (_, other) in pairwise([*changes.items(), next(iter(changes.items()))]):
        named[name] = partial(_dressed, coded, one)
        named[f"{name}, and the next"] = partial(_dressed, coded, partial(_both, one, other))
    for name, trailer in trailers(SECRET).items():
        named[f"trailer: {name}"] = partial(_followed, coded, trailer)
    return tuple(named.items())


def planted(coded: Coded, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in every place that can hold it."""
    parts = coded.parts
    whole = (*coded.needed, *parts)
    for part in application(canary):
        yield f"{part.code:02x} {part.body[:6]!r}", jpeg.join((part, *whole))
    for at in range(16):
        yield f"APP{at}", jpeg.join((Part(0xE0 + at, canary), *whole))
        yield f"APP{at} after the frame header", jpeg.join(jpeg.before(whole, SOS, Part(0xE0 + at, canary)))
    first = next(i for i, part in enumerate(whole) if part.code == SOS)
    for at in range(first + 1):
        yield f"gap before segment {at}", jpeg.join((*whole[:at], canary, *whole[at:]))
    for at in range(first + 1, len(whole) + 1):
        yield f"comment after scan {at}", jpeg.join((*whole[:at], Part(COM, canary), *whole[at:]))
        yield f"table after scan {at}", jpeg.join((*whole[:at], _unused(canary)[0], *whole[at:]))
    for number, part in enumerate(_unused(canary)):
        yield f"unused table {number}", jpeg.join((part, *whole))
    for name, trailer in trailers(canary).items():
        yield f"trailer: {name}", jpeg.join(whole, trailer)
    for big in (True, False):
        yield f"Exif, big {big}", jpeg.join((jpeg.exif(exif_block(canary, big=big)), *whole))
    for number, part in enumerate(whole):
        if part.code == SOS:
            more = jpeg.replaced(whole, number, part.data + canary)
            yield f"behind the last block of scan {number}", jpeg.join(more)
    yield "behind every interval", jpeg.join(_behind_intervals(canary, whole))
    yield "DNL", jpeg.join((*whole, Part(DNL, canary)))
    yield "second Exif", jpeg.join((jpeg.orientation(1), jpeg.exif(exif_block(canary, 6)), *whole))
    if coded.jfif:
        jfif = jpeg.JFIF.body
        yield "JFIF version and density", jpeg.join((Part(0xE0, jfif[:5] + canary[:7] + b"\0\0"), *whole))
        yield "JFIF thumbnail", jpeg.join((Part(0xE0, jfif + canary), *whole))
        yield "second JFIF", jpeg.join((jpeg.JFIF, Part(0xE0, jfif + canary), *whole))
    if not coded.needed:
        adobe = jpeg.adobe(1, version=canary[:2], flags=canary[2:6], extra=canary)
        yield "Adobe", jpeg.join((adobe, *whole))
    yield from _profiles(coded, canary)


def _profiles(coded: Coded, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in a profile's words, header fields and tags, in chunks and beside them."""
    grey = len(next(part for part in coded.parts if part.code in jpeg.SOFS).body) == 9
    make = partial(
        jpeg.profile, () if grey else jpeg.WIDE, jpeg.gamma(1.8), space=b"GRAY" if grey else b"RGB "
    )
    profiles = {
        "description": make(words=canary),
        "copyright": make(extra=[(b"cprt", b"text\0\0\0\0" + canary)]),
        "display": make(extra=[(b"mmod", canary), (b"vcgt", canary)]),
        "private tag": make(extra=[(b"zzzz", canary)]),
        "after the profile": make() + canary,
        "date and makers": make(fields=[(24, canary[:12]), (48, canary[:8])]),
        "creator and digest": make(fields=[(80, canary[:20])]),
        "reserved": make(fields=[(100, canary[:24])]),
    }
    for name, data in profiles.items():
        yield f"profile: {name}", jpeg.join((*coded.needed, *jpeg.icc(data), *coded.parts))
    yield (
        "profile in pieces",
        jpeg.join((*coded.needed, *jpeg.icc(profiles["copyright"], 100)[::-1], *coded.parts)),
    )
    yield (
        "half a profile",
        jpeg.join((*coded.needed, *jpeg.icc(profiles["date and makers"], 200)[:1], *coded.parts)),
    )
    yield "no profile", jpeg.join((*coded.needed, Part(0xE2, b"ICC_PROFILE\0\1\1" + canary), *coded.parts))


def case(name: str, coded: Coded, more: dict[str, Callable[[Parts], Parts]]) -> Case:
    return Case(name, "jpeg", partial(dirty, coded), _twins(coded, more), partial(planted, coded))


BASELINE = Coded(jpeg.picture(subsampling="4:2:0"))
PROGRESSIVE = Coded(jpeg.picture(progressive=True, subsampling="4:2:2"))
GREY = Coded(jpeg.picture("L", optimize=True))
RESTARTS = Coded(jpeg.picture(restart_marker_blocks=2))
RGB = Coded(jpeg.renamed(jpeg.picture(keep_rgb=True), b"\1\2\3"), (jpeg.adobe(0),), jfif=False)
CMYK = Coded(jpeg.picture("CMYK"), (jpeg.adobe(0),), jfif=False)
TURNED = Coded(BASELINE.parts, (jpeg.orientation(6),))
DISPLAY_P3 = Coded(BASELINE.parts, jpeg.icc(jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=SECRET)))


def _renamed(ids: bytes) -> Callable[[Parts], Parts]:
    return lambda parts: jpeg.renamed(parts, ids)


def _turned_twins() -> tuple[tuple[str, Callable[[], bytes]], ...]:
    heads = {
        "little-endian": (jpeg.orientation(6, big=False),),
        "with all else": (_turned(6),),
        "with all else, little-endian": (_turned(6, big=False),),
        "another one after it": (_turned(6), jpeg.orientation(3)),
        "after another segment": (*application(SECRET), _turned(6)),
        "as a long integer": (jpeg.exif(jpeg.tiff([(0x0112, 4, 1, (6).to_bytes(4))])),),
        "twice, the last counts": (jpeg.exif(jpeg.tiff([jpeg.short(0x0112, 8), jpeg.short(0x0112, 6)])),),
    }
    return tuple((name, partial(jpeg.join, (*head, *TURNED.parts))) for name, head in heads.items())


def _p3_twins() -> tuple[tuple[str, Callable[[], bytes]], ...]:
    profiles = {
        "a table for a curve": jpeg.icc(jpeg.profile(jpeg.P3, jpeg.srgb_table(), words=b"another display")),
        "colorants rounded elsewhere": jpeg.icc(
            jpeg.profile(tuple((x + 2e-5, y - 2e-5, z) for x, y, z in jpeg.P3), jpeg.SRGB_CURVE)
        ),
        "version 4, in pieces, out of order": jpeg.icc(
            jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, version=4, extra=[(b"vcgt", SECRET)]), 99
        )[::-1],
    }
    return tuple(
        (name, partial(jpeg.join, (*parts, jpeg.JFIF, *BASELINE.parts))) for name, parts in profiles.items()
    )


# A gain map behind the picture, for policies that keep it.

KEEP = Policy(verify=Verify.PAYLOAD, keep=frozenset({Extra.GAIN_MAP}))
GAIN_PICTURE = jpeg.picture("L", size=(24, 20))


def ultra_hdr(
    *said: Part, head: tuple[Part | bytes, ...] = (), parts: Parts = BASELINE.parts, after: bytes = b""
) -> bytes:
    """A picture and its gain map, of which the segments `said` tell what it means."""
    return jpeg.join((*head, *parts), jpeg.join((*said, *GAIN_PICTURE)) + after)


def dirty_gain(secret: bytes = SECRET) -> bytes:
    said = (
        jpeg.exif(exif_block(secret)),
        jpeg.gain_packet(secret),
        *application(secret)[2:],
        *_unused(secret),
    )
    announced = jpeg.xmp(jpeg.packet(b'hdrgm:Version="1.0" xmp:CreatorTool="' + secret + b'"'))
    head = (announced, *application(secret), *_unused(secret))
    return ultra_hdr(*said, head=head, after=trailers(secret)["debug records"])


def _gain_twins() -> Iterator[tuple[str, Callable[[], bytes]]]:
    iso = jpeg.gain_numbers(heif.gain_numbers())
    common = u8(0x48) + u32(64, 0, 144, 0, 144, 64, 1, 1)
    said: dict[str, tuple[Part, ...]] = {
        "XMP only": (jpeg.gain_packet(),),
        "ISO 21496-1 only": (iso,),
        "both": (jpeg.gain_packet(), iso),
        "both, and XMP says otherwise": (iso, jpeg.gain_packet(GainMapMax=b"1.0")),
        "what is usual left out": (
            jpeg.gain_packet(GainMapMin=b"", Gamma=b"", OffsetSDR=b"", OffsetHDR=b"", HDRCapacityMin=b""),
        ),
        "fewer digits": (jpeg.gain_packet(GainMapMax=b"2.25", HDRCapacityMax=b"+22.5e-1"),),
        "more digits": (jpeg.gain_packet(GainMapMax=b"2.25000000000001"),),
        "a common denominator": (jpeg.gain_numbers(bytes(4) + common),),
        "a later writer": (jpeg.gain_numbers(heif.gain_numbers(versions=(0, 9)) + SECRET),),
        "three equal channels": (jpeg.gain_numbers(heif.gain_numbers(*(heif.GAINS,) * 3)),),
        "turned, as nobody looks": (_turned(6), iso),
        "a grey profile": (
            *jpeg.icc(jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY", words=SECRET)),
            iso,
        ),
        "as elements": (
            jpeg.xmp(
                b"<x:xmpmeta>"
                + b"".join(b"<hdrgm:%s>%s</hdrgm:%s>" % (name, value, name) for name, value in HDRGM_ITEMS)
                + b"</x:xmpmeta>"
            ),
        ),
    }
    for name, parts in said.items():
        yield name, partial(ultra_hdr, *parts)
    yield "another maker", partial(dirty_gain, b"another maker's secret words")
    yield "an index", partial(ultra_hdr, iso, head=(jpeg.mpf(SECRET),))
    yield (
        "padding between them",
        partial(jpeg.join, BASELINE.parts, bytes(40) + jpeg.join((iso, *GAIN_PICTURE))),
    )
    other = jpeg.join((jpeg.exif(exif_block(SECRET)), *jpeg.picture(size=(16, 16))))
    yield (
        "another picture before it",
        partial(jpeg.join, BASELINE.parts, other + jpeg.join((iso, *GAIN_PICTURE))),
    )
    yield "another gain map behind it", partial(ultra_hdr, iso, after=jpeg.join((iso, *GAIN_PICTURE)))
    yield "a video behind it", partial(ultra_hdr, iso, after=jpeg.movie(SECRET))


HDRGM_ITEMS = tuple(jpeg.HDRGM.items())


def _gain_plants(canary: bytes) -> Iterator[tuple[str, bytes]]:
    iso = jpeg.gain_numbers(heif.gain_numbers())
    for part in (*application(canary), jpeg.exif(exif_block(canary, 6)), jpeg.gain_packet(canary)):
        yield f"gain map: {part.code:02x} {part.body[:6]!r}", ultra_hdr(iso, part)
    for at in range(16):
        yield f"gain map: APP{at}", ultra_hdr(iso, Part(0xE0 + at, canary))
    yield "behind the numbers", ultra_hdr(jpeg.gain_numbers(heif.gain_numbers() + canary))
    yield "second numbers", ultra_hdr(iso, jpeg.gain_numbers(heif.gain_numbers() + canary))
    yield "numbers in the picture", ultra_hdr(iso, head=(jpeg.gain_numbers(bytes(4) + canary),))
    yield "an index", ultra_hdr(iso, head=(jpeg.mpf(canary),))
    for number, part in enumerate(_unused(canary)):
        yield f"gain map: unused table {number}", ultra_hdr(iso, part)
    for name, trailer in trailers(canary).items():
        yield f"trailer: {name}", ultra_hdr(iso, after=trailer)
        if name not in ("stuffed bytes", "debug records", "unknown", "words", "Samsung records and a gap"):
            yield f"between: {name}", jpeg.join(BASELINE.parts, trailer + jpeg.join((iso, *GAIN_PICTURE)))
    words = jpeg.join((Part(COM, canary), iso, *GAIN_PICTURE))
    yield "a comment", jpeg.join(BASELINE.parts, words)
    for at in range(len(GAIN_PICTURE) + 1):
        more = (*GAIN_PICTURE[:at], Part(COM, canary), *GAIN_PICTURE[at:])
        yield f"gain map: comment {at}", jpeg.join(BASELINE.parts, jpeg.join((iso, *more)))


CASES: tuple[Case, ...] = (
    case(
        "jpeg, baseline",
        BASELINE,
        SEQUENTIAL
        | {
            "other component identifiers": _renamed(b"\0\1\2"),
            "letters for identifiers, and JFIF": lambda parts: (jpeg.JFIF, *_renamed(b"RGB")(parts)),
            "Adobe's flag for YCbCr": lambda parts: (jpeg.adobe(1), *parts),
            "JFIF and Adobe, JFIF counts": lambda parts: (jpeg.JFIF, jpeg.adobe(0), *parts),
            "restart intervals without effect": _no_restarts,
            "an sRGB profile": lambda parts: (
                *jpeg.icc(jpeg.profile(jpeg.SRGB, jpeg.srgb_table(), words=SECRET)),
                *parts,
            ),
            "a profile of another colour space": lambda parts: (
                *jpeg.icc(jpeg.profile((), jpeg.gamma(1.8), space=b"GRAY")),
                *parts,
            ),
            "an orientation that is none": lambda parts: (_turned(9), *parts),
            "upright, and says so": lambda parts: (_turned(1), *parts),
        },
    ),
    case("jpeg, progressive", PROGRESSIVE, {}),
    case("jpeg, grey", GREY, SEQUENTIAL | {"restart intervals without effect": _no_restarts}),
    case("jpeg, restart markers", RESTARTS, SEQUENTIAL),
    case(
        "jpeg, RGB",
        RGB,
        SEQUENTIAL,
    ),
    case("jpeg, CMYK", CMYK, SEQUENTIAL),
    replace(case("jpeg, turned", TURNED, {}), twins=_turned_twins()),
    replace(case("jpeg, Display P3", DISPLAY_P3, {}), twins=_p3_twins(), planted=None),
    Case("jpeg, gain map", "jpeg", dirty_gain, tuple(_gain_twins()), _gain_plants, policy=KEEP),
)
