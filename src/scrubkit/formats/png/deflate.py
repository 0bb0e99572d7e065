"""Picture data inflated to their end, in blocks that are thrown away: nothing may lie behind the last pixel.

The rows themselves cross as they are coded.  What is proven here is that the
stream makes exactly the rows that the picture needs, ends with them, and has the
check value that the output states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

from ...errors import Malformed, Truncated
from ...inflater import ENGINE
from .usage import Layout, Usage

if TYPE_CHECKING:
    from ...inflater import Engine, Inflater

STEP = 1 << 18
"""Bytes inflated at once."""

TAIL = 16
"""Coded bytes from the last byte's code on: the end of its block, empty ones by which encoders flush."""

FLUSH, ROOM = 6, 4096
"""Bytes that a flush after a row and that code tables may take; fixed codes add an eighth to the rest."""


@dataclass(frozen=True, slots=True)
class Coded:
    """Deflate data and what follows them in their chunks.

    Equal digests stand for equal bytes: a stream is inflated once, and known again
    when the file that was made of it is read back.  `blocks` can be iterated once.
    """

    digest: bytes
    blocks: Iterator[memoryview] = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Inflated:
    """The bytes that a stream took, the Adler-32 of what came out, and the values of its bytes if wanted."""

    size: int
    adler: int
    seen: bytes | None = None


def check_header(header: bytes, where: str, at: int) -> None:
    """Check a zlib header (RFC 1950 §2.2): deflate, a window that can be, no preset dictionary."""
    if len(header) < 2:
        raise Truncated(where, "zlib-header", at)
    if header[0] & 15 != 8 or header[0] >> 4 > 7 or header[1] & 0x20 or int.from_bytes(header) % 31:
        raise Malformed(where, "bad-zlib-header", at)


@lru_cache(maxsize=512)
def inflate(coded: Coded, rows: Layout, where: str, *, indexed: bool, engine: Engine = ENGINE) -> Inflated:
    """Inflate to the end of the stream.

    `rows` are those that the picture needs.  The values of the unfiltered bytes are
    noted for an `indexed` picture, and None if they can't be told.
    Raises `Truncated` if it makes fewer bytes than those need, and `Malformed` if it
    makes more, goes on after the last one, or is no deflate stream.
    """
    inflater = engine.decompressobj(-15)
    usage = Usage(rows if indexed else ())
    needed = sum(count * (1 + size) for count, size in rows)
    made, adler = 0, 1
    fed, last = 0, -1
    for block in chain(coded.blocks, (memoryview(b""),)):
        fed += len(block)
        data: bytes | memoryview = block
        while not inflater.eof:
            # zlib runs on through blocks that make nothing.  So it is stopped before the last byte:
            # what is left of the input then is the code of that byte, and what follows.
            out = _inflate(inflater, data, max(needed - 1 - made, 1), engine.error, where)
            data = inflater.unconsumed_tail
            made += len(out)
            adler = engine.adler32(out, adler)
            if indexed:
                usage.feed(out)
            if made > needed:
                raise Malformed(where, "more-than-the-picture-needs")
            if made >= needed - 1 and last < 0:
                last = fed - len(data)
            if not data and not out:
                break
        if inflater.eof:
            break
    if not inflater.eof or made < needed:
        raise Truncated(where, "picture-not-complete")
    used = fed - len(inflater.unused_data)
    if used > needed * 5 // 4 + sum(count for count, _ in rows) * FLUSH + ROOM:
        raise Malformed(where, "more-than-the-picture-can-hold")
    if used - last > TAIL:
        raise Malformed(where, "data-after-the-last-pixel")
    return Inflated(used, adler, usage.seen if indexed and usage.complete else None)


def _inflate(
    inflater: Inflater, data: bytes | memoryview, most: int, error: type[Exception], where: str
) -> bytes:
    try:
        return inflater.decompress(data, min(STEP, most))
    except error:
        raise Malformed(where, "bad-deflate-data") from None
