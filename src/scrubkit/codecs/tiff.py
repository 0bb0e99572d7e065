"""TIFF directories (TIFF 6.0 §2), as Exif and maker notes use them; read leniently and within bounds.

A block is `II` or `MM`, 42, and the offset of IFD0.  An IFD is a count, entries of
12 bytes (tag, type, count, value or offset) and the offset of the next IFD.  This
reader serves to name what stays behind and to find the orientation, so it takes
what it can get: an entry whose value lies outside the block has no value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..errors import Malformed

ByteOrder = Literal["little", "big"]

BYTE, ASCII, SHORT, LONG, RATIONAL, SBYTE, UNDEFINED, SSHORT, SLONG, SRATIONAL, FLOAT, DOUBLE, IFD = range(
    1, 14
)

SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
"""Bytes of one value, by type."""

ENTRIES = 1024
"""Entries of one IFD that are looked at."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: `at` and `size` are the value's bytes in the block; `whole` says that they lie in it."""

    tag: int
    type: int
    count: int
    at: int
    size: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """One IFD: where it begins and ends (half-open), its entries, and the offset of the next or 0."""

    start: int
    stop: int
    entries: tuple[Entry, ...]
    next: int


def byte_order(block: bytes) -> ByteOrder:
    """Return the byte order that the header of 8 bytes states; raises `Malformed` if it is none."""
    if len(block) >= 8:
        if block[:4] == b"II*\x00":
            return "little"
        if block[:4] == b"MM\x00*":
            return "big"
    raise Malformed("TIFF", "bad-header")


def read_directory(block: bytes, start: int, order: ByteOrder, base: int = 0) -> Directory:
    """Read the IFD at `start`; offsets in its entries count from `base`.

    Raises `Malformed` if its count lies outside the block; entries beyond the end
    or beyond `ENTRIES` are left out.
    """
    if not 0 <= start <= len(block) - 2:
        raise Malformed("IFD", "outside-the-block")
    count = int.from_bytes(block[start : start + 2], order)
    fit = min(count, ENTRIES, (len(block) - start - 2) // 12)
    entries = []
    for at in range(start + 2, start + 2 + 12 * fit, 12):
        tag = int.from_bytes(block[at : at + 2], order)
        kind = int.from_bytes(block[at + 2 : at + 4], order)
        number = int.from_bytes(block[at + 4 : at + 8], order)
        size = SIZES.get(kind, 0) * number
        place = at + 8 if size <= 4 else base + int.from_bytes(block[at + 8 : at + 12], order)
        whole = kind in SIZES and place + size <= len(block)
        entries.append(Entry(tag, kind, number, place, size, whole))
    stop = start + 2 + 12 * fit
    following = (
        int.from_bytes(block[stop : stop + 4], order) if fit == count and stop + 4 <= len(block) else 0
    )
    return Directory(start, min(stop + 4, len(block)) if fit == count else stop, tuple(entries), following)


def integers(block: bytes, entry: Entry, order: ByteOrder, most: int = 16) -> tuple[int, ...]:
    """Return an entry's first integers, or an empty tuple if its type has none or it is not whole."""
    if not entry.whole or entry.type not in (BYTE, SHORT, LONG, SBYTE, SSHORT, SLONG, IFD):
        return ()
    size = SIZES[entry.type]
    signed = entry.type in (SBYTE, SSHORT, SLONG)
    stop = entry.at + size * min(entry.count, most)
    return tuple(
        int.from_bytes(block[at : at + size], order, signed=signed) for at in range(entry.at, stop, size)
    )
