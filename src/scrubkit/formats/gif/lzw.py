"""Variable-length LZW of GIF (GIF89a, appendix F), walked for its extent without making pixels.

Codes are packed from the low bit up.  What is coded after the last pixel, and
whatever follows the end code, is shown by no decoder.

Codes are taken out of the stream many at a time, as many as have the same width.
Where one of them is the last to be looked at, half as many are taken, until it
stands alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from ...errors import Malformed, Truncated

WIDEST = 12
"""Bits of the longest code."""

FULL = 1 << WIDEST

RUN = 512
"""Codes taken at once."""

FEW = 8
"""Codes taken first after a clear code; twice as many each time after that."""

IDLE = 16
"""Clear codes in a row; no encoder writes more than two, and each costs time and makes nothing."""

LANE = 16
"""Bits that a code is given to itself."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What a stream holds: `bits` up to the end code, the end code and its width, and the colours used.

    `end_bits` are the bits of the source's own end code, 0 if it has none there.
    `used` has a non-zero byte for each colour index that some pixel has.
    """

    bits: int
    end: int
    width: int
    end_bits: int
    used: bytes


class _Bits:
    """Owns the part of the stream that was read and not looked at yet."""

    __slots__ = ("_blocks", "_gathered", "held", "passed")

    def __init__(self, blocks: Iterable[memoryview]) -> None:
        self._blocks: Iterator[memoryview] = iter(blocks)
        self._gathered = 0
        self.held = 0
        self.passed = 0
        """Bits looked at."""

    def codes(self, count: int, width: int) -> tuple[int, ...]:
        """Return the next `count` codes, fewer at the end of the stream; they aren't passed yet."""
        if self.held < count * width:
            self._fill(count * width)
            count = min(count, self.held // width)
        wanted = self._gathered & ((1 << count * width) - 1)
        if count == 1:
            return (wanted,)
        steps = max(count - 1, 0).bit_length()
        for low, high, shift in _spreading(width, steps):
            wanted = wanted & low | (wanted & high) << shift
        return struct.unpack(f"<{count}H", wanted.to_bytes(count * LANE // 8, "little"))

    def skip(self, bits: int) -> None:
        self._gathered >>= bits
        self.held -= bits
        self.passed += bits

    def _fill(self, bits: int) -> None:
        parts, size = [], 0
        for block in self._blocks:
            parts.append(block)
            size += 8 * len(block)
            if self.held + size >= bits:
                break
        self._gathered |= int.from_bytes(b"".join(parts), "little") << self.held
        self.held += size


@lru_cache(maxsize=WIDEST * RUN.bit_length())
def _spreading(width: int, steps: int) -> tuple[tuple[int, int, int], ...]:
    """Return masks and shifts that give each of `2 ** steps` packed codes a lane.

    Each step parts the groups of codes in halves and moves the upper halves up.
    """
    found = []
    for step in reversed(range(steps)):
        half = 1 << step
        group = (1 << half * width) - 1
        lows = sum(group << 2 * half * LANE * place for place in range(1 << steps - step - 1))
        found.append((lows, lows << half * width, half * (LANE - width)))
    return tuple(found)


def walk(blocks: Iterable[memoryview], code_size: int, pixels: int) -> Extent:
    """Walk a stream of sub-blocks until `pixels` are made or the end code is met.

    `code_size` is 1 to 8.  Raises `Malformed` for a code that isn't defined yet, or many that only clear,
    `Truncated` if the data end before either.
    """
    clear = 1 << code_size
    end = clear + 1
    bits = _Bits(blocks)
    # Lengths of the strings by code; a new one is as long as the one before it, and a pixel.
    lengths = [1] * clear + [0, 0]
    seen: set[int] = set()
    width = code_size + 1
    grow = made = idle = 0
    run, searching = FEW, False
    pixels = max(pixels, 1)
    while made < pixels:
        growing = grow > 0 and len(lengths) < FULL
        # The code that completes the table of its width is the last one of that width.
        same = 1 if not grow else max((1 << width) - len(lengths), 1) if growing else RUN
        codes = bits.codes(min(run, same), width)
        if not codes:
            raise Truncated("LZW", "pixels-missing")
        if codes[0] == end:
            return Extent(bits.passed, end, width, width, _used(seen, clear))
        if codes[0] == clear:
            bits.skip(width)
            del lengths[clear + 2 :]
            width, grow = code_size + 1, 0
            run = 1 if searching else FEW
            idle += 1
            if idle > IDLE:
                raise Malformed("LZW", "nothing-but-clear-codes")
            continue
        fresh = set(codes)
        if clear in fresh or end in fresh:
            codes = codes[: min(codes.index(code) for code in (clear, end) if code in fresh)]
            fresh = set(codes)
        before = len(lengths), grow
        try:
            count, grow = _strings(codes, lengths, grow if growing else 0)
        except IndexError:
            count = -1
        if len(codes) > 1 and (count < 0 or made + count >= pixels):
            del lengths[before[0] :]
            grow = before[1]
            run, searching = len(codes) // 2, True
            continue
        if count < 0:
            raise Malformed("LZW", "code-before-its-definition")
        made += count
        idle = 0
        seen |= fresh
        bits.skip(len(codes) * width)
        if growing and len(lengths) >= 1 << width and width < WIDEST:
            width += 1
        run = max(run // 2, 1) if searching else min(2 * run, RUN)
    # The last pixel is made: only an end code in this place is the stream's own.
    own = bits.codes(1, width) == (end,)
    return Extent(bits.passed, end, width, width if own else 0, _used(seen, clear))


def _strings(codes: tuple[int, ...], lengths: list[int], grow: int) -> tuple[int, int]:
    """Return how many pixels the codes make, and the length of the string that the next one would define.

    Each code defines a string of its own if `grow`, the length of the first, isn't 0.
    Raises `IndexError` for a code that isn't defined yet.
    """
    if not grow:
        return sum(map(lengths.__getitem__, codes)), lengths[codes[-1]] + 1
    define, count = lengths.append, 0
    for code in codes:
        define(grow)
        length = lengths[code]
        count += length
        grow = length + 1
    return count, grow


def _used(seen: set[int], clear: int) -> bytes:
    return bytes(index in seen for index in range(clear))
