"""Compressed streams inside a file: found by their headers wherever they lie, unpacked within bounds."""

from __future__ import annotations

from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING

from ..inflater import ENGINE
from .engine import each_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..source import Readable

WORK = 256 << 20
"""Bytes that are read and made while the streams of one file are unpacked, beside an eighth of its size."""

ONE = 64 << 20
"""Bytes that one stream may make."""

_PROBE = 512
_CHUNK = 64 << 10
_LEAST = 8
"""Unpacked bytes from which a stream is worth searching; shorter ones hold no needle."""

_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS = 100_000


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
        self.picture: tuple[int, int] | None = None
        """First and last byte of picture data that were unpacked already, if they are one stream."""
        self.headers = _headers(get_ident(), every=size <= EVERY)

    def take(self, size: int) -> None:
        """Spend."""
        self.left -= size


@lru_cache(maxsize=8)
def _headers(_thread: int, *, every: bool) -> Callable[[memoryview], list[tuple[int, int]]]:
    """Return a search for headers: zlib (RFC 1950, 2.2), gzip (RFC 1952, 2.3), ZIP (4.3.7).

    Of zlib only those of the largest window, or all.  Each thread has its own: what the
    engine compiled is used by one at a time.
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
        if work.picture is not None and start + at == work.picture[0]:
            work.end = work.picture[1]
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
    unpacker = ENGINE.decompressobj(window)
    start, made, first = at, 0, True
    tail = b""
    while at < source.size and made < ONE and work.left > 0 and not unpacker.eof:
        packed: bytes | memoryview = source.view(at, min(_PROBE if first else _CHUNK, source.size - at))
        at += len(packed)
        broken = False
        while packed and not unpacker.eof and not broken:
            try:
                data = unpacker.decompress(packed, 1 << 20)
            except ENGINE.error:
                broken, data = True, b"" if made else _before_error(window, packed)
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


def _before_error(window: int, packed: bytes | memoryview) -> bytes:
    """What a stream gives before it breaks, a little at a time: the call that fails gives nothing."""
    unpacker = ENGINE.decompressobj(window)
    out = bytearray()
    try:
        while packed and not unpacker.eof:
            out += unpacker.decompress(packed, 1 + len(out) // 64)
            packed = unpacker.unconsumed_tail
    except ENGINE.error:
        pass
    return bytes(out)


def picture_data(source: Readable, work: Work) -> Iterator[tuple[int, bytes]]:
    """Yield what the IDAT chunks of a PNG hold together, unpacked (PNG, 10.1): chunks cut the stream.

    To be called before `streams`, which then leaves out a picture that is one chunk.
    """
    unpacker, tail = ENGINE.decompressobj(), b""
    begin, least = -1, work.left // 4
    for start, stop in _picture_chunks(source):
        begin = start if begin < 0 else begin
        for at in range(start, stop, _CHUNK):
            packed: bytes | memoryview = source.view(at, min(_CHUNK, stop - at))
            while packed and not unpacker.eof:
                if work.left <= least:
                    work.skipped += 1
                    return
                try:
                    data = unpacker.decompress(packed, 1 << 20)
                except ENGINE.error:
                    return
                packed = unpacker.unconsumed_tail
                work.take(len(data))
                yield start - 8, tail + data
                tail = (tail + data)[-128:]
            if unpacker.eof:
                if begin == start:
                    work.picture = begin, min(at + _CHUNK, stop) - len(unpacker.unused_data) - 1
                return


def _picture_chunks(source: Readable) -> Iterator[tuple[int, int]]:
    """Yield where the data of each IDAT chunk begin and end."""
    if source.size < 16 or source.read(0, 8) != _PNG:
        return
    at = 8
    for _ in range(_CHUNKS):
        if at + 12 > source.size:
            return
        head = source.read(at, 8)
        stop = at + 8 + int.from_bytes(head[:4])
        if stop + 4 > source.size:
            return
        if head[4:] == b"IDAT":
            yield at + 8, stop
        at = stop + 4
