"""A BMP from its essence: the smallest header that says it, palette, rows with zero padding."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ...pieces import Coded, Span, Walked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...essence import Bitmap
    from ...model import Policy
    from ...pieces import Piece, Pieces

PLAIN, RLE8, RLE4, MASKED = 0, 1, 2, 3

SRGB = b"BGRs"
EMBEDDED = b"DEBM"
"""bV5CSType: `sRGB` and `MBED`, little-endian."""

INTENT = 4
"""bV5Intent: LCS_GM_IMAGES."""


def row_bytes(picture_width: int, bits: int) -> tuple[int, int]:
    """Return the bytes of a row that hold pixels, and those of the row with its padding."""
    return -(-picture_width * bits // 8), -(-picture_width * bits // 32) * 4


def _rows(picture: Bitmap) -> Iterator[Piece]:
    """Yield the rows; padding, and bits behind the last pixel, are zero."""
    used, stride = row_bytes(picture.width, picture.bits)
    whole, rest = divmod(picture.width * picture.bits, 8)
    (data,) = picture.data
    assert isinstance(data, Span)
    if used == stride and not rest:
        yield data
        return
    padding = bytes(stride - used)
    mask = 0xFF << (8 - rest) & 0xFF
    for start in range(data.start, data.start + stride * picture.height, stride):
        if whole:
            yield Span(start, whole)
        if rest:
            yield Coded(bytes([picture.payload.view(start + whole, 1)[0] & mask]) + padding)
        else:
            yield Coded(padding)


def _size(picture: Bitmap) -> int:
    if picture.compression in (RLE8, RLE4):
        return sum(piece.size if isinstance(piece, Span) else len(piece.data) for piece in picture.data)
    return row_bytes(picture.width, picture.bits)[1] * picture.height


def _stated(size: int) -> int:
    """Return a size as the header says it; readers don't ask, and it may be too large for the field."""
    return size if size < 1 << 32 else 0


def _header(picture: Bitmap) -> bytes:
    """Return the information header, masks included."""
    size = _size(picture)
    alpha = bool(picture.masks[3])
    version = 124 if picture.profile else 108 if alpha else 40
    height = -picture.height if picture.top_down else picture.height
    out = struct.pack(
        "<IiiHHIIiiII",
        version,
        picture.width,
        height,
        1,
        picture.bits,
        picture.compression,
        _stated(size),
        0,
        0,
        0,
        0,
    )
    if version == 40:
        return out + (struct.pack("<3I", *picture.masks[:3]) if picture.compression == MASKED else b"")
    out += struct.pack("<4I", *picture.masks)
    if version == 108:
        return out + SRGB + bytes(48)
    place = 124 + len(picture.palette) + size
    return out + EMBEDDED + bytes(48) + struct.pack("<4I", INTENT, _stated(place), len(picture.profile), 0)


def write(picture: Bitmap, _policy: Policy) -> Pieces:
    """Yield the canonical file."""
    header = _header(picture)
    offset = 14 + len(header) + len(picture.palette)
    size = offset + _size(picture) + len(picture.profile)
    yield b"BM" + struct.pack("<III", _stated(size), 0, offset) + header + picture.palette
    if picture.compression in (RLE8, RLE4):
        yield from picture.data
    else:
        yield from _rows(picture)
    if picture.profile:
        yield picture.profile
    return Walked()
