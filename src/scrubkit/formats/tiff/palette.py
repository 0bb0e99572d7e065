"""Which colours of a palette some pixel has; the others are no part of the picture."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from ...pieces import Span
from . import tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ...source import Readable
    from .geometry import Geometry
    from .streams import Pieces

BLOCK = 1 << 16


def _blocks(source: Readable, pieces: Pieces) -> Iterator[bytes]:
    for piece in pieces:
        if isinstance(piece, Span):
            stop = piece.start + piece.size
            for at in range(piece.start, stop, BLOCK):
                yield bytes(source.view(at, min(BLOCK, stop - at)))
        else:
            yield piece.data


def _inflated(source: Readable, pieces: Pieces) -> Iterator[bytes]:
    """Inflate a stream that was walked before."""
    stream = zlib.decompressobj()
    for block in _blocks(source, pieces):
        waiting = block
        while waiting:
            yield stream.decompress(waiting, BLOCK)
            waiting = stream.unconsumed_tail
    while not stream.eof and (more := stream.decompress(b"", BLOCK)):
        yield more


def _unpacked(source: Readable, pieces: Pieces) -> Iterator[bytes]:
    """Yield the bytes that runs and literals of a stream walked before are made of."""
    literal, run = 0, False
    for block in _blocks(source, pieces):
        at = 0
        while at < len(block):
            if run:
                yield block[at : at + 1]
                at, run = at + 1, False
            elif literal:
                part = block[at : at + literal]
                yield part
                at += len(part)
                literal -= len(part)
            else:
                count = block[at]
                at += 1
                literal, run = (count + 1, False) if count < 128 else (0, count > 128)


def colours_used(
    source: Readable, layout: Geometry, segments: list[Pieces], predictor: int
) -> set[int] | None:
    """Return the indices that pixels have, perhaps some more; None if that would take making the pixels."""
    read = {tags.RAW: _blocks, tags.DEFLATE: _inflated, tags.PACKBITS: _unpacked}.get(layout.compression)
    if read is None or layout.bits > 8 or layout.samples != 1 or predictor != 1:
        return None
    values: set[int] = set()
    for pieces in segments:
        for block in read(source, pieces):
            values.update(block)
    mask = (1 << layout.bits) - 1
    return {value >> shift & mask for value in values for shift in range(0, 8, layout.bits)}


def without_unused(colours: tuple[int, ...], used: set[int]) -> tuple[int, ...]:
    """Return a colour map, all reds before all greens, with zeros for colours that no pixel has."""
    count = len(colours) // 3
    return tuple(value if place % count in used else 0 for place, value in enumerate(colours))
