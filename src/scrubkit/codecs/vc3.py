"""DNxHD and DNxHR (SMPTE ST 2019-1, VC-3): no configuration record, each coding unit says all.

    coding unit  header, macroblock lines, end of frame; one for a frame, two for its fields
    header       size u32, version u8, field u8, flags u8, flags u8, …, 18: lines u16, width u16,
                 …, 21: depth 3, 28: compression id u32, 2c: colour format,
                 16a: size of the scan indices u16, lines of macroblocks u16, 170: indices u32 each
    end          600DC0DE, or a checksum

The header is written again from these fields, so that user data, time codes and
reserved bytes are zero or what the standard asks for.  A coding unit has the size
that its compression id asks for; what lies behind the last macroblock of a line
is filling, and is not told from it.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..model import Remaining, Residual
from .assembly import Assembly
from .fitting import fitted
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy
    from . import Filtered

ENTRIES = frozenset({"AVdn", "AVdh"})
"""Sample entry types of DNxHD and DNxHR."""

FULL_RANGE = b"ACLR0001" + struct.pack(">II", 2, 0)
"""Body of `ACLR` for samples that use all code values; it is absent for those that don't."""

_SIZES = {
    1235: 917504,
    1237: 606208,
    1238: 917504,
    1241: 458752,
    1242: 303104,
    1243: 458752,
    1244: 303104,
    1250: 458752,
    1251: 458752,
    1252: 303104,
    1253: 188416,
    1256: 1835008,
    1258: 212992,
    1259: 417792,
    1260: 417792,
}
"""Bytes of a coding unit by compression id, of those ids that fix it."""

_PER_MACROBLOCK = {1270: 57344, 1271: 28672, 1272: 28672, 1273: 18944, 1274: 5888}
"""Bytes of 255 macroblocks by compression id, where the size depends on the picture's."""

_HEADER = 0x280
_SCAN = 0x170
_END = bytes.fromhex("600dc0de")
_MOST_LINES = (0x2170 - _SCAN) // 4
_FIXED_LINES = (_HEADER - _SCAN) // 4
_RESOLUTION = 0x03
"""Version of the headers that are as long as their picture is high."""


def full_range(body: bytes | memoryview) -> bool:
    """Whether the body of an `ACLR` says that samples use all code values."""
    return len(body) >= 12 and int.from_bytes(body[8:12]) == 2


@dataclass(frozen=True, slots=True)
class _Unit:
    """What a header says; `lines` are those of the picture, or of one field; `scan` where they begin."""

    header: bytes
    size: int
    compression: int
    width: int
    lines: int
    second: bool
    interlaced: bool
    scan: tuple[int, ...]


