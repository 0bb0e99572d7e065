"""Scans of progressive and lossless pictures walked to their last block (ITU-T T.81 §G.1.2, §G.2, §H.2)."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAST = 16
"""Bytes of ones that stand behind the data, so that a look never ends beyond them."""

_ALL = 0xFFFF
_READ = 6
"""Bytes that are taken at once: few enough to keep the gathered bits a small integer."""

_LEAST = 32
"""Bits that are gathered before a look: the longest code, and the bits that it is followed by."""

_MOST_ZEROS = 15
"""Run lengths below this, without a size, say how many blocks end here."""

_AMBIGUOUS = 0x10
"""A difference of 16 bits: T.81 §H.1.2.2 has none behind the code, some decoders read sixteen."""


def differences(data: bytes | bytearray, mcus: int, rows: Sequence[list[int]]) -> int | None:
    """Walk DC differences, or lossless samples, that stand alone; return the bits, None if broken.

    `data` are without stuffed zeros, with `PAST` bytes of ones behind them.  `rows` are
    the codes by window of each block (or sample) of an MCU.
    """
    size = len(data) - PAST
    gathered = held = at = 0
    for _ in range(mcus):
        for codes in rows:
            if held < _LEAST:
                if at > size + _READ:
                    return None
                gathered = (gathered & (1 << held) - 1) << 48 | int.from_bytes(data[at : at + _READ])
                held += 48
                at += _READ
            code = codes[gathered >> held - 16 & _ALL]
            if not code or code & _AMBIGUOUS:
                return None
            held -= (code >> 8) + (code & 15)
    used = 8 * at - held
    return used if used <= 8 * size else None


def first(
    data: bytes | bytearray, seen: array[int], blocks: range, band: tuple[int, int], codes: list[int]
) -> int | None:
    """Walk the first scan of a band of AC coefficients; return its bits, None if broken.

    `data` as for `differences`.  `seen` has a word for each block of the component, in
    which the coefficients that aren't zero are noted; `blocks` are those of the interval.
    """
    begin, end = band
    size = len(data) - PAST
    gathered = held = at = 0
    block, stop = blocks.start, blocks.stop
    while block < stop:
        place, ending, fresh = begin, 1, 0
        while place <= end:
            if held < _LEAST:
                if at > size + _READ:
                    return None
                gathered = (gathered & (1 << held) - 1) << 48 | int.from_bytes(data[at : at + _READ])
                held += 48
                at += _READ
            code = codes[gathered >> held - 16 & _ALL]
            if not code:
                return None
            held -= (code >> 8) + (code & 15)
            run = code >> 4 & 15
            if code & 15:
                place += run
                if place > end:
                    return None
                fresh |= 1 << place
                place += 1
            elif run == _MOST_ZEROS:
                place += run + 1
            else:
                held -= run
                ending = (1 << run) + (gathered >> held & (1 << run) - 1)
                break
        if fresh:
            seen[block] |= fresh
        block += ending
    used = 8 * at - held
    return used if used <= 8 * size and block == stop else None


def refinement(
    data: bytes | bytearray, seen: array[int], blocks: range, band: tuple[int, int], codes: list[int]
) -> int | None:
    """Walk a scan that takes a band of AC coefficients one bit further; else as `first`."""
    begin, end = band
    within = (1 << end + 1) - (1 << begin)
    at, last, ending = 0, 8 * (len(data) - PAST), 0
    looks = _looks(data)
    for block in blocks:
        known = seen[block] & within
        if ending:
            ending -= 1
            at += known.bit_count()
            continue
        place, fresh = begin, 0
        while place <= end:
            if at > last:
                return None
            code = codes[looks[at >> 3] >> 16 - (at & 7) & _ALL]
            if not code:
                return None
            at += code >> 8
            run, size = code >> 4 & 15, code & 15
            if not size and run < _MOST_ZEROS:
                ending = (1 << run) - 1
                if run:
                    ending += (looks[at >> 3] >> 16 - (at & 7) & _ALL) >> 16 - run
                    at += run
                at += (known >> place).bit_count()
                break
            at += size
            rest = known >> place
            # On to the zero behind `run` others; each that isn't zero on the way takes a bit of its own.
            if not rest:
                place += run
            else:
                while place <= end and (run or rest & 1):
                    if rest & 1:
                        at += 1
                    else:
                        run -= 1
                    rest >>= 1
                    place += 1
            if size:
                if size > 1 or place > end:
                    return None
                fresh |= 1 << place
            place += 1
        if fresh:
            seen[block] |= fresh
    return at if at <= last and not ending else None


def _looks(data: bytes | bytearray) -> array[int]:
    """Return the 32 bits that begin with each byte of the data, and with some behind them."""
    count = (len(data) - 3) // 4 * 4
    looks = array("I", bytes(4 * count))
    for offset in range(4):
        part = array("I", bytes(data[offset : offset + count]))
        if sys.byteorder == "little":
            part.byteswap()
        looks[offset::4] = part
    return looks
