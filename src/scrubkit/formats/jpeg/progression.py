"""Scans of progressive and lossless pictures walked to their last block (ITU-T T.81 §G.1.2, §G.2, §H.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

PAD = b"\xff" * 16
"""Ones behind the data, so that a look never ends beyond them."""

_END_OF_BANDS = 15
"""Run lengths below this, without a size, say how many blocks end here."""


def _window(data: bytes, at: int) -> int:
    """Return the 16 bits at a place counted in bits."""
    return int.from_bytes(data[at >> 3 : (at >> 3) + 4]) >> 16 - (at & 7) & 0xFFFF


def _bits(data: bytes, at: int, count: int) -> int:
    return _window(data, at) >> 16 - count if count else 0


def differences(data: bytes, mcus: int, rows: Sequence[list[int]]) -> int | None:
    """Walk DC differences, or lossless samples, that stand alone; return the bits, None if broken.

    `rows` are the codes by window of each block (or sample) of an MCU.  16 bits of
    difference need none behind the code (§H.1.2.2).
    """
    at, last = 0, 8 * len(data)
    data += PAD
    for _ in range(mcus):
        for codes in rows:
            code = codes[_window(data, at)]
            if not code or at > last:
                return None
            at += (code >> 8) + (code & 15)
    return at if at <= last else None


def first(data: bytes, seen: list[int], band: tuple[int, int], codes: list[int]) -> int | None:
    """Walk the first scan of a band of AC coefficients; return its bits, None if broken.

    `seen` has a word for each block of the interval, in which the coefficients that
    aren't zero are noted.
    """
    begin, end = band
    at, last, ending = 0, 8 * len(data), 0
    data += PAD
    for block in range(len(seen)):
        if ending:
            ending -= 1
            continue
        place = begin
        while place <= end:
            code = codes[_window(data, at)]
            if not code or at > last:
                return None
            at += code >> 8
            run, size = code >> 4 & 15, code & 15
            if not size and run < _END_OF_BANDS:
                ending = (1 << run) + _bits(data, at, run) - 1
                at += run
                break
            place += run
            if size:
                if place > end:
                    return None
                seen[block] |= 1 << place
            at += size
            place += 1
    return at if at <= last and not ending else None


def refinement(data: bytes, seen: list[int], band: tuple[int, int], codes: list[int]) -> int | None:
    """Walk a scan that takes a band of AC coefficients one bit further; else as `first`."""
    begin, end = band
    at, last, ending = 0, 8 * len(data), 0
    data += PAD
    for block, known in enumerate(seen):
        place, fresh = begin, 0
        while not ending and place <= end:
            code = codes[_window(data, at)]
            if not code or at > last:
                return None
            at += code >> 8
            run, size = code >> 4 & 15, code & 15
            if not size and run < _END_OF_BANDS:
                ending = (1 << run) + _bits(data, at, run)
                at += run
                break
            at += size
            while place <= end and (run or known >> place & 1):
                # Each that isn't zero takes a bit of its own, and counts for no run.
                if known >> place & 1:
                    at += 1
                else:
                    run -= 1
                place += 1
            if size:
                if size > 1 or place > end:
                    return None
                fresh |= 1 << place
            place += 1
        if ending:
            ending -= 1
            if place <= end:
                at += (known >> place & (1 << end - place + 1) - 1).bit_count()
        seen[block] |= fresh
    return at if at <= last and not ending else None