def _size(compression: int, width: int, lines: int) -> int:
    """Bytes of a coding unit."""
    if compression in _SIZES:
        return _SIZES[compression]
    if compression not in _PER_MACROBLOCK:
        raise Unsupported("VC-3", "compression-id")
    macroblocks = ((width + 15) // 16) * ((lines + 15) // 16)
    size = macroblocks * _PER_MACROBLOCK[compression] // 255
    return max((size + 2048) // 4096 * 4096, 8192)


def _read(data: memoryview) -> _Unit:
    """Read and rebuild the header that `data` begins with; raises `Malformed` or `Unsupported`."""
    where = "VC-3"
    if len(data) < _HEADER or data[0] or data[1]:
        raise Malformed(where, "header")
    offset, version, field = int.from_bytes(data[2:4]), data[4], data[5]
    lines, width = struct.unpack_from(">HH", data, 0x18)
    depth, compression, colour = data[0x21] >> 5, int.from_bytes(data[0x28:0x2C]), data[0x2C]
    rows = int.from_bytes(data[0x16C:0x16E])
    if version not in {1, 2, _RESOLUTION} or not 1 <= depth <= 3:
        raise Unsupported(where, "version")
    most = _MOST_LINES if version == _RESOLUTION else _FIXED_LINES
    if not lines or not width or rows != (lines + 15) // 16 or rows > most:
        raise Malformed(where, "picture-size")
    if offset != max(_HEADER, _SCAN + 4 * rows) or offset > len(data):
        raise Malformed(where, "header-size")
    size = _size(compression, width, lines)
    scan = struct.unpack_from(f">{rows}I", data, _SCAN)
    if scan[0] or any(a > b for a, b in pairwise(scan)) or offset + scan[-1] > size - 4:
        raise Malformed(where, "scan-index")
    interlaced = bool(field & 2)
    made = bytearray(offset)
    made[2:4] = offset.to_bytes(2)
    made[4] = version
    made[5] = 2 | field & 1 if interlaced else 1
    made[6] = 0x80 | data[6] & 0x20  # no checksum; adaptive field coding
    made[7] = 0xA0 | data[7] & 3  # lossless alpha, alpha
    struct.pack_into(">HHxH", made, 0x18, lines, width, lines)
    made[0x21] = depth << 5 | 0x18
    made[0x22] = 0x88 | interlaced << 2
    made[0x28:0x2C] = compression.to_bytes(4)
    made[0x2C] = colour & 0xC7  # progressive, 4:4:4, colour transform
    made[0x5F] = 1
    made[0x167] = 2
    struct.pack_into(">HHxB", made, 0x16A, 4 * rows + 4, rows, 0x10)
    struct.pack_into(f">{rows}I", made, _SCAN, *scan)
    return _Unit(bytes(made), size, compression, width, lines, bool(field & 1), interlaced, scan)


class Vc3Filter(Tallied):
    """Walks the coding units of one track."""

    __slots__ = ("_entry", "_first", "_units")

    def __init__(self, entry: Picture) -> None:
        self._entry = entry
        super().__init__()
        self._first: _Unit | None = None
        self._units = 0

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one frame; raises `Malformed` or `Unsupported`."""
        out = Assembly(start)
        at = 0
        while data:
            unit = _read(data[at:])
            stop = at + unit.size
            if stop > len(data):
                raise Malformed("VC-3", "ends-early")
            self._meet(unit)
            head = at + len(unit.header)
            self._replace(out, "vc3/header", data[at:head], unit.header, at)
            out.keep(head, stop - 4)
            self._tally.keep("vc3/lines", stop - 4 - head)
            self._replace(out, "vc3/end", data[stop - 4 : stop], _END, stop - 4)
            fields = 2 if unit.interlaced else 1
            at = stop
            if at == fields * unit.size:
                break
        if at < len(data):
            self._tally.add("vc3/after-frame", len(data) - at)
        return out.filtered(sync=True)

    def _replace(self, out: Assembly, key: str, source: memoryview, made: bytes, at: int) -> None:
        data = bytes(source)
        behind = sum(a != b for a, b in zip(data, made, strict=True)) if data != made else 0
        if behind:
            self._tally.add(key, behind)
        self._tally.keep(key, len(made) - behind)
        out.replace(data, made, at)

    def _meet(self, unit: _Unit) -> None:
        self._units += 1
        first = self._first
        if first is None:
            self._first = unit
        elif (unit.width, unit.lines, unit.compression, unit.interlaced) != (
            first.width,
            first.lines,
            first.compression,
            first.interlaced,
        ):
            raise Unsupported("VC-3", "format-changes")

    def entry(self) -> Picture:
        """Return the entry with the size of the first frame, and the type of its kind of compression."""
        unit = self._first
        if unit is None:
            return self._entry
        entry = fitted(self._entry, unit.width, unit.lines * (2 if unit.interlaced else 1))
        return replace(entry, entry="AVdh" if unit.compression in _PER_MACROBLOCK else "AVdn")

    def remaining(self) -> tuple[Remaining, ...]:
        """Return the number of coding units, whose filling nothing told from macroblocks."""
        return (Remaining(Residual.UNWALKED_SAMPLES, self._units),) if self._units else ()


def sample_filter(entry: Picture, policy: Policy) -> Vc3Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return Vc3Filter(entry)
