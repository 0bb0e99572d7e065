"""Compressed strips and tiles, walked to their end: exactly the bytes that the picture needs, and no more."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from ...errors import Malformed, Truncated
from ...pieces import Coded, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...source import Readable

    Pieces = tuple[Span | Coded, ...]
    Walk = Callable[[Readable, int, int, int], tuple[Pieces, int]]
    """Takes a source, start and size of a stream, and the bytes that it must make.  Returns what crosses
    and how many bytes of the source that is.  Raises `Refused` errors."""

BLOCK = 1 << 16

ROOM = 1 << 10
"""Bytes that deflate may take beyond a quarter more than what comes out: code tables, and blocks that are
flushed.  Blocks without data hold bits that nobody looks at, and any number of them may follow each other."""


def walk_opaque(source: Readable, start: int, size: int, expected: int) -> tuple[Pieces, int]:  # noqa: ARG001
    """Take a stream whose end nothing here finds."""
    return (Span(start, size),), size


def walk_deflate(source: Readable, start: int, size: int, expected: int) -> tuple[Pieces, int]:
    """Inflate a zlib stream (RFC 1950) to its end and checksum."""
    stream = zlib.decompressobj()
    made = fed = 0
    waiting: bytes | memoryview = b""
    while not stream.eof:
        if not waiting and fed < size:
            waiting = source.view(start + fed, min(BLOCK, size - fed))
            fed += len(waiting)
        try:
            out = stream.decompress(waiting, BLOCK)
        except zlib.error:
            raise Malformed("deflate", "broken-stream", start) from None
        if not (waiting or out or stream.eof):
            raise Truncated("deflate", "no-end", start)
        made += len(out)
        waiting = stream.unconsumed_tail
        if made > expected:
            raise Malformed("deflate", "more-than-the-strip-holds", start)
    if made < expected:
        raise Truncated("deflate", "pixels-missing", start)
    used = fed - len(stream.unused_data)
    if used > expected + expected // 4 + ROOM:
        raise Malformed("deflate", "more-than-the-strip-can-hold", start)
    return (Span(start, used),), used


def walk_packbits(source: Readable, start: int, size: int, expected: int) -> tuple[Pieces, int]:
    """Walk the runs of PackBits (TIFF 6.0 §9)."""
    made = at = 0
    block: memoryview = memoryview(b"")
    base = 0
    while made < expected:
        if at >= size:
            raise Truncated("PackBits", "pixels-missing", start)
        if not base <= at < base + len(block):
            base, block = at, source.view(start + at, min(BLOCK, size - at))
        count = block[at - base]
        if count < 128:
            made += count + 1
            at += count + 2
        elif count > 128:
            made += 257 - count
            at += 2
        else:
            at += 1
    if made > expected:
        raise Malformed("PackBits", "more-than-the-strip-holds", start)
    if at > size:
        raise Truncated("PackBits", "pixels-missing", start)
    return (Span(start, at),), at
