"""The image header (PNG 3rd edition §11.2.1), and how many bytes a picture inflates to (§7.2, §8.1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed

if TYPE_CHECKING:
    from .usage import Layout

GREY, RGB, INDEXED, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6

_DEPTHS = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), INDEXED: (1, 2, 4, 8), GREY_ALPHA: (8, 16), RGBA: (8, 16)}
_SAMPLES = {GREY: 1, RGB: 3, INDEXED: 1, GREY_ALPHA: 2, RGBA: 4}

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
"""First column and row, and steps, of the passes."""

LARGEST = 2 << 30
"""Bytes that one picture may inflate to: 268 megapixels of 16-bit RGBA."""


@dataclass(frozen=True, slots=True)
class Header:
    """The fields of IHDR: size in pixels, bits per sample, colour type."""

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool


def read_header(body: bytes) -> Header:
    """Parse the data of IHDR; raises `Malformed` for what §11.2.1 forbids, `LimitExceeded` for its size."""
    if len(body) != 13:
        raise Malformed("IHDR", "bad-length", 8)
    width, height = int.from_bytes(body[:4]), int.from_bytes(body[4:8])
    depth, colour_type, compression, filtering, interlace = body[8:]
    if not (0 < width <= 0x7FFFFFFF and 0 < height <= 0x7FFFFFFF):
        raise Malformed("IHDR", "bad-size", 16)
    if depth not in _DEPTHS.get(colour_type, ()):
        raise Malformed("IHDR", "bad-colour-type", 24)
    if compression or filtering or interlace > 1:
        raise Malformed("IHDR", "bad-method", 26)
    header = Header(width, height, depth, colour_type, bool(interlace))
    if inflated_size(header, width, height) > LARGEST:
        raise LimitExceeded("IHDR", "size", 16)
    return header


def layout(header: Header, width: int, height: int) -> Layout:
    """Return the passes of a picture of that size, those without pixels left out."""
    bits = header.depth * _SAMPLES[header.colour_type]
    passes = []
    for column, row, across, down in _ADAM7 if header.interlaced else ((0, 0, 1, 1),):
        columns = max(width - column + across - 1, 0) // across
        rows = max(height - row + down - 1, 0) // down
        if columns and rows:
            passes.append((rows, (columns * bits + 7) // 8))
    return tuple(passes)


def inflated_size(header: Header, width: int, height: int) -> int:
    """Return the bytes of all filtered rows of a picture of that size, in all its passes."""
    return sum(rows * (1 + size) for rows, size in layout(header, width, height))
