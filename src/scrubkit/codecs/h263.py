"""H.263 (ITU-T H.263, baseline) and `d263`, its specific box (3GPP TS 26.244 §6.8).

    vendor 4 bytes, decoder_version u8, H263_Level u8, H263_Profile u8 [bitr box]

Vendor and version become 0; `bitr` is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from ..model import Remaining, Residual
from .assembly import Assembly
from .bits import BitReader, cut
from .fitting import fitted
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy
    from . import Filtered

_LEVELS = (10, 20, 30, 40, 45, 50, 60, 70)
_PROFILES = 9


@dataclass(frozen=True, slots=True)
class H263Config:
    """`record` is the whole body of `d263`."""

    record: bytes
    level: int
    profile: int


def build(level: int, profile: int) -> H263Config:
    """Make a `d263`; what the standard doesn't name becomes level 10 or profile 0, the least of each.

    Both only advise: a picture header says all that decoding needs.
    """
    level = level if level in _LEVELS else _LEVELS[0]
    profile = profile if profile < _PROFILES else 0
    return H263Config(bytes(5) + bytes((level, profile)), level, profile)


def rebuild(body: bytes | memoryview) -> H263Config:
    """Rebuild the body of `d263`; raises `Malformed`."""
    if len(body) < 7:
        raise Malformed("d263", "ends-early")
    return build(body[5], body[6])


_PICTURE_START = re.compile(rb"\x00\x00[\x80-\x83]")
"""picture_start_code is byte-aligned and can't occur inside a picture (H.263 §5.1.1)."""
_END_OF_SEQUENCE = re.compile(rb"\x00\x00[\xfc-\xff]")
_EXTENDED, _CUSTOM = 7, 6
_SIZES = {1: (128, 96), 2: (176, 144), 3: (352, 288), 4: (704, 576), 5: (1408, 1152)}
"""Width and height of each source format (§5.1.3)."""
_HEADER_LIMIT = 4096
"""Bytes in which a header with its supplemental information must end."""


class H263Filter(Tallied):
    """Walks the picture headers of one track."""

    __slots__ = ("_entry", "_size", "_unwalked")

    def __init__(self, entry: Picture) -> None:
        self._entry = entry
        super().__init__()
        self._unwalked = 0
        self._size: tuple[int, int] | None = None

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:
        """Filter one picture: supplemental information (PSUPP) stays behind (H.263 §5.1.24).

        Raises `Malformed` or `Unsupported`.
        """
        out = Assembly(start)
        if not data:
            return out.filtered(sync=False)
        if not _PICTURE_START.match(data):
            raise Malformed("h263", "picture-start-code")
        if _PICTURE_START.search(data, 3):
            raise Unsupported("h263", "several-pictures")
        end = _END_OF_SEQUENCE.search(data, 3)
        stop = end.start() if end else len(data)
        if stop < len(data):
            self._tally.add("h263/after-end", len(data) - stop)
        bits = BitReader(data[: min(stop, _HEADER_LIMIT)], "h263")
        bits.position = 22 + 8
        bits.expect(2, 2, "marker")
        bits.u(3)
        source_format = bits.u(3)
        if self._size is None:
            self._size = _extended_size(bits) if source_format == _EXTENDED else _SIZES.get(source_format)
        if source_format == _EXTENDED:
            self._unwalked += 1
            out.keep(0, stop)
            self._tally.rest("h263/extended-picture", len(data))
            return out.filtered(sync=listed)
        inter = bits.flag()
        bits.u(3)
        both = bits.flag()
        bits.u(5)
        if bits.flag():
            bits.u(2)
        if both:
            bits.u(5)
        kept = bits.position
        while bits.flag():
            bits.u(8)
        dropped = bits.position - 1 - kept
        if not dropped:
            out.keep(0, stop)
            self._tally.rest("h263/picture", len(data))
            return out.filtered(sync=not inter)
        self._tally.add("h263/psupp", (dropped + 7) // 8)
        self._tally.rest("h263/picture", len(data))
        out.put(cut(bytes(data[:stop]), kept, kept + dropped))
        return out.filtered(sync=not inter)

    def entry(self) -> Picture:
        """Return the entry with the size of the first picture that says one."""
        return self._entry if self._size is None else fitted(self._entry, *self._size)

    def remaining(self) -> tuple[Remaining, ...]:
        """Return the number of pictures whose extended header (PLUSPTYPE) was not walked."""
        return (Remaining(Residual.UNWALKED_SAMPLES, self._unwalked),) if self._unwalked else ()


def _extended_size(bits: BitReader) -> tuple[int, int] | None:
    """Return the picture size that PLUSPTYPE tells (§5.1.4), or None; `bits` stand before it."""
    if bits.u(3) != 1:  # UFEP: whether OPPTYPE is there
        return None
    source_format = bits.u(3)
    if source_format != _CUSTOM:
        return _SIZES.get(source_format)
    bits.u(15 + 9)  # rest of OPPTYPE, MPPTYPE
    if bits.flag():  # CPM
        bits.u(2)
    bits.u(4)  # pixel aspect ratio
    width = (bits.u(9) + 1) * 4
    bits.expect(1, 1, "marker")
    height = bits.u(9) * 4
    if not height:
        raise Malformed("h263", "picture-size")
    return width, height


def sample_filter(entry: Picture, policy: Policy) -> H263Filter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return H263Filter(entry)
