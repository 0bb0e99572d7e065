"""PNGs that can't be modelled faithfully, each with the error that says why."""

from __future__ import annotations

import time
import zlib
from typing import TYPE_CHECKING

import pytest

from scrubkit.errors import LimitExceeded, Malformed, Refused, Truncated, Unsupported
from scrubkit.specimens.builders import png
from scrubkit.specimens.builders.png import Chunk, Shape, join

from . import rasters

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BARE = png.picture()
HEAD, DATA = BARE
RAW = png.rows(24, 18)


def data(packed: bytes) -> bytes:
    return join((HEAD, Chunk(b"IDAT", packed)))


def header(change: Callable[[bytes], bytes]) -> bytes:
    return join(png.changed(BARE, b"IHDR", change))


def field(at: int, value: bytes) -> bytes:
    return header(lambda body: body[:at] + value + body[at + len(value) :])


def blocks_between() -> bytes:
    """Blocks that make nothing between the rows, more of them than there are rows."""
    engine = zlib.compressobj(wbits=-15)
    first = engine.compress(RAW[:73]) + engine.flush(zlib.Z_FULL_FLUSH)
    rest = zlib.compressobj(wbits=-15)
    last = rest.compress(RAW[73:]) + rest.flush()
    return b"\x78\x9c" + first + b"\0\0\0\xff\xff" * 2000 + last + zlib.adler32(RAW).to_bytes(4)


def empty_blocks(count: int) -> bytes:
    engine = zlib.compressobj(wbits=-15)
    packed = engine.compress(RAW) + engine.flush(zlib.Z_SYNC_FLUSH)
    blocks = b"\0\0\0\xff\xff" * count + b"\1\0\0\xff\xff"
    return b"\x78\x9c" + packed + blocks + zlib.adler32(RAW).to_bytes(4)


def indexed(*chunks: Chunk) -> bytes:
    head, _, packed = png.picture(depth=4, colour=png.INDEXED)
    return join((head, *chunks, packed))


def animated(change: Callable[[list[Chunk]], list[Chunk]]) -> bytes:
    return join(change(list(png.animation(Shape()))))


def control(at: int, value: bytes, which: int = 1) -> bytes:
    """An animation with other bytes in one of its fcTL."""

    def change(chunks: list[Chunk]) -> list[Chunk]:
        places = [i for i, chunk in enumerate(chunks) if chunk.kind == b"fcTL"]
        body = chunks[places[which]].body
        chunks[places[which]] = Chunk(b"fcTL", body[:at] + value + body[at + len(value) :])
        return chunks

    return animated(change)


PALETTE = Chunk(b"PLTE", bytes(48))
BIG = (0xFFFF).to_bytes(4)

