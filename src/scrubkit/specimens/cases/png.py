"""PNGs for the conformance suite: pictures of several kinds, in every dress we know."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial

from ..builders import jpeg, png
from ..builders.ffmpeg import Remux, remux
from ..builders.png import Chunk, Chunks, Shape, icc, itxt, join, raw_profile, text, ztxt
from . import Case
from .jpeg import SECRET, exif_block

OPTIONAL = (
    b"caBX dSIG iDOT gdAT sPLT hIST sBIT bKGD pHYs oFFs pCAL sCAL sTER vpAg orNT gIFx meTa prVW zxIf cLLI "
    b"mDCV mDCv skRf npTc abCd xyZz"
).split()


def extras(secret: bytes) -> Chunks:
    """Chunks that no picture needs, the secret in each."""
    words = b'<x:xmpmeta xmlns:xmp="x" xmp:CreatorTool="' + secret + b'" exif:GPSLatitude="1,2N"/>'
    irb = jpeg.resource(0x0404, jpeg.dataset(2, 80, secret))
    return (
        text(b"Author", secret),
        text(b"Software", b"maker of " + secret),
        text(b"my own", secret),
        text(secret, b"keyword"),
        ztxt(b"Comment", secret),
        ztxt(b"parameters", secret * 3),
        itxt(b"Title", secret),
        itxt(b"Description", secret, packed=True),
        itxt(b"Disclaimer", b"words", language=secret),
        itxt(b"XML:com.adobe.xmp", words),
        raw_profile(b"exif", b"Exif\0\0" + exif_block(secret)),
        raw_profile(b"APP1", words),
        raw_profile(b"iptc", irb, kind=b"tEXt"),
        Chunk(b"tIME", secret[:7]),
        *(Chunk(kind, secret) for kind in OPTIONAL),
    )


def trailers(secret: bytes) -> dict[str, bytes]:
    """What may follow IEND."""
    packed = zlib.compress(secret * 20)
    return {
        "words": secret,
        "zeros and words": bytes(5000) + secret,
        "the rest of an earlier picture": secret + bytes(Chunk(b"IDAT", packed)) + bytes(png.IEND),
        "a whole picture": join((text(b"Author", secret), *png.picture())),
        "a film": b"\0\0\0\x18ftypmp42" + secret,
        "an archive": b"PK\x03\x04" + secret,
        "another text": bytes(text(b"Comment", secret)) + bytes(png.IEND),
    }


def dirty(chunks: Chunks, secret: bytes = SECRET) -> bytes:
    """The picture with all of it, before and after its data, in small pieces, and a trailer."""
    exif = Chunk(b"eXIf", exif_block(secret))
    whole = png.before(png.pieces(chunks, 100), b"IDAT", *extras(secret))
    known = any(chunk.kind == b"eXIf" for chunk in chunks)
    # FFmpeg gives a file up where pHYs stands behind the picture.
    after = (chunk for chunk in extras(secret) if chunk.kind != b"pHYs")
    return join((*whole, *(() if known else (exif,)), *after), trailers(secret)["words"])


def _data(change: Callable[[bytes], bytes]) -> Callable[[Chunks], Chunks]:
    return lambda chunks: png.changed(chunks, b"IDAT", change)


CODED: dict[str, Callable[[Chunks], Chunks]] = {
    "as it is": lambda chunks: chunks,
    "data in pieces of 7": lambda chunks: png.pieces(chunks, 7),
    "data in pieces of 1, and empty ones": lambda chunks: png.pieces(chunks, 1, empty=True),
    "the fastest level told": _data(png.zlib_header(b"\x78\x01")),
    "the best level told": _data(png.zlib_header(b"\x78\xda")),
    "a small window told": _data(png.zlib_header(b"\x18\x19")),
    "no check value": _data(lambda packed: packed[:-4]),
    "half a check value": _data(lambda packed: packed[:-2]),
    "a wrong check value": _data(lambda packed: packed[:-4] + b"abcd"),
    "bytes behind the data": _data(lambda packed: packed + SECRET),
    "a wrong CRC": lambda chunks: tuple(
        Chunk(each.kind, each.body, b"abcd") if each.kind == b"IDAT" else each for each in chunks
    ),
    "further data chunks": lambda chunks: (*chunks, Chunk(b"IDAT", SECRET)),
}


def _twins(chunks: Chunks) -> tuple[tuple[str, Callable[[], bytes]], ...]:
    made = [(name, partial(_joined, change, chunks)) for name, change in CODED.items()]
    made.append(("no end", partial(join, chunks, end=False)))
    made.append(
        ("broken off in a chunk", partial(join, chunks, bytes(text(b"Author", SECRET))[:20], end=False))
    )
    made += [(f"trailer: {name}", partial(join, chunks, more)) for name, more in trailers(SECRET).items()]
    return tuple(made)


def _joined(change: Callable[[Chunks], Chunks], chunks: Chunks) -> bytes:
    return join(change(chunks))


def planted(chunks: Chunks, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in one place after another of a picture that has little else."""
    for each in extras(canary):
        name = f"{each.kind.decode()} {each.body[:8]!r}"
        yield name, join(png.before(chunks, b"IDAT", each))
        yield f"{name} after the picture", join((*chunks, each))
        yield f"{name} after the end", join(chunks, bytes(each))
    for name, trailer in trailers(canary).items():
        yield f"trailer: {name}", join(chunks, trailer)
    for kind in (b"fcTL", b"fdAT", b"acTL", b"IDAT", b"PLTE", b"tRNS", b"cICP", b"sRGB", b"gAMA", b"cHRM"):
        yield f"{kind.decode()} after the picture", join((*chunks, Chunk(kind, canary)))
    for kind in (b"cICP", b"sRGB", b"gAMA", b"cHRM", b"mDCV", b"acTL"):
        yield f"{kind.decode()} that can't be read", join(png.before(chunks, b"IDAT", Chunk(kind, canary)))
    for kind in (b"gAMA", b"sRGB", b"eXIf", b"tEXt"):
        wrong = Chunk(kind, b"\0\1\1\1", canary[:4])
        yield f"CRC of {kind.decode()}", join((*chunks, wrong))
    yield (
        "CRC of the data",
        join(Chunk(each.kind, each.body, canary[:4]) if each.kind == b"IDAT" else each for each in chunks),
    )
    yield "behind the data", join(png.changed(chunks, b"IDAT", lambda packed: packed + canary))
    yield "check value", join(png.changed(chunks, b"IDAT", lambda packed: packed[:-4] + canary[:4]))
    yield "further rows", join(png.changed(chunks, b"IDAT", lambda packed: _longer(packed, canary)))
    yield (
        "stored block after the data",
        join(png.changed(chunks, b"IDAT", lambda packed: _empty_blocks(packed, canary))),
    )
    yield "body of the end", join((*chunks, Chunk(b"IEND", canary)), end=False)
    yield "cut off", join(chunks, bytes(Chunk(b"zTXt", canary * 3))[:60], end=False)
    yield "Exif", join((*chunks, Chunk(b"eXIf", exif_block(canary, _turned(chunks)))))
    yield (
        "Exif, the other way round",
        join((*chunks, Chunk(b"eXIf", b"Exif\0\0" + exif_block(canary, _turned(chunks), big=False)))),
    )
    yield (
        "second Exif",
        join(
            (
                *chunks,
                Chunk(b"eXIf", jpeg.tiff([jpeg.short(0x0112, 1)])),
                Chunk(b"eXIf", exif_block(canary, 3)),
            )
        ),
    )


