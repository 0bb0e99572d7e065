"""Compressed streams inside a file: found by their headers wherever they lie, unpacked within bounds."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .engine import each_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..source import Readable

WORK = 256 << 20
"""Bytes that are read and made while the streams of one file are unpacked, beside an eighth of its size."""

ONE = 64 << 20
"""Bytes that one stream may make."""

_PROBE = 512
_BYTEWISE = 192
_CHUNK = 64 << 10
_LEAST = 8
"""Unpacked bytes from which a stream is worth searching; shorter ones hold no needle."""

_PNG = b"\x89PNG\r\n\x1a\n"


EVERY = 16 << 20
"""File size up to which zlib headers with small windows are tried too."""

_ZLIB, _GZIP, _ZIP = range(3)


class Work:
    """What is left of the bounds while one file is unpacked; owns the search for headers.

    `skipped` streams were left alone because of the bounds.
    """

    def __init__(self, size: int) -> None:
        """`size` is that of the file."""
        self.left = WORK + size // 8
        self.skipped = 0
        self.streams = 0
        self.end = -1
        """Last byte of the stream that was unpacked to its end; headers before it are part of it."""
        self.headers = _headers(every=size <= EVERY)

    def take(self, size: int) -> None:
        """Spend."""
        self.left -= size


def _headers(*, every: bool) -> Callable[[memoryview], list[tuple[int, int]]]:
    """Return a search for headers: zlib (RFC 1950, 2.2), gzip (RFC 1952, 2.3), ZIP (4.3.7).

    Of zlib only those of the largest window, or all.
    """
    pairs = []
    for method in range(0x08, 0x80, 0x10) if every else (0x78,):
        flags = [flag for flag in range(256) if (method << 8 | flag) % 31 == 0 and not flag & 0x20]
        pairs.append(b"\\x%02x[%s]" % (method, b"".join(b"\\x%02x" % flag for flag in flags)))
    return each_match([b"|".join(pairs), rb"\x1f\x8b\x08", rb"PK\x03\x04.{26}"])


def streams(source: Readable, view: memoryview, start: int, work: Work) -> Iterator[tuple[int, bytes]]:
    """Yield position and unpacked bytes of the streams that begin in a block; long ones in parts.

    `view` is the block, which begins at `start` of the file.  Streams inside of
    streams are not unpacked again.
    """
    for header, end in work.headers(view):
        at, window = _body(view, header, end)
        if window is None or start + at <= work.end:
            continue
        if work.left <= 0:
            work.skipped += 1
            continue
        yield from _unpacked(source, start + at, window, work)


def _body(view: memoryview, header: int, end: int) -> tuple[int, int | None]:
    """Where in the block a stream begins, and the window bits for zlib; None if it can't be one."""
    if header == _ZLIB:
        head = view[end : end + 5]
        return end - 2, 15 if len(head) < 5 or _plausible(head) else None
    if header == _GZIP:
        return end - 3, 31
    record = bytes(view[end - 30 : end])
    if int.from_bytes(record[8:10], "little") != 8:
        return 0, None
    lengths = int.from_bytes(record[26:28], "little") + int.from_bytes(record[28:30], "little")
    return end + lengths, -15


def _plausible(head: memoryview) -> bool:
    """Whether bytes may begin a deflate block (RFC 1951, 3.2.3 to 3.2.7)."""
    kind = head[0] >> 1 & 3
    if kind == 0:
        return head[1] ^ head[3] == 0xFF and head[2] ^ head[4] == 0xFF
    if kind == 2:
        literals = head[0] >> 3
        distances = head[1] & 31
        return literals <= 29 and distances <= 29
    return kind == 1


def _unpacked(source: Readable, at: int, window: int, work: Work) -> Iterator[tuple[int, bytes]]:
    unpacker = zlib.decompressobj(window)
    start, made, first = at, 0, True
    tail = b""
    while at < source.size and made < ONE and work.left > 0 and not unpacker.eof:
        packed = source.read(at, min(_PROBE if first else _CHUNK, source.size - at))
        at += len(packed)
        broken = False
        while packed and not unpacker.eof and not broken:
            try:
                data = unpacker.decompress(packed, 1 << 20)
            except zlib.error:
                broken, data = True, _before_error(window, source, start, at) if not made else b""
            packed = unpacker.unconsumed_tail
            made += len(data)
            work.take(len(data))
            if len(data) + len(tail) >= _LEAST and data:
                yield start, tail + data
            tail = (tail + data)[-128:]
        work.take(_PROBE if first else _CHUNK)
        first = False
        if broken:
            break
    if made >= _LEAST:
        work.streams += 1
    if unpacker.eof:
        work.end = at - len(unpacker.unused_data) - 1


def _before_error(window: int, source: Readable, start: int, stop: int) -> bytes:
    """What a stream gives before it breaks, byte by byte: the call that fails gives nothing."""
    unpacker = zlib.decompressobj(window)
    out = bytearray()
    try:
        for byte in source.read(start, min(stop - start, _BYTEWISE)):
            out += unpacker.decompress(bytes((byte,)), 1 << 16)
    except zlib.error:
        pass
    return bytes(out)


def picture_data(source: Readable, work: Work) -> Iterator[tuple[int, bytes]]:
    """Yield what the IDAT chunks of a PNG hold together, unpacked (PNG, 10.1): chunks cut the stream."""
    if source.size < 16 or source.read(0, 8) != _PNG:
        return
    unpacker, tail, at = zlib.decompressobj(), b"", 8
    chunks = 0
    while at + 12 <= source.size and work.left > 0 and not unpacker.eof and chunks < 100_000:
        head = source.read(at, 8)
        length, kind = int.from_bytes(head[:4]), head[4:]
        if at + 12 + length > source.size:
            return
        for part in range(at + 8, at + 8 + length, _CHUNK) if kind == b"IDAT" else ():
            packed = source.read(part, min(_CHUNK, at + 8 + length - part))
            while packed and not unpacker.eof and work.left > 0:
                try:
                    data = unpacker.decompress(packed, 1 << 20)
                except zlib.error:
                    return
                packed = unpacker.unconsumed_tail
                work.take(len(data))
                yield at, tail + data
                tail = (tail + data)[-128:]
        at += 12 + length
        chunks += 1
