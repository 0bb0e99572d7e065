"""Apple ProRes (SMPTE RDD 36): no configuration record, the sample entry names the profile.

    frame           size u32, 'icpf', header, one picture or two fields, stuffing
    frame header    size u16, 0 u8, version u8, encoder 4 bytes, width u16, height u16,
                    chroma_format 2, 0 2, interlace_mode 2, 0 2, aspect 4, rate 4, colour u8 each of 3,
                    0 4, alpha_channel_type 4, 0 14, two flags, up to two matrices of 64
    picture header  size 5, 0 3, picture size u32, slices u16, 0 2, log2 slice size 2, 0 4
    slice table     size u16 of each slice
    slice           size 5, 0 3, quantiser u8, size of Y' u16, of Cb u16, [of Cr u16], coefficients

The encoder's name becomes `apl0`, reserved bits become zero, stuffing and what no size
accounts for stay behind.  Coefficients are coded payload.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import Malformed, Unsupported
from .assembly import Assembly
from .fitting import fitted
from .tally import Tallied

if TYPE_CHECKING:
    from ..essence import Picture
    from ..model import Policy, Remaining
    from . import Filtered

ENTRIES = {
    "apco": "422 Proxy",
    "apcs": "422 LT",
    "apcn": "422",
    "apch": "422 HQ",
    "ap4h": "4444",
    "ap4x": "4444 XQ",
}
"""Sample entry types.  ProRes RAW (`aprn`, `aprh`) holds opaque camera metadata and is not among them."""

_PRIMARIES = frozenset({1, 2, 5, 6, 9, 11, 12})
_TRANSFERS = frozenset({1, 2, 14, 16, 18})
_MATRICES = frozenset({1, 2, 6, 9})
"""Code points that RDD 36 and Apple's software use; others become 0, unknown."""
_HEADER = struct.Struct(">HBB4sHHBBBBBBBB")
_PICTURE = struct.Struct(">BIHB")
_SLICE = struct.Struct(">BxHH")
_ENCODER = b"apl0"
_ASPECTS, _RATES, _ALPHAS = 4, 12, 3


@dataclass(frozen=True, slots=True)
class _Shape:
    """What of a frame header rules its pictures; `width` and `height` are those of the frame, in pixels."""

    width: int
    height: int
    pictures: int
    alpha: bool

    @property
    def picture_height(self) -> int:
        """Of one picture: half of an interlaced frame, rounded up."""
        return (self.height + self.pictures - 1) // self.pictures


def _header(data: memoryview, size: int) -> tuple[bytes, int, _Shape]:
    """Rebuild the frame header; return it, where the pictures begin, and their shape."""
    where = "frame_header"
    (stated, zero, version, _, width, height, packed, rates, primaries, transfer, matrix, alpha, _, flags) = (
        _HEADER.unpack_from(data, 8)
    )
    tables = 64 * (flags >> 1 & 1) + 64 * (flags & 1)
    if stated < _HEADER.size + tables or 8 + stated > size:
        raise Malformed(where, "size")
    if zero or version > 1:
        raise Unsupported(where, "version")
    chroma, interlace = packed >> 6, packed >> 2 & 3
    alpha &= 15
    if chroma not in (2, 3) or interlace > 2 or alpha >= _ALPHAS:
        raise Unsupported(where, "format")
    if not width or not height:
        raise Malformed(where, "picture-size")
    aspect = rates >> 4 if rates >> 4 < _ASPECTS else 0
    rate = rates & 15 if rates & 15 < _RATES else 0
    made = _HEADER.pack(
        _HEADER.size + tables,
        0,
        version,
        _ENCODER,
        width,
        height,
        chroma << 6 | interlace << 2,
        aspect << 4 | rate,
        primaries if primaries in _PRIMARIES else 0,
        transfer if transfer in _TRANSFERS else 0,
        matrix if matrix in _MATRICES else 0,
        alpha,
        0,
        flags & 3,
    ) + bytes(data[8 + _HEADER.size : 8 + _HEADER.size + tables])
    pictures = 2 if interlace else 1
    return made, 8 + stated, _Shape(width, height, pictures, alpha > 0)


