"""Chunks of a PNG (PNG 3rd edition §5.3): length, type, data, CRC-32 of type and data; all big-endian."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import Malformed, Truncated
from ...inflater import ENGINE

if TYPE_CHECKING:
    from ...source import Readable

SIGNATURE = b"\x89PNG\r\n\x1a\n"

LARGEST = 0x7FFFFFFF
"""Bytes of data in one chunk (§5.3)."""

STEP = 1 << 18
"""Bytes looked at at once."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk that lies whole in the file; `body` is where its data begin, `size` are bytes of data."""

    kind: bytes
    start: int
    size: int

    @property
    def body(self) -> int:
        """Where the data begin."""
        return self.start + 8

    @property
    def stop(self) -> int:
        """Where the next chunk begins."""
        return self.start + 12 + self.size


def next_chunk(source: Readable, at: int) -> Chunk:
    """Return the chunk at `at`; raises `Truncated` if it isn't whole, `Malformed` if that is no chunk."""
    if source.size - at < 12:
        raise Truncated("chunk", "header", at)
    head = bytes(source.view(at, 8))
    size = int.from_bytes(head[:4])
    if size > LARGEST or not head[4:].isalpha():
        raise Malformed("chunk", "bad-header", at)
    if size > source.size - at - 12:
        raise Truncated("chunk", "longer-than-the-file", at)
    return Chunk(head[4:], at, size)


def blocks(source: Readable, start: int, size: int) -> Iterator[memoryview]:
    """Yield bytes of the source in order, `STEP` at most at once."""
    while size:
        step = min(size, STEP)
        yield source.view(start, step)
        start += step
        size -= step


def intact(source: Readable, chunk: Chunk) -> bool:
    """Whether a chunk's CRC is right."""
    crc = ENGINE.crc32(chunk.kind)
    for block in blocks(source, chunk.body, chunk.size):
        crc = ENGINE.crc32(block, crc)
    return source.view(chunk.stop - 4, 4) == crc.to_bytes(4)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk as bytes."""
    return len(body).to_bytes(4) + kind + body + ENGINE.crc32(body, ENGINE.crc32(kind)).to_bytes(4)
