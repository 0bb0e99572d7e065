"""Uncompressed strips and tiles: rows whose last bits, and tiles whose far pixels, no reader shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Truncated
from ...pieces import Coded, Span
from . import tags
from .geometry import STRIP

if TYPE_CHECKING:
    from ...source import Readable
    from .geometry import Geometry
    from .streams import Pieces

CUTS = 1 << 18
"""Rows of one strip or tile that may have to be cut."""


@dataclass(frozen=True, slots=True)
class Plain:
    """What crosses of a strip or tile, how many bytes of the source that is, and how many became zero."""

    pieces: Pieces
    used: int
    cleared: int


def read_plain(
    source: Readable, start: int, size: int, layout: Geometry, index: int, *, low_first: bool = False
) -> Plain:
    """Take the rows that the picture needs; whatever lies beside its pixels is written as zeros.

    `low_first` says that the first pixels of a byte are its low bits (`FillOrder` 2).
    Raises `Truncated` if there are fewer rows, `LimitExceeded` if too many have to be cut.
    """
    expected, row = layout.expected(index), layout.row()
    if size < expected:
        raise Truncated("strip", "shorter-than-its-rows", start)
    bits, rows = layout.visible(index)
    whole, rest = divmod(bits, 8)
    mask = 0xFF >> (8 - rest) if low_first else 0xFF << (8 - rest) & 0xFF
    pieces: list[Span | Coded] = []
    begun = at = start
    cleared = 0
    if whole != row:
        for at in range(start, start + rows * row, row):
            behind = bytes(source.view(at + whole, row - whole))
            kept = bytes([behind[0] & mask]) if rest else b""
            clean = kept.ljust(len(behind), b"\0")
            if behind == clean:
                continue
            pieces += [Span(begun, at + whole - begun), Coded(clean)]
            begun = at + row
            cleared += sum(a != b for a, b in zip(behind, clean, strict=True))
            if len(pieces) > 2 * CUTS:
                raise LimitExceeded("strip", "bytes-beside-the-picture", at)
    below = start + rows * row
    left = start + expected - below
    if left and any(
        any(source.view(at, min(1 << 16, below + left - at))) for at in range(below, below + left, 1 << 16)
    ):
        pieces += [Span(begun, below - begun), Coded(bytes(left))]
        cleared += left
    else:
        pieces.append(Span(begun, start + expected - begun))
    kept_pieces = tuple(piece for piece in pieces if not isinstance(piece, Span) or piece.size)
    return Plain(kept_pieces, expected, cleared)


def cut_strips(layout: Geometry, segments: list[Pieces]) -> tuple[Geometry, list[Pieces]]:
    """Cut uncompressed strips anew, so that nobody's habits show: about `STRIP` bytes each.

    Not those of subsampled pictures: readers don't agree on the last rows of theirs.
    """
    if layout.tiled or layout.compression != tags.RAW or layout.subsampling != (1, 1):
        return layout, segments
    cut = replace(layout, down=min(max(1, STRIP // layout.row()), layout.length))
    out: list[Pieces] = []
    for plane in range(layout.planes):
        own = segments[plane * layout.per_plane : (plane + 1) * layout.per_plane]
        left = list(reversed([piece for segment in own for piece in segment]))
        for index in range(cut.per_plane):
            wanted = cut.expected(index)
            strip: list[Span | Coded] = []
            while wanted:
                first, rest = _split(left.pop(), wanted)
                strip.append(first)
                wanted -= _length(first)
                if rest is not None:
                    left.append(rest)
            out.append(tuple(strip))
    return cut, out


def _length(piece: Span | Coded) -> int:
    return piece.size if isinstance(piece, Span) else len(piece.data)


def _split(piece: Span | Coded, size: int) -> tuple[Span | Coded, Span | Coded | None]:
    """Cut a piece behind `size` bytes, if it has more."""
    if _length(piece) <= size:
        return piece, None
    if isinstance(piece, Span):
        return Span(piece.start, size), Span(piece.start + size, piece.size - size)
    return Coded(piece.data[:size]), Coded(piece.data[size:])
