"""Codes are taken many at a time; what is found is what taking them one by one finds."""

from __future__ import annotations

import random

import pytest

from scrubkit.errors import Refused
from scrubkit.formats.gif.lzw import walk
from scrubkit.specimens.builders import gif

LIMIT = 1 << 12


def one_by_one(data: bytes, code_size: int, pixels: int) -> tuple[object, ...]:
    """Return bits before the end, width and presence of the end code, and colours; or the broken rule."""
    bits = "".join(f"{byte:08b}"[::-1] for byte in data)
    clear, end = 1 << code_size, (1 << code_size) + 1
    lengths = [1] * clear + [0, 0]
    used: set[int] = set()
    width, at, made, before = code_size + 1, 0, 0, 0
    while at + width <= len(bits):
        code = int(bits[at : at + width][::-1], 2)
        if made >= pixels or code == end:
            return at, width, code == end, used
        at += width
        if code == clear:
            del lengths[end + 1 :]
            width, before = code_size + 1, 0
            continue
        if before and len(lengths) < LIMIT:
            lengths.append(before + 1)
            width += len(lengths) >= 1 << width and width < 12
        if code >= len(lengths):
            return ("code-before-its-definition",)
        used |= {code} & set(range(clear))
        before = lengths[code]
        made += before
    return (at, width, False, used) if made >= pixels else ("pixels-missing",)


def at_once(data: bytes, code_size: int, pixels: int, step: int = 255) -> tuple[object, ...]:
    try:
        found = walk(
            (memoryview(data)[at : at + step] for at in range(0, len(data), step)), code_size, pixels
        )
    except Refused as error:
        return (error.rule,)
    used = {index for index, one in enumerate(found.used) if one}
    return found.bits, found.width, bool(found.end_bits), used


@pytest.mark.parametrize("count", [16, 17])
def test_a_stream_that_only_clears_is_given_up(count: int) -> None:
    clear, width = 4, 3
    codes = [clear] * count + [1, 5]
    bits = sum(code << width * place for place, code in enumerate(codes))
    data = bits.to_bytes(-(-len(codes) * width // 8), "little")
    expected = one_by_one(data, 2, 1) if count == 16 else ("nothing-but-clear-codes",)
    assert at_once(data, 2, 1) == expected


def picture(draw: random.Random, code_size: int, count: int) -> bytes:
    pattern = [draw.randrange(1 << code_size) for _ in range(draw.choice((1, 3, 40, count)))]
    return bytes(pattern[place % len(pattern)] for place in range(count))


@pytest.mark.parametrize("seed", range(20))
def test_a_stream_ends_where_its_last_pixel_is(seed: int) -> None:
    draw = random.Random(seed)
    code_size = draw.randrange(2, 9)
    pixels = picture(draw, code_size, draw.choice((5, 700, 9000)))
    data = gif.lzw(
        pixels, code_size, end=seed % 4 > 0, after=draw.choice(((), (1,), (1 << code_size,), (1, 0, 1)))
    )
    for wanted in {1, len(pixels) // 2, len(pixels) - 1, len(pixels), len(pixels) + 1}:
        assert at_once(data, code_size, wanted) == one_by_one(data, code_size, wanted)


@pytest.mark.parametrize("seed", range(20))
def test_a_damaged_stream_is_refused_for_its_first_fault(seed: int) -> None:
    draw = random.Random(seed)
    code_size = draw.randrange(2, 9)
    pixels = picture(draw, code_size, 3000)
    data = bytearray(gif.lzw(pixels, code_size))
    for _ in range(draw.choice((1, 3))):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    assert at_once(bytes(data), code_size, 3000) == one_by_one(bytes(data), code_size, 3000)


@pytest.mark.parametrize("code_size", range(1, 9))
def test_noise_is_no_stream_or_ends_where_codes_taken_one_by_one_end(code_size: int) -> None:
    data = random.Random(code_size).randbytes(500)
    assert at_once(data, code_size, 200) == one_by_one(data, code_size, 200)


@pytest.mark.parametrize("step", [1, 2, 255])
def test_where_sub_blocks_are_cut_is_all_one(step: int) -> None:
    pixels = picture(random.Random(3), 8, 5000)
    data = gif.lzw(pixels, 8)
    assert at_once(data, 8, len(pixels), step) == one_by_one(data, 8, len(pixels))


def test_a_pixel_after_each_clear_code_is_walked() -> None:
    # Nine bits each, from the low bit up.
    codes = [256, 5] * 4000
    bits = sum(code << 9 * place for place, code in enumerate(codes))
    data = bits.to_bytes(9 * len(codes) // 8, "little")
    assert at_once(data, 8, 1 << 30) == ("pixels-missing",)