class ProresFilter(Tallied):
    """Walks the frames of one track down to their slices."""

    __slots__ = ("_alpha", "_entry", "_size")

    def __init__(self, entry: Picture) -> None:
        self._entry = entry
        super().__init__()
        self._alpha = False
        self._size: tuple[int, int] | None = None

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one frame; raises `Malformed` or `Unsupported`."""
        if len(data) < 8 + _HEADER.size or bytes(data[4:8]) != b"icpf":
            raise Malformed("icpf", "frame")
        size = int.from_bytes(data[:4], "big")
        if not 8 + _HEADER.size <= size <= len(data):
            raise Malformed("icpf", "frame-size")
        if size < len(data):
            self._tally.add("prores/after-frame", len(data) - size)
        header, at, shape = _header(data, size)
        self._alpha = self._alpha or shape.alpha
        self._size = self._size or (shape.width, shape.height)
        pictures = Assembly(start)
        for _ in range(shape.pictures):
            at = self._picture(pictures, data, at, size, shape, start)
        if at < size:
            self._tally.add("prores/stuffing", size - at)
        self._tally.rest("prores/frame", len(data))
        made = (8 + len(header) + pictures.size).to_bytes(4, "big") + b"icpf" + header
        frame = Assembly(start)
        frame.replace(bytes(data[: len(made)]), made, 0)
        frame.extend(pictures)
        return frame.filtered(sync=True)

    def _picture(
        self, pictures: Assembly, data: memoryview, at: int, stop: int, shape: _Shape, start: int
    ) -> int:
        """Append one picture that begins at `at`; return where it ends."""
        if at + _PICTURE.size > stop:
            raise Malformed("picture_header", "ends-early")
        packed, size, _, slicing = _PICTURE.unpack_from(data, at)
        end: int = at + size
        header_size = packed >> 3
        if header_size < _PICTURE.size or size < header_size or end > stop:
            raise Malformed("picture_header", "size")
        if slicing & 15 or slicing >> 6:
            raise Unsupported("picture_header", "slice-size")
        width = (shape.width + 15) // 16
        rest = width & (1 << (slicing >> 4)) - 1
        count = (shape.picture_height + 15) // 16 * ((width >> (slicing >> 4)) + rest.bit_count())
        first = at + header_size
        place = first + 2 * count
        if place > end:
            raise Malformed("slice_table", "ends-early")
        table = struct.Struct(f">{count}H")
        sizes = table.unpack_from(data, first)
        if place + sum(sizes) > end:
            raise Malformed("slice_table", "slice-sizes")
        if place + sum(sizes) < end:
            self._tally.add("prores/stuffing", end - place - sum(sizes))
        slices = Assembly(start)
        kept = self._slices(slices, data, place, sizes, alpha=shape.alpha)
        made = _PICTURE.pack(
            _PICTURE.size << 3, _PICTURE.size + 2 * count + slices.size, count & 0xFFFF, slicing
        ) + table.pack(*kept)
        pictures.replace(bytes(data[at : at + len(made)]), made, at)
        pictures.extend(slices)
        return end

    def _slices(
        self, out: Assembly, data: memoryview, at: int, sizes: tuple[int, ...], *, alpha: bool
    ) -> list[int]:
        """Append all slices of a picture; return their sizes."""
        kept = []
        for size in sizes:
            if size < _SLICE.size:
                raise Malformed("slice_header", "ends-early")
            packed, luma, blue = _SLICE.unpack_from(data, at)
            header_size = packed >> 3
            used = header_size + luma + blue
            if header_size == 8 and size >= 8:
                used += data[at + 6] << 8 | data[at + 7]
            elif header_size != 6:
                raise Unsupported("slice_header", "size")
            if used > size:
                raise Malformed("slice_header", "component-sizes")
            if header_size == 6 or alpha:
                # What remains is the last component: Cr, or alpha.
                used = size
            elif used < size:
                self._tally.add("prores/slice-tail", size - used)
            if packed & 7:
                out.put(bytes((packed & 0xF8,)))
                out.keep(at + 1, at + used)
            else:
                out.keep(at, at + used)
            kept.append(used)
            at += size
        return kept

    def entry(self) -> Picture:
        """Return the entry with the size of the first frame and the depth that says whether any has alpha."""
        entry = self._entry if self._size is None else fitted(self._entry, *self._size)
        return replace(entry, depth=32 if self._alpha else 24)

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but coefficients."""
        return ()


def sample_filter(entry: Picture, policy: Policy) -> ProresFilter:  # noqa: ARG001 (one signature for all codings)
    """Return a filter for one track."""
    return ProresFilter(entry)
