"""Boxes: size, type, body (ISO/IEC 14496-12 §4.2).

    size:u32 type:4s [largesize:u64 if size == 1] [usertype:16s if type == 'uuid'] body

Size 0 means "to the end of what holds it".  All integers are big-endian.  The
boxes at the top level are found in the file; those inside a movie header lie in
memory, as one `memoryview`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ...errors import LimitExceeded, Malformed

if TYPE_CHECKING:
    from ...source import Source

SLACK = ""
"""The type of bytes that are no box: too few, or with an impossible size."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A top-level box: half-open byte range in the file, and where its body begins."""

    type: str
    start: int
    body: int
    stop: int
    uuid: str = ""
    clipped: bool = False
    """Whether the announced size goes beyond the file."""


@dataclass(frozen=True, slots=True)
class Box:
    """A box in memory.

    `start` and `stop` are offsets in the memory of the outermost parse; add the
    offset of that memory in the file to get file positions.
    """

    type: str
    start: int
    stop: int
    body: memoryview
    uuid: str = ""

    @property
    def body_start(self) -> int:
        """Where the body begins, in the same coordinates as `start`."""
        return self.stop - len(self.body)


def top_level(source: Source, limit: int) -> Iterator[Extent]:
    """Yield boxes that tile the file; what can't be a box is one last `SLACK` extent.

    Raises `LimitExceeded` after `limit` boxes.
    """
    at = 0
    for _ in range(limit):
        left = source.size - at
        if not left:
            return
        if left < 8:
            yield Extent(SLACK, at, at, source.size)
            return
        size, name = struct.unpack(">I4s", source.view(at, 8))
        header, uuid, clipped = 8, "", False
        if size == 1 and left >= 16:
            header = 16
            (size,) = struct.unpack(">Q", source.view(at + 8, 8))
        elif size == 0:
            size = left
        if name == b"uuid" and left >= header + 16:
            uuid = str(UUID(bytes=bytes(source.view(at + header, 16))))
            header += 16
        if size < header:
            yield Extent(SLACK, at, at, source.size)
            return
        if size > left:
            size, clipped = left, True
        yield Extent(name.decode("latin-1"), at, at + header, at + size, uuid, clipped)
        at += size
    raise LimitExceeded("file", "boxes", at)


def children(body: memoryview, start: int, where: str) -> Iterator[Box]:
    """Yield boxes that tile `body`, which begins at `start`; a tail of zeros or under 8 bytes is `SLACK`.

    Raises `Malformed` for a size that its parent can't hold; `where` names the parent.
    """
    at, end = 0, len(body)
    while at < end:
        left = end - at
        if left < 8:
            yield Box(SLACK, start + at, start + end, body[at:])
            return
        size, name = struct.unpack_from(">I4s", body, at)
        header, uuid = 8, ""
        if size == 1 and left >= 16:
            header = 16
            (size,) = struct.unpack_from(">Q", body, at + 8)
        elif size == 0:
            if name == b"\0\0\0\0":
                yield Box(SLACK, start + at, start + end, body[at:])
                return
            size = left
        if name == b"uuid" and left >= header + 16:
            uuid = str(UUID(bytes=bytes(body[at + header : at + header + 16])))
            header += 16
        if size < header or size > left:
            raise Malformed(where, "box-size", start + at)
        yield Box(name.decode("latin-1"), start + at, start + at + size, body[at + header : at + size], uuid)
        at += size


def full(box: Box, where: str) -> tuple[int, int, memoryview]:
    """Split a FullBox (§4.2.2) into version, flags and the rest; raises `Malformed` if it is too short."""
    if len(box.body) < 4:
        raise Malformed(where, "too-short", box.start)
    (word,) = struct.unpack_from(">I", box.body)
    return word >> 24, word & 0xFFFFFF, box.body[4:]


def unpack(layout: str, body: memoryview, where: str, at: int = 0) -> tuple[int, ...]:
    """`struct.unpack_from`, big-endian, with `Malformed` where the body is too short."""
    layout = ">" + layout
    if at < 0 or at + struct.calcsize(layout) > len(body):
        raise Malformed(where, "too-short")
    return struct.unpack_from(layout, body, at)