def _turned(chunks: Chunks) -> int:
    return next((chunk.body[19] for chunk in chunks if chunk.kind == b"eXIf"), 1)


def _longer(packed: bytes, canary: bytes) -> bytes:
    return zlib.compress(zlib.decompress(packed) + canary)


def _empty_blocks(packed: bytes, canary: bytes) -> bytes:
    """The rows, then stored blocks that hold nothing, then what looks like one that does."""
    raw = zlib.decompress(packed)
    engine = zlib.compressobj(wbits=-15)
    data = engine.compress(raw) + engine.flush(zlib.Z_SYNC_FLUSH)
    return (
        b"\x78\x9c"
        + data
        + b"\0\0\0\xff\xff" * 40
        + b"\1\0\0\xff\xff"
        + zlib.adler32(raw).to_bytes(4)
        + canary
    )


def case(name: str, chunks: Chunks, plants: Chunks | None = None, *, decodes: bool = True) -> Case:
    return Case(
        f"png, {name}",
        "png",
        partial(dirty, chunks),
        _twins(chunks),
        partial(planted, chunks if plants is None else plants),
        decodes,
    )


P3 = jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=SECRET)


def _with(chunks: Chunks, *new: Chunk) -> Chunks:
    head, *rest = chunks
    return (head, *new, *rest)


def _profiles(chunks: Chunks, canary: bytes) -> Iterator[tuple[str, bytes]]:
    """The canary in and around a profile that amounts to Display P3."""
    make = partial(jpeg.profile, jpeg.P3, jpeg.SRGB_CURVE)
    yield "description", join(_with(chunks, icc(make(words=canary))))
    yield "copyright", join(_with(chunks, icc(make(extra=[(b"cprt", b"text\0\0\0\0" + canary)]))))
    yield "private tag", join(_with(chunks, icc(make(extra=[(b"zzzz", canary)]))))
    yield "behind the profile", join(_with(chunks, icc(make() + canary)))
    yield "name", join(_with(chunks, icc(make(), canary)))
    packed = icc(make()).body
    yield "behind the packed profile", join(_with(chunks, Chunk(b"iCCP", packed + canary)))
    yield "makers", join(_with(chunks, icc(make(fields=[(48, canary[:8])]))))
    yield "second profile", join(_with(chunks, icc(make()), icc(make(words=canary))))
    yield "gAMA beside it", join(_with(chunks, icc(make()), Chunk(b"gAMA", canary[:4])))
    yield "cHRM beside it", join(_with(chunks, icc(make()), Chunk(b"cHRM", (canary * 2)[:32])))


