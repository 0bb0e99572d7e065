"""RIFF chunks (WebP container specification): four characters, size, data, padding to even; little-endian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...errors import Malformed, Truncated

if TYPE_CHECKING:
    from ...source import Readable

LARGEST = 0xFFFFFFFF - 9
"""Bytes of data in one chunk, and of all chunks of a file."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A chunk whose data lie whole in their parent; `stop` is where the next one begins."""

    kind: bytes
    start: int
    size: int
    stop: int

    @property
    def body(self) -> int:
        """Where the data begin."""
        return self.start + 8

    @property
    def name(self) -> str:
        """The type without the spaces that fill it."""
        return self.kind.decode("latin-1").rstrip(" ")


def next_chunk(source: Readable, at: int, end: int) -> Chunk:
    """Return the chunk at `at` of a parent that ends at `end`; raises `Truncated` if it isn't whole there.

    The padding of the last chunk may be missing.
    """
    if end - at < 8:
        raise Truncated("chunk", "header", at)
    head = bytes(source.view(at, 8))
    size = int.from_bytes(head[4:], "little")
    if size > end - at - 8:
        raise Truncated("chunk", "longer-than-its-parent", at)
    if not all(0x20 <= each < 0x7F for each in head[:4]):
        raise Malformed("chunk", "bad-type", at)
    return Chunk(head[:4], at, size, min(at + 8 + size + size % 2, end))


def header(kind: bytes, size: int) -> bytes:
    """Return the header of a chunk with `size` bytes of data."""
    return kind + size.to_bytes(4, "little")


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return a chunk as bytes, padded."""
    return header(kind, len(body)) + body + bytes(len(body) % 2)