CASES: dict[str, tuple[bytes, type[Refused]]] = {
    "nothing but the signature": (png.SIGNATURE, Truncated),
    "no picture": (join((HEAD,)), Truncated),
    "no header": (join((DATA,)), Malformed),
    "two headers": (join((HEAD, HEAD, DATA)), Malformed),
    "a header with a wrong CRC": (join((Chunk(b"IHDR", HEAD.body, b"abcd"), DATA)), Malformed),
    "changed for iOS": (join((Chunk(b"CgBI", b"\x50\0\x20\2"), HEAD, DATA)), Unsupported),
    "a critical chunk that nobody knows": (join((HEAD, Chunk(b"SECR", b"et"), DATA)), Unsupported),
    "a type that is none": (join((HEAD, Chunk(b"a1cd", b"et"), DATA)), Malformed),
    "no width": (field(0, bytes(4)), Malformed),
    "a height beyond 31 bits": (field(4, b"\x80\0\0\0"), Malformed),
    "16-bit indexes": (field(8, b"\x10\3"), Malformed),
    "an unknown colour type": (field(9, b"\5"), Malformed),
    "an unknown compression": (field(10, b"\1"), Malformed),
    "an unknown filter method": (field(11, b"\1"), Malformed),
    "an unknown interlace method": (field(12, b"\2"), Malformed),
    "a longer header": (header(lambda body: body + b"\0"), Malformed),
    "a header that is too large": (field(0, BIG + BIG + b"\x10\6"), LimitExceeded),
    "an empty stream": (data(b""), Truncated),
    "half a zlib header": (data(b"\x78"), Truncated),
    "no zlib header": (data(b"\x79\x9c" + DATA.body[2:]), Malformed),
    "a preset dictionary": (data(b"\x78\xbb" + DATA.body[2:]), Malformed),
    "broken deflate data": (data(b"\x78\x9c\x07" + DATA.body[3:]), Malformed),
    "a row too few": (data(zlib.compress(RAW[:-73])), Truncated),
    "a byte too few": (data(zlib.compress(RAW[:-1])), Truncated),
    "a byte too many": (data(zlib.compress(RAW + b"\0")), Malformed),
    "a second picture in the stream": (data(zlib.compress(RAW * 2)), Malformed),
    "blocks that make nothing, after the last pixel": (data(empty_blocks(9)), Malformed),
    "blocks that make nothing, in great number": (data(blocks_between()), Malformed),
    "a stream that is cut": (data(DATA.body[:-8]), Truncated),
    "other chunks between data": (
        join((HEAD, Chunk(b"IDAT", DATA.body[:50]), png.text(b"a", b"b"), Chunk(b"IDAT", DATA.body[50:]))),
        Truncated,
    ),
    "wrong CRC and check value": (
        join((HEAD, Chunk(b"IDAT", DATA.body[:-4] + b"abcd", b"abcd"))),
        Malformed,
    ),
    "indexes without a palette": (indexed(), Malformed),
    "a palette of odd length": (indexed(Chunk(b"PLTE", bytes(47))), Malformed),
    "two palettes": (indexed(PALETTE, PALETTE), Malformed),
    "more alphas than palette entries": (indexed(PALETTE, Chunk(b"tRNS", bytes(17))), Malformed),
    "alphas before the palette": (indexed(Chunk(b"tRNS", bytes(3)), PALETTE), Malformed),
    "a transparent colour beyond the depth": (
        join((HEAD, Chunk(b"tRNS", b"\1\1\0\2\0\3"), DATA)),
        Malformed,
    ),
    "two transparent colours": (join((HEAD, *[Chunk(b"tRNS", bytes(6))] * 2, DATA)), Malformed),
    "a transparent colour that is half": (join((HEAD, Chunk(b"tRNS", bytes(3)), DATA)), Malformed),
    "fewer frames than announced": (animated(lambda chunks: chunks[:-2]), Truncated),
    "more frames than announced": (
        animated(lambda chunks: [chunks[0], png.animation_control(2), *chunks[2:]]),
        Malformed,
    ),
    "a frame without data": (animated(lambda chunks: chunks[:-1]), Truncated),
    "frames out of turn": (animated(lambda chunks: [*chunks[:-2], *chunks[-2:][::-1]]), Malformed),
    "frame data before the picture": (
        animated(lambda chunks: [*chunks[:2], chunks[-1], *chunks[2:-1]]),
        Malformed,
    ),
    "a frame outside of the canvas": (control(12, (3).to_bytes(4)), Malformed),
    "a frame of no width": (control(4, bytes(4)), Malformed),
    "a frame of more rows than its data": (control(8, (16).to_bytes(4)), Malformed),
    "a frame of fewer rows than its data": (control(8, (14).to_bytes(4)), Malformed),
    "a first frame that is not the canvas": (control(4, (23).to_bytes(4), 0), Malformed),
    "an unknown disposal": (control(24, b"\3"), Malformed),
    "an unknown blending": (control(25, b"\2"), Malformed),
    "a frame control that is short": (
        animated(lambda chunks: [*chunks[:2], Chunk(b"fcTL", chunks[2].body[:-1]), *chunks[3:]]),
        Malformed,
    ),
}


@pytest.mark.parametrize(("source", "error"), CASES.values(), ids=CASES.keys())
def test_refused(source: bytes, error: type[Refused], tmp_path: Path) -> None:
    with pytest.raises(error):
        rasters.read(tmp_path, source)


def test_a_file_cut_anywhere_in_the_picture_is_refused(tmp_path: Path) -> None:
    whole = join(BARE)
    stop = len(whole) - 12
    for size in range(len(png.SIGNATURE), stop, 7):
        with pytest.raises(Refused):
            rasters.read(tmp_path, whole[:size])


BOMBS: dict[str, tuple[bytes, type[Refused]]] = {
    "a huge picture of nothing": (
        join((png.header(65535, 65535, 8, png.RGBA), Chunk(b"IDAT", zlib.compress(b"")))),
        LimitExceeded,
    ),
    "a huge picture of one bit": (
        join((png.header(65535, 65535, 1, png.GREY), Chunk(b"IDAT", zlib.compress(bytes(1 << 20))))),
        Truncated,
    ),
    "a stream that goes on for long": (
        join((HEAD, Chunk(b"IDAT", zlib.compress(bytes(64 << 20))))),
        Malformed,
    ),
    "frames without end": (
        join((*png.picture(5000, 5000, 1, png.GREY)[:1], png.animation_control(0x7FFFFFFF))),
        LimitExceeded,
    ),
}


@pytest.mark.parametrize(("source", "error"), BOMBS.values(), ids=BOMBS.keys())
def test_a_bomb_is_refused_soon(source: bytes, error: type[Refused], tmp_path: Path) -> None:
    begun = time.perf_counter()
    with pytest.raises(error):
        rasters.read(tmp_path, source)
    assert time.perf_counter() - begun < 2


@pytest.mark.parametrize("kind", [b"zTXt", b"iCCP"])
def test_a_compressed_chunk_is_inflated_within_bounds(kind: bytes, tmp_path: Path) -> None:
    packed = zlib.compress(bytes(16 << 20))
    source = join((HEAD, *[Chunk(kind, b"Comment\0\0" + packed)] * 8, DATA))
    begun = time.perf_counter()
    assert rasters.cleaned(tmp_path, source) == join(BARE)
    assert time.perf_counter() - begun < 2
