"""Run-length data of BMP (BI_RLE8, BI_RLE4), walked to the end of the bitmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import LimitExceeded, Malformed, Truncated
from ...pieces import Coded, Span

if TYPE_CHECKING:
    from ...source import Readable

END = b"\0\1"
CUTS = 65_536
"""Padding bytes that aren't zero, and cut the data."""


def walk_runs(
    source: Readable, start: int, stop: int, size: tuple[int, int], bits: int
) -> tuple[tuple[Span | Coded, ...], int, set[int]]:
    """Walk the data between `start` and `stop` of a picture of `size`, width and height.

    Returns what crosses, with an end and zeros for padding; where the data end; and
    the colours used.  Raises `Malformed` for pixels outside the picture,
    `Truncated` if the data end inside a run.
    """
    width, height = size
    at, x, y = start, 0, 0
    begun = start
    pieces: list[Span | Coded] = []
    # Pixels that a run skips have the first colour.
    used = {0}

    def colours(data: bytes, count: int) -> None:
        if bits == 8:
            used.update(data[:count])
        else:
            used.update(value >> 4 for value in data)
            used.update(value & 15 for value in data[: count // 2])

    while True:
        if at == stop and y + (x > 0) >= height:
            # Nothing is missing but the end.
            pieces += [Span(begun, at - begun), Coded(END)]
            break
        if at + 2 > stop:
            raise Truncated("run lengths", "no-end", at)
        count, value = source.view(at, 2)
        at += 2
        if count:
            x += count
            used.update((value,) if bits == 8 else (value >> 4, value & 15))
        elif value == 0:
            x, y = 0, y + 1
        elif value == 1:
            pieces.append(Span(begun, at - begun))
            break
        elif value == 2:
            if at + 2 > stop:
                raise Truncated("run lengths", "no-end", at)
            across, up = source.view(at, 2)
            x, y, at = x + across, y + up, at + 2
        else:
            length = value if bits == 8 else (value + 1) // 2
            if at + length + length % 2 > stop:
                raise Truncated("run lengths", "no-end", at)
            colours(bytes(source.view(at, length)), value)
            at += length
            x += value
            if length % 2:
                if source.view(at, 1)[0]:
                    pieces += [Span(begun, at - begun), Coded(b"\0")]
                    begun = at + 1
                at += 1
            if len(pieces) > 2 * CUTS:
                raise LimitExceeded("run lengths", "padding", at)
        if x > width or y > height or (y == height and x):
            raise Malformed("run lengths", "outside-the-picture", at)
    return tuple(piece for piece in pieces if not isinstance(piece, Span) or piece.size), at, used
