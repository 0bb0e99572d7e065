"""Directories of TIFF and BigTIFF (TIFF 6.0 §2), read from a file of any size.

Classic: a count of 2 bytes, entries of 12, the offset of the next directory in 4.
BigTIFF: 8, 20 and 8.  An entry is tag, type, count, and the values or their offset.
"""

from __future__ import annotations

import sys
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...codecs.tiff import SIZES as CLASSIC_SIZES
from ...errors import LimitExceeded, Malformed, Truncated

if TYPE_CHECKING:
    from ...codecs.tiff import ByteOrder
    from ...source import Readable

LONG8, SLONG8, IFD8 = 16, 17, 18

SIZES = CLASSIC_SIZES | {LONG8: 8, SLONG8: 8, IFD8: 8}
"""Bytes of one value, by type."""

ENTRIES = 4096
"""Entries of one directory."""

VALUES = 1 << 20
"""Values of one entry that are read."""

_ARRAYS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 13: "I", LONG8: "Q", SLONG8: "q", IFD8: "Q"}
"""Array code of the integer types."""


@dataclass(frozen=True, slots=True)
class Header:
    """Byte order, whether offsets have 8 bytes, and where the first directory lies."""

    order: ByteOrder
    big: bool
    first: int

    @property
    def size(self) -> int:
        """Bytes of the header itself."""
        return 16 if self.big else 8


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its place `entry`, and where its values lie; `whole` says that they lie in the file."""

    tag: int
    type: int
    count: int
    entry: int
    at: int
    size: int
    inline: bool
    whole: bool


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: half-open range, bytes before and of each entry, entries, the next one's offset."""

    start: int
    stop: int
    lead: int
    step: int
    entries: tuple[Entry, ...]
    next: int

    def get(self, tag: int) -> Entry | None:
        """Return the first entry of that tag, which is the one that decoders read, or None."""
        return next((entry for entry in self.entries if entry.tag == tag), None)


def read_header(source: Readable) -> Header:
    """Read the header; raises `Malformed` or `Truncated`."""
    if source.size < 8:
        raise Truncated("TIFF header", "", source.size)
    head = bytes(source.view(0, min(16, source.size)))
    order: ByteOrder = "little" if head[:2] == b"II" else "big"
    version = int.from_bytes(head[2:4], order)
    if version == 42:
        return Header(order, big=False, first=int.from_bytes(head[4:8], order))
    if version != 43 or len(head) < 16 or int.from_bytes(head[4:8], "big") not in (0x00080000, 0x08000000):
        raise Malformed("TIFF header", "bad-version")
    return Header(order, big=True, first=int.from_bytes(head[8:16], order))


def read_directory(source: Readable, header: Header, start: int) -> Directory:
    """Read the directory at `start`; raises `Truncated` if it doesn't lie in the file."""
    order = header.order
    lead, step, width = (8, 20, 8) if header.big else (2, 12, 4)
    if start < header.size or start + lead > source.size:
        raise Truncated("IFD", "beyond-the-file", start)
    count = int.from_bytes(source.view(start, lead), order)
    if count > ENTRIES:
        raise LimitExceeded("IFD", "entries", start)
    stop = start + lead + step * count
    if stop > source.size:
        raise Truncated("IFD", "beyond-the-file", start)
    block = bytes(source.view(start + lead, step * count))
    entries = []
    for at in range(0, len(block), step):
        tag = int.from_bytes(block[at : at + 2], order)
        kind = int.from_bytes(block[at + 2 : at + 4], order)
        number = int.from_bytes(block[at + 4 : at + 4 + width], order)
        size = SIZES.get(kind, 0) * number
        inline = size <= width
        place = start + lead + at + 4 + width
        if not inline:
            place = int.from_bytes(block[at + 4 + width : at + 4 + 2 * width], order)
        whole = kind in SIZES and place + size <= source.size and (inline or place >= header.size)
        entries.append(Entry(tag, kind, number, start + lead + at, place, size, inline, whole))
    # The last directory of a file that was cut may lack its link.
    following = 0
    if stop + width <= source.size:
        following = int.from_bytes(source.view(stop, width), order)
        stop += width
    return Directory(start, stop, lead, step, tuple(entries), following)


def raw(source: Readable, entry: Entry, most: int) -> bytes:
    """Return the first bytes of an entry's values, none if they don't lie in the file."""
    return bytes(source.view(entry.at, min(entry.size, most))) if entry.whole else b""


def integers(source: Readable, header: Header, entry: Entry | None, most: int = VALUES) -> array[int]:
    """Return an entry's first values; none if it is absent, not whole, or of a type without integers."""
    if entry is None or not entry.whole or entry.type not in _ARRAYS:
        return array("Q")
    values = array(_ARRAYS[entry.type])
    values.frombytes(raw(source, entry, most * SIZES[entry.type]))
    if header.order != sys.byteorder:
        values.byteswap()
    return values
