"""ISO base media boxes (ISO/IEC 14496-12 §4.2), right and wrong, and a small reader for tests."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass


def u8(*values: int) -> bytes:
    return struct.pack(f">{len(values)}B", *values)


def u16(*values: int) -> bytes:
    return struct.pack(f">{len(values)}H", *values)


def u32(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def i32(*values: int) -> bytes:
    return struct.pack(f">{len(values)}i", *values)


def u64(*values: int) -> bytes:
    return struct.pack(f">{len(values)}Q", *values)


def box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return u32(8 + len(body)) + kind + body


def box64(kind: bytes, *parts: bytes) -> bytes:
    """A box with a 64-bit size."""
    body = b"".join(parts)
    return u32(1) + kind + u64(16 + len(body)) + body


def box_to_end(kind: bytes, *parts: bytes) -> bytes:
    """A box of size 0, which reaches to the end of the file."""
    return u32(0) + kind + b"".join(parts)


def lying(kind: bytes, size: int, *parts: bytes) -> bytes:
    """A box whose size field says `size`, whatever the body; 64-bit from 2^32."""
    if size >= 1 << 32:
        return u32(1) + kind + u64(size) + b"".join(parts)
    return u32(size) + kind + b"".join(parts)


def full(kind: bytes, version: int, flags: int, *parts: bytes) -> bytes:
    return box(kind, u32(version << 24 | flags), *parts)


def nested(kind: bytes, depth: int) -> bytes:
    """`depth` boxes of one kind, each the only child of the one before; all sizes are right."""
    return b"".join(u32(8 * (depth - level)) + kind for level in range(depth))


CONTAINERS = frozenset(
    b"moov trak mdia minf stbl dinf edts udta mvex moof traf mfra tref gmhd wave tapt sinf schi".split()
)
"""Kinds whose body is boxes and nothing else."""

ENTRY_HEADERS = {
    b"vide": 78,
    b"soun": 28,
}
"""Bytes of a sample entry before its child boxes, by handler."""


@dataclass(frozen=True)
class Node:
    """A box of a parsed file: where its header starts, where its body starts, and where it ends."""

    path: str
    kind: bytes
    start: int
    body: int
    end: int
    children: tuple[Node, ...] = ()

    def walk(self) -> Iterator[Node]:
        yield self
        for child in self.children:
            yield from child.walk()


def _entries(data: bytes, path: str, body: int, end: int, handler: bytes) -> tuple[Node, ...]:
    nodes = []
    at = body + 8
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        name = f"{path}/{kind.decode('latin-1')}"
        head = ENTRY_HEADERS.get(handler, 8)
        if handler == b"soun":
            head += {1: 16, 2: 36}.get(int.from_bytes(data[at + 16 : at + 18], "big"), 0)
        children = parse(data, at + 8 + head, at + size, name, handler) if handler in ENTRY_HEADERS else ()
        nodes.append(Node(name, kind, at, at + 8, at + size, children))
        at += size
    return tuple(nodes)


def parse(
    data: bytes, start: int = 0, end: int | None = None, path: str = "", handler: bytes = b""
) -> tuple[Node, ...]:
    """The boxes of a well-formed stretch; made for files of our own builders only."""
    end = len(data) if end is None else end
    nodes = []
    at = start
    while at + 8 <= end:
        size = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        body = at + 8
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
            body += 8
        stop = end if size == 0 else at + size
        if stop > end or stop < body:
            break
        name = f"{path}/{kind.decode('latin-1')}" if path else kind.decode("latin-1")
        children: tuple[Node, ...] = ()
        if kind == b"stsd":
            children = _entries(data, name, body, stop, handler)
        elif kind == b"mdia":
            handler = _handler(data, body, stop)
            children = parse(data, body, stop, name, handler)
        elif kind in CONTAINERS:
            children = parse(data, body, stop, name, handler)
        nodes.append(Node(name, kind, at, body, stop, children))
        at = stop
    return tuple(nodes)


def _handler(data: bytes, start: int, end: int) -> bytes:
    at = data.find(b"hdlr", start, end)
    return data[at + 12 : at + 16] if at >= 0 else b""


def every(data: bytes) -> list[Node]:
    """All boxes of a file, parents first."""
    return [node for top in parse(data) for node in top.walk()]


def find(data: bytes, path: str) -> Node:
    """The first box with this path."""
    return next(node for node in every(data) if node.path == path)


def splice(data: bytes, node: Node, at: int, old: int, new: bytes) -> bytes:
    """Replace `old` bytes at `at`, inside `node`, with `new`; `node` and all that hold it change size.

    Chunk offsets are not corrected, so the place must lie behind the media data.
    """
    grown = len(new) - old
    out = bytearray(data)
    for holder in every(data):
        if holder.start <= node.start and node.end <= holder.end:
            field = int.from_bytes(data[holder.start : holder.start + 4], "big")
            if field == 1:
                out[holder.start + 8 : holder.start + 16] = u64(holder.end - holder.start + grown)
            elif field:
                out[holder.start : holder.start + 4] = u32(field + grown)
    out[at : at + old] = new
    return bytes(out)
