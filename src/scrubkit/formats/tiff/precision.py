"""Free numbers of a picture, to as many digits as it is shown by and no more.

A fraction of two 32-bit integers or the last bits of a double can hold anything, and
name who worked a number out.  What is left here moves no colour by a step of 1/255
and no point by a tenth of a pixel.
"""

from __future__ import annotations

import struct
from math import gcd

FINEST = 10_000
"""Denominator of fractions: the DNG SDK writes matrices with four digits."""

FINER = 1_000_000
"""Denominator of fractions of a picture's width or height."""

SINGLE, CURVE, DOUBLE, COORDINATE = 12, 16, 16, 26
"""Bits of the mantissa that are kept of a float, of one of a curve whose points must stay apart, of a
double, and of one that moves points of a picture."""


def fraction(top: int, bottom: int, finest: int = FINEST) -> tuple[int, int]:
    """Return a fraction as the nearest multiple of 1/`finest`, in lowest terms; halves go away from zero."""
    if bottom < 0:
        top, bottom = -top, -bottom
    units = (2 * abs(top) * finest + bottom) // (2 * bottom)
    shared = gcd(units, finest)
    return (units if top >= 0 else -units) // shared, finest // shared


def pattern(bits: int, size: int, kept: int) -> int:
    """Return the bit pattern of a float of `size` bytes with its mantissa rounded to `kept` bits.

    Raises `ValueError` for one that is no number.
    """
    whole, exponents = (23, 0xFF) if size == 4 else (52, 0x7FF)
    spare = whole - kept
    if bits >> whole & exponents == exponents:
        raise ValueError("not a number")
    rounded = (bits + (1 << spare - 1)) >> spare << spare
    # The largest of all would become infinite.
    return rounded if rounded >> whole & exponents != exponents else bits >> spare << spare


def floats(data: bytes, order: str, size: int, kept: int) -> bytes:
    """Return an array of floats of `size` bytes, byte order `<` or `>`, rounded; as `pattern`."""
    layout = f"{order}{len(data) // size}{'I' if size == 4 else 'Q'}"
    return struct.pack(layout, *(pattern(each, size, kept) for each in struct.unpack(layout, data)))
