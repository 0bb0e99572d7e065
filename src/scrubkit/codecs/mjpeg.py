"""Motion JPEG: each sample is a JPEG picture, or two fields of one; no configuration record.

What cleans a JPEG picture lies above this layer, so the filter is given it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Malformed
from ..pieces import Coded, Span
from . import Filtered
from .fitting import fitted
from .tally import Tallied

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..essence import Picture
    from ..model import Policy, Remaining
    from ..pieces import Piece

    Clean = Callable[[memoryview, int], "Cleaned"]
    """Takes bytes from SOI on and their place in the source.  Raises `Refused`."""

ENTRIES = {"jpeg": "Photo JPEG", "mjpa": "Motion JPEG A"}
"""Sample entry types.  Motion JPEG B (`mjpb`) has no markers to walk and is not among them."""

_SOI = b"\xff\xd8"
_MOST_FIELDS = 2


@dataclass(frozen=True, slots=True)
class Cleaned:
    """One clean JPEG picture.

    `pieces` are `Span` and `Coded` only; `size` is how many of the bytes belong to
    the picture, EOI included; `width` and `height` are its pixels; `behind` are name
    and bytes of what of it does not cross.
    """

    pieces: tuple[Piece, ...]
    size: int
    width: int
    height: int
    behind: tuple[tuple[str, int], ...] = ()


class MjpegFilter(Tallied):
    """Finds the pictures of each sample of one track and has them cleaned."""

    __slots__ = ("_clean", "_entry", "_size")

    def __init__(self, entry: Picture, clean: Clean) -> None:
        self._entry = entry
        self._clean = clean
        super().__init__()
        self._size: tuple[int, int] | None = None

    def sample(self, data: memoryview, start: int, listed: bool) -> Filtered:  # noqa: ARG002 (protocol)
        """Filter one picture, or two fields if the entry says so; bytes around them stay behind.

        Raises `Refused` errors.
        """
        if not data:
            return Filtered((), 0, sync=False)
        pieces: list[Piece] = []
        at = fields = 0
        size = 0, 0
        most = _MOST_FIELDS if self._entry.fields and self._entry.fields[0] == _MOST_FIELDS else 1
        while fields < most and (found := bytes(data[at:]).find(_SOI)) >= 0:
            if found:
                self._tally.add("mjpeg/between-fields", found)
            at += found
            made = self._clean(data[at:], start + at)
            if not 0 < made.size <= len(data) - at:
                raise Malformed("mjpeg", "picture-size")
            self._count(made)
            pieces.extend(made.pieces)
            at += made.size
            fields += 1
            size = made.width, made.height
        if not fields:
            raise Malformed("mjpeg", "no-picture")
        if self._size is None:
            # two fields make a frame
            self._size = size[0], size[1] * fields
        if at < len(data):
            self._tally.add("mjpeg/after-picture", len(data) - at)
        total = sum(piece.size if isinstance(piece, Span) else _length(piece) for piece in pieces)
        return Filtered(tuple(pieces), total, sync=True)

    def _count(self, made: Cleaned) -> None:
        for name, size in made.behind:
            self._tally.add(f"mjpeg/{name}", size)
        entropy = sum(piece.size for piece in made.pieces if isinstance(piece, Span))
        self._tally.keep("mjpeg/entropy", entropy)
        left = made.size - entropy - sum(size for _, size in made.behind)
        self._tally.keep("mjpeg/headers", max(left, 0))

    def entry(self) -> Picture:
        """Return the entry with the size of the first picture."""
        return self._entry if self._size is None else fitted(self._entry, *self._size)

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
