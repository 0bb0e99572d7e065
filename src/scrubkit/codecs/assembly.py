"""A sample put together again: runs of source bytes, and bytes written in place of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..pieces import Coded, Span
from . import Filtered

if TYPE_CHECKING:
    from ..pieces import Piece


class Assembly:
    """Owns the pieces of one sample; runs that touch become one, and so do bytes."""

    __slots__ = ("_pieces", "_run", "_size", "_start", "_stop")

    def __init__(self, start: int) -> None:
        """`start` is the place of the sample in the source."""
        self._pieces: list[Piece] = []
        self._start = start
        self._run = self._stop = 0
        self._size = 0

    def keep(self, first: int, stop: int) -> None:
        """Let bytes of the sample cross as they are; positions are relative to it and half-open."""
        if first >= stop:
            return
        if first != self._stop or self._run == self._stop:
            self._flush()
            self._run = first
        self._stop = stop
        self._size += stop - first

    def put(self, data: bytes) -> None:
        """Write bytes of ours."""
        if not data:
            return
        self._flush()
        self._size += len(data)
        last = self._pieces[-1] if self._pieces else None
        if isinstance(last, Coded):
            self._pieces[-1] = Coded(last.data + data)
        else:
            self._pieces.append(Coded(data))

    def replace(self, data: bytes, made: bytes, first: int) -> None:
        """Let `data`, which stands at `first`, cross as it is if it is `made`; else write `made`."""
        if data == made:
            self.keep(first, first + len(data))
        else:
            self.put(made)

    @property
    def size(self) -> int:
        """Bytes put together so far."""
        return self._size

    def extend(self, other: Assembly) -> None:
        """Take over the pieces of another assembly of the same sample, which is then done."""
        other._flush()
        for piece in other._pieces:
            if isinstance(piece, Span):
                self.keep(piece.start - self._start, piece.start - self._start + piece.size)
            elif isinstance(piece, Coded):
                self.put(piece.data)

    def _flush(self) -> None:
        if self._run < self._stop:
            self._pieces.append(Span(self._start + self._run, self._stop - self._run))
        self._run = self._stop

    def filtered(self, *, sync: bool) -> Filtered:
        """Return what was put together; nothing may be added afterwards."""
        self._flush()
        return Filtered(tuple(self._pieces), self._size, sync)