def _p3() -> Case:
    bare = png.picture()
    others = {
        "another description": icc(jpeg.profile(jpeg.P3, jpeg.SRGB_CURVE, words=b"another display")),
        "a table for a curve": icc(jpeg.profile(jpeg.P3, jpeg.srgb_table())),
        "another name": icc(P3, b"Display P3"),
    }
    twins = tuple((name, partial(join, _with(bare, chunk))) for name, chunk in others.items())
    beside = join(_with(bare, Chunk(b"sRGB", b"\1"), Chunk(b"gAMA", (45455).to_bytes(4)), icc(P3)))
    return Case(
        "png, Display P3",
        "png",
        partial(dirty, _with(bare, icc(P3))),
        (*twins, ("other colour chunks beside it", lambda: beside)),
        partial(_profiles, bare),
    )


def _srgb() -> Case:
    bare = png.picture(depth=16)
    said = {
        "another intent": (Chunk(b"sRGB", b"\3"),),
        "gamma and chromaticities beside it": (Chunk(b"gAMA", b"\0\0\xb1\x8f"), Chunk(b"sRGB", b"\0")),
        "a profile": (icc(jpeg.profile(jpeg.SRGB, jpeg.srgb_table(), words=SECRET)),),
        "code points": (Chunk(b"cICP", b"\1\x0d\0\1"),),
        "code points and a chunk": (Chunk(b"cICP", b"\1\x0d\0\1"), Chunk(b"sRGB", b"\1")),
    }
    return Case(
        "png, sRGB",
        "png",
        partial(dirty, _with(bare, Chunk(b"sRGB", b"\1"))),
        tuple((name, partial(join, _with(bare, *new))) for name, new in said.items()),
    )


def _turned_case() -> Case:
    bare = png.picture(colour=png.RGBA)
    block = jpeg.tiff([jpeg.short(0x0112, 6)])
    little = jpeg.tiff([jpeg.short(0x0112, 6, big=False)], big=False)
    twins = {
        "little-endian": (Chunk(b"eXIf", little), *bare[1:]),
        "with a signature": (Chunk(b"eXIf", b"Exif\0\0" + block), *bare[1:]),
        "after the picture": (*bare[1:], Chunk(b"eXIf", block)),
        "with all else": (Chunk(b"eXIf", exif_block(SECRET, 6)), *bare[1:]),
        "as text": (raw_profile(b"exif", b"Exif\0\0" + block), *bare[1:]),
        "as text, and upright text": (
            raw_profile(b"exif", jpeg.tiff([jpeg.short(0x0112, 1)])),
            Chunk(b"eXIf", block),
            *bare[1:],
        ),
    }
    turned = _with(bare, Chunk(b"eXIf", block))
    return Case(
        "png, turned",
        "png",
        partial(dirty, turned),
        tuple((name, partial(join, (bare[0], *rest))) for name, rest in twins.items()),
    )


def _animated(name: str, default: bool) -> Case:
    chunks = png.animation(Shape(default))
    twins = {
        "data in pieces": Shape(default, cut=11),
        "delays in other fractions": Shape(default, delay=(10, 100)),
        "delays over nothing": Shape(default, delay=(10, 0)),
        "other levels": Shape(default, zlib=b"\x78\xda"),
    }
    return Case(
        f"png, {name}",
        "png",
        partial(dirty, chunks),
        (
            *((name, partial(join, png.animation(shape))) for name, shape in twins.items()),
            ("FFmpeg's muxer", lambda: remux(join(chunks), Remux("apng", {"plays": "2"}))),
        ),
        partial(_animated_plants, chunks),
    )


def _animated_plants(chunks: Chunks, canary: bytes) -> Iterator[tuple[str, bytes]]:
    for each in extras(canary):
        for at in range(1, len(chunks) + 1, 2):
            yield f"{each.kind.decode()} before chunk {at}", join((*chunks[:at], each, *chunks[at:]))
    for name, trailer in trailers(canary).items():
        yield f"trailer: {name}", join(chunks, trailer)
    last = chunks[-1]
    yield "behind the last frame", join((*chunks[:-1], Chunk(b"fdAT", last.body + canary)))
    yield "check value of a frame", join((*chunks[:-1], Chunk(b"fdAT", last.body[:-4] + canary[:4])))


def _indexed() -> Chunks:
    head, palette, data = png.picture(depth=4, colour=png.INDEXED)
    return head, palette, Chunk(b"tRNS", b"\xff\0\xff"), data


CASES: tuple[Case, ...] = (
    case("RGB", png.picture()),
    case("indexed", _indexed()),
    case("grey, interlaced", png.picture(depth=1, colour=png.GREY, interlaced=True)),
    case("16-bit RGBA, interlaced", png.picture(5, 3, 16, png.RGBA, interlaced=True)),
    _p3(),
    _srgb(),
    _turned_case(),
    _animated("animated", default=True),
    _animated("animated, with a default image", default=False),
)
