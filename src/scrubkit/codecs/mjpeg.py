"""Motion JPEG: each sample is a JPEG picture, or two fields of one; no configuration record.

What cleans a JPEG picture lies above this layer, so the filter is given it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import Malformed
from ..pieces import Coded, Span
from . import Filtered
from .nal_syntax import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..essence import Picture
    from ..model import Policy, Remaining
    from ..pieces import Piece
    from . import Dropped

    Clean = Callable[[memoryview, int], tuple[tuple[Piece, ...], int]]
    """Takes bytes from SOI on and their place in the source; returns the pieces of one clean JPEG picture
    (`Span` and `Coded` only), and how many of the bytes belong to it, EOI included.  Raises `Refused`."""

ENTRIES = {"jpeg": "Photo JPEG", "mjpa": "Motion JPEG A"}
"""Sample entry types.  Motion JPEG B (`mjpb`) has no markers to walk and is not among them."""

_SOI = b"\xff\xd8"
_MOST_FIELDS = 2


class MjpegFilter:
    """Finds the pictures of each sample of one track and has them cleaned."""

    __slots__ = ("_clean", "_entry", "_tally")

    def __init__(self, entry: Picture, clean: Clean) -> None:
        self._entry = entry
        self._clean = clean
        self._tally = Tally()

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one picture, or two fields if the entry says so; bytes around them stay behind.

        Raises `Refused` errors.
        """
        if not data:
            return Filtered((), 0, sync=False)
        pieces: list[Piece] = []
        at = fields = 0
        most = _MOST_FIELDS if self._entry.fields and self._entry.fields[0] == _MOST_FIELDS else 1
        while fields < most and (found := bytes(data[at:]).find(_SOI)) >= 0:
            if found:
                self._tally.add("mjpeg/between-fields", found)
            at += found
            made, size = self._clean(data[at:], start + at)
            if not 0 < size <= len(data) - at:
                raise Malformed("mjpeg", "picture-size")
            pieces.extend(made)
            at += size
            fields += 1
        if not fields:
            raise Malformed("mjpeg", "no-picture")
        if at < len(data):
            self._tally.add("mjpeg/after-picture", len(data) - at)
        size = sum(piece.size if isinstance(piece, Span) else _length(piece) for piece in pieces)
        return Filtered(tuple(pieces), size, sync=True)

    def entry(self) -> Picture:
        """Return the entry as it was given."""
        return self._entry

    def dropped(self) -> tuple[Dropped, ...]:
        """Return bytes around pictures, by key; what stays behind inside of them `clean` must report."""
        return self._tally.rows()

    def remaining(self) -> tuple[Remaining, ...]:
        """Nothing is left but what `clean` let through."""
        return ()


def _length(piece: Piece) -> int:
    if not isinstance(piece, Coded):
        raise Malformed("mjpeg", "piece")
    return len(piece.data)


def sample_filter(entry: Picture, policy: Policy, clean: Clean) -> MjpegFilter:  # noqa: ARG001 (one signature)
    """Return a filter for one track that has its pictures cleaned by `clean`."""
    return MjpegFilter(entry, clean)
