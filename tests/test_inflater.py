"""zlib-ng answers as the standard library does: what it accepts, what it refuses and why."""

from __future__ import annotations

import random
import zlib
from typing import cast

import pytest

from scrubkit.errors import Refused
from scrubkit.formats.png.deflate import Coded, inflate
from scrubkit.inflater import ENGINE, STANDARD, Engine

STRATEGIES = (zlib.Z_DEFAULT_STRATEGY, zlib.Z_FILTERED, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, zlib.Z_FIXED)
FLUSHES = (zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH, zlib.Z_PARTIAL_FLUSH, zlib.Z_BLOCK)
ROW = 99
"""Bytes of a row, without its filter type."""


@pytest.fixture
def other() -> Engine:
    """Return zlib-ng."""
    return cast("Engine", pytest.importorskip("zlib_ng.zlib_ng"))


def pixels(draw: random.Random, count: int) -> bytes:
    match draw.randrange(3):
        case 0:
            return draw.randbytes(count)
        case 1:
            return bytes(count)
        case _:
            return (draw.randbytes(draw.randrange(1, 400)) * count)[:count]


def coded(draw: random.Random, raw: bytes) -> bytes:
    """Deflate as encoders do: levels, windows, strategies, flushes between rows and behind them."""
    packer = zlib.compressobj(
        draw.randrange(10),
        zlib.DEFLATED,
        -draw.randrange(9, 16),
        draw.randrange(1, 10),
        draw.choice(STRATEGIES),
    )
    step = draw.choice((len(raw), 100, 5000))
    packed = b""
    for at in range(0, len(raw), step):
        packed += packer.compress(raw[at : at + step])
        if draw.random() < 0.3:
            packed += packer.flush(draw.choice(FLUSHES))
    for _ in range(draw.choice((0, 0, 1, 2, 3, 9))):
        packed += packer.flush(zlib.Z_SYNC_FLUSH)
    return packed + packer.flush()


def damaged(draw: random.Random, packed: bytes) -> bytes:
    """Flip bits, mostly where code tables stand, or break off."""
    out = bytearray(packed)
    for _ in range(draw.choice((1, 2, 8))):
        out[draw.choice((draw.randrange(len(out)), draw.randrange(min(len(out), 60))))] ^= (
            1 << draw.randrange(8)
        )
    return bytes(out[: draw.randrange(len(out))] if draw.random() < 0.2 else out)


def answer(engine: Engine, packed: bytes, height: int, step: int) -> tuple[object, ...]:
    blocks = (memoryview(packed)[at : at + step] for at in range(0, len(packed), step))
    try:
        found = inflate.__wrapped__(Coded(b"", blocks), ((height, ROW),), "IDAT", indexed=True, engine=engine)
    except Refused as error:
        return error.code, error.where, error.rule, error.at
    return found.size, found.adler, found.seen


@pytest.mark.parametrize("seed", range(40))
def test_streams_of_any_encoder_are_read_alike(seed: int, other: Engine) -> None:
    draw = random.Random(seed)
    for _ in range(8):
        height = draw.choice((1, 2, 5, 40, 200))
        # A byte too few or too many as well: the picture is incomplete, or something lies behind it.
        raw = pixels(draw, height * (1 + ROW) + draw.choice((0, 0, 0, -1, 1, 7)))
        packed = coded(draw, raw) + draw.choice((b"", zlib.adler32(raw).to_bytes(4), bytes(100)))
        step = draw.choice((7, 100, 1 << 18))
        assert answer(other, packed, height, step) == answer(STANDARD, packed, height, step)


@pytest.mark.parametrize("seed", range(40))
def test_damaged_streams_are_refused_alike(seed: int, other: Engine) -> None:
    draw = random.Random(seed)
    for _ in range(8):
        height = draw.choice((1, 2, 5, 40))
        packed = damaged(draw, coded(draw, pixels(draw, height * (1 + ROW))))
        step = draw.choice((7, 100, 1 << 18))
        assert answer(other, packed, height, step) == answer(STANDARD, packed, height, step)


@pytest.mark.parametrize("count", range(9))
def test_as_many_empty_blocks_may_follow_the_last_pixel(count: int, other: Engine) -> None:
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(bytes(1 + ROW)) + packer.flush(zlib.Z_SYNC_FLUSH)
    packed += b"\0\0\0\xff\xff" * count + b"\1\0\0\xff\xff"
    assert answer(other, packed, 1, 1 << 18) == answer(STANDARD, packed, 1, 1 << 18)


@pytest.mark.parametrize("size", [0, 1, 15, 64, 5552, 70_001])
def test_check_values_are_those_of_the_standard_library(size: int) -> None:
    data = random.Random(size).randbytes(size)
    assert ENGINE.crc32(data, 7) == zlib.crc32(data, 7)
    assert ENGINE.adler32(memoryview(data), 7) == zlib.adler32(data, 7)
