"""Which palette entries the samples of a picture name: the others could say anything.

Rows are unfiltered (PNG 3rd edition §9.2) as they are inflated, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import accumulate

SLOW = 4 << 20
"""Bytes of filtered rows that are unfiltered; a picture with more of them is not looked at to the end."""

Layout = tuple[tuple[int, int], ...]
"""For each pass the number of rows, and the bytes of a row without its filter type."""


@dataclass(slots=True)
class Usage:
    """Owns the rows of an indexed picture while they come in; `seen` are the byte values of its samples."""

    layout: Layout
    seen: bytes = b""
    complete: bool = True
    """Whether all rows could be looked at so far."""
    _held: bytearray = field(default_factory=bytearray)
    _before: bytes = b""
    _slow: int = 0
    _place: int = 0
    _row: int = 0

    def feed(self, data: bytes) -> None:
        """Take in inflated bytes."""
        if not self.complete:
            return
        self._held += data
        at = 0
        while self.complete and self._place < len(self.layout):
            rows, size = self.layout[self._place]
            if self._row == rows:
                self._place, self._row, self._before = self._place + 1, 0, b""
                continue
            if len(self._held) - at <= size:
                break
            self._take(self._held[at], bytes(self._held[at + 1 : at + 1 + size]))
            at += 1 + size
            self._row += 1
        del self._held[:at]

    def _take(self, kind: int, row: bytes) -> None:
        if kind:
            self._slow += len(row)
            if kind > 4 or self._slow > SLOW:
                self.complete = False
                return
            row = _unfiltered(kind, row, self._before or bytes(len(row)))
        self._before = row
        fresh = row.translate(None, self.seen)
        if fresh:
            self.seen += bytes(set(fresh))


def _unfiltered(kind: int, row: bytes, above: bytes) -> bytes:
    """Undo Sub, Up, Average or Paeth for samples of one byte or less."""
    if kind == 1:
        return bytes(value & 255 for value in accumulate(row))
    if kind == 2:
        return bytes((value + up) & 255 for value, up in zip(row, above, strict=True))
    out = bytearray(len(row))
    left = corner = 0
    for i, (value, up) in enumerate(zip(row, above, strict=True)):
        guess = (left + up) >> 1 if kind == 3 else _paeth(left, up, corner)
        left = out[i] = (value + guess) & 255
        corner = up
    return bytes(out)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    a, b, c = abs(guess - left), abs(guess - up), abs(guess - corner)
    if a <= b and a <= c:
        return left
    return up if b <= c else corner


def indexes(seen: bytes, depth: int) -> frozenset[int]:
    """Return the samples of `depth` bits in bytes of those values."""
    mask = (1 << depth) - 1
    return frozenset(value >> shift & mask for value in seen for shift in range(0, 8, depth))
