"""Where the bytes of an item lie in the file (`iloc`, ISO/IEC 14496-12 §8.11.3), and its pieces there.

Construction method 0 counts from the beginning of the file, 1 from that of `idat`,
2 from that of another item's data.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from ...errors import External, LimitExceeded, Malformed, Unsupported
from ...pieces import Coded, Span

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ...pieces import Piece
    from ...source import Readable
    from .structure import Meta

Ranges = tuple[tuple[int, int], ...]
"""Half-open byte ranges of the file, in the order of the item's data."""

_DEEPEST = 4
"""Items that may be cut out of items."""

_MOST_RANGES = 1 << 18
"""Ranges that all items of a file may lead to."""


class Places:
    """Finds where items lie; owns what was found, and how much more may be."""

    def __init__(self, meta: Meta, size: int) -> None:
        """`size` is that of the file."""
        self._meta = meta
        self._size = size
        self._known: dict[int, Ranges] = {}
        self._left = _MOST_RANGES

    def of(self, identifier: int, depth: int = 0) -> Ranges:
        """Return where an item lies; adjacent extents are joined.

        Raises `Malformed` where that is outside the file, `External` where it is in
        another one, `LimitExceeded` for items in items without end.
        """
        if identifier not in self._known:
            self._known[identifier] = tuple(self._found(identifier, depth))
        return self._known[identifier]

    def _found(self, identifier: int, depth: int) -> list[tuple[int, int]]:
        location = self._meta.locations.get(identifier)
        if location is None:
            raise Malformed("iloc", "no-such-item")
        if location.reference not in self._meta.inner:
            raise External("iloc", "data-reference")
        if location.method > 2:
            raise Unsupported("iloc", "construction-method")
        if depth > _DEEPEST:
            raise LimitExceeded("iloc", "depth")
        found: list[tuple[int, int]] = []
        for offset, length, index in location.extents:
            if not length:
                raise Unsupported("iloc", "extent-without-length")
            if location.method < 2:
                parts = self._direct(location.method, offset, length)
            else:
                parts = self._cut(identifier, offset, length, index, depth)
            for start, stop in parts:
                self._left -= 1
                if self._left < 0:
                    raise LimitExceeded("iloc", "extents")
                if found and found[-1][1] == start:
                    found[-1] = found[-1][0], stop
                else:
                    found.append((start, stop))
        return found

    def _direct(self, method: int, offset: int, length: int) -> Ranges:
        if method == 0:
            if offset + length > self._size:
                raise Malformed("iloc", "outside-the-file")
            return ((offset, offset + length),)
        data = self._meta.data
        if data is None or offset + length > len(data.body):
            raise Malformed("iloc", "outside-idat")
        return ((data.body_start + offset, data.body_start + offset + length),)

    def _cut(self, identifier: int, offset: int, length: int, index: int, depth: int) -> Ranges:
        """Return `length` bytes of another item's data, from `offset` on."""
        targets = self._meta.targets("iloc", identifier)
        if not 1 <= max(index, 1) <= len(targets):
            raise Malformed("iloc", "no-such-reference")
        out = []
        for start, stop in self.of(targets[max(index, 1) - 1], depth + 1):
            self._left -= 1
            size = stop - start
            if offset >= size:
                offset -= size
                continue
            taken = min(size - offset, length)
            out.append((start + offset, start + offset + taken))
            length -= taken
            offset = 0
            if not length:
                return tuple(out)
        raise Malformed("iloc", "outside-the-item")


def size_of(ranges: Ranges) -> int:
    """Return the bytes of an item's data."""
    return sum(stop - start for start, stop in ranges)


def data_of(source: Readable, ranges: Ranges, most: int) -> memoryview:
    """Return an item's data in one piece; `LimitExceeded` if there are more than `most` bytes."""
    if size_of(ranges) > most:
        raise LimitExceeded("item", "size", ranges[0][0])
    if len(ranges) == 1:
        start, stop = ranges[0]
        return source.view(start, stop - start)
    return memoryview(b"".join(bytes(source.view(start, stop - start)) for start, stop in ranges))


@dataclass(frozen=True, slots=True)
class Mapped:
    """Pieces of an item in file coordinates, and their total size."""

    pieces: tuple[Span | Coded, ...]
    size: int


def in_file(pieces: Iterable[Piece], ranges: Ranges) -> Mapped:
    """Turn spans of an item's data into spans of the file."""
    begins = list(accumulate((stop - start for start, stop in ranges), initial=0))
    out: list[Span | Coded] = []
    total = 0
    for piece in pieces:
        if isinstance(piece, Coded):
            out.append(piece)
            total += len(piece.data)
            continue
        assert isinstance(piece, Span)
        at, left = piece.start, piece.size
        total += left
        while left:
            i = bisect_right(begins, at) - 1
            start = ranges[i][0] + at - begins[i]
            taken = min(left, ranges[i][1] - start)
            out.append(Span(start, taken))
            at += taken
            left -= taken
    return Mapped(tuple(out), total)
