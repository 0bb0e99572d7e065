"""Checksums of AC-3 and Enhanced AC-3 frames (ETSI TS 102 366 §6.1.7): x^16 + x^15 + x^2 + 1.

Frames are integers here, most significant bit first, and so polynomials over GF(2).  The
polynomial is (x + 1) (x^15 + x + 1), and squaring keeps the second factor sparse: x^15q = x^q + 1
for every power q of two.  A frame is so reduced in a few steps, where a table needs one per byte.
"""

from __future__ import annotations

_FACTOR = 0x8003
_ORDER = 32767
"""The least power of x that is 1 modulo the polynomial."""


def remainder(value: int) -> int:
    """Return a polynomial modulo the checksum's."""
    odd = value.bit_count() & 1
    while (degree := value.bit_length() - 1) >= 15:
        step = 1 << (degree // 15).bit_length() - 1
        high = value >> 15 * step
        value ^= high << 15 * step ^ high << step ^ high
    return value ^ _FACTOR if value.bit_count() & 1 != odd else value


def trailing(value: int) -> int:
    """Return the 16 bits that make a multiple of the polynomial of what they follow."""
    return remainder(value << 16)


def leading(value: int, size: int) -> int:
    """Return the 16 bits that make a multiple of the polynomial of `size` bits that they precede."""
    return remainder(remainder(value) << -size % _ORDER)
