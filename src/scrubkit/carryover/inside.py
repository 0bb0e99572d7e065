"""Compressed streams inside a file: found by their headers wherever they lie, unpacked within bounds."""

from __future__ import annotations

from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING

from ..inflater import ENGINE
from .engine import each_match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..inflater import Inflater
    from ..source import Readable

WORK = 256 << 20
"""Bytes that are read and made while the streams of one file are unpacked, beside an eighth of its size."""

ONE = 64 << 20
"""Bytes that one stream may make."""

_PROBE = 512
_CHUNK = 64 << 10
_PART = 1 << 20
"""Bytes that are unpacked at once."""
_AGAIN = 128
"""Unpacked bytes that are searched again with the next: more than the longest needle."""
_HEADER = 32
"""Bytes that hold any header."""
_LEAST = 8
"""Unpacked bytes from which a stream is worth searching; shorter ones hold no needle."""

_PNG = b"\x89PNG\r\n\x1a\n"
_CHUNKS = 100_000


EVERY = 16 << 20
"""File size up to which zlib headers with small windows are tried too."""

_ZLIB, _GZIP, _ZIP = range(3)
_STORED, _FIXED, _DYNAMIC = 0, 2, 4
"""Types of a block, as two bits of its first byte."""


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
    stops = [len(view)]
    if work.picture is not None and 0 <= work.picture[0] - start < len(view):
        # What comes behind the header of an unpacked picture isn't even looked at.
        stops.insert(0, work.picture[0] - start + _HEADER)
    low = 0
    for stop in stops:
        low = max(low, work.end + 1 - start - _HEADER)
        for at, window in _begun(view, low, stop, work):
            if start + at <= work.end or start + at >= source.size:
                continue
            if work.picture is not None and start + at == work.picture[0]:
                work.end = work.picture[1]
                continue
            if work.left <= 0:
                work.skipped += 1
                continue
            work.left -= _PROBE
            probe = view[at : at + _PROBE]
            if len(probe) < _PROBE:
                probe = source.view(start + at, min(_PROBE, source.size - start - at))
            unpacker = ENGINE.decompressobj(window)
            try:
                begun = unpacker.decompress(probe, _LEAST)
            except ENGINE.error:
                # So end nearly all that only look like headers.
                continue
            yield from _unpacked(source, start + at, probe, window, unpacker, begun, work)
        low = stop - _HEADER


def _begun(view: memoryview, low: int, stop: int, work: Work) -> Iterator[tuple[int, int]]:
    """Yield where streams seem to begin in a part of a block, and the window bits for zlib."""
    last = len(view) - 5
    for header, behind in work.headers(view[low:stop]) if low < stop else ():
        end = low + behind
        if header == _ZLIB:
            # Deflate's first block (RFC 1951, 3.2.3 to 3.2.7); a few in a thousand are what they seem.
            kind = view[end] & 6 if end <= last else _FIXED
            if (
                kind == _FIXED
                or (kind == _DYNAMIC and view[end] < 30 << 3 and view[end + 1] & 31 < 30)
                or (kind == _STORED and _is_stored(view, end + 1))
            ):
                yield end - 2, 15
        elif header == _GZIP:
            yield end - 3, 31
        elif int.from_bytes(view[end - 22 : end - 20], "little") == 8:
            names = view[end - 4 : end]
            lengths = int.from_bytes(names[:2], "little") + int.from_bytes(names[2:], "little")
            yield end + lengths, -15


def _is_stored(view: memoryview, at: int) -> bool:
    """Whether a length and its complement stand there."""
    return view[at] ^ view[at + 2] == 0xFF and view[at + 1] ^ view[at + 3] == 0xFF


def _unpacked(
    source: Readable,
    start: int,
    probe: memoryview,
    window: int,
    unpacker: Inflater,
    data: bytes,
    work: Work,
) -> Iterator[tuple[int, bytes]]:
    """Yield what a stream makes; `data` are its first bytes, which the unpacker made of `probe`."""
    broken = False
    try:
        if rest := unpacker.unconsumed_tail:
            data += unpacker.decompress(rest, _PART)
    except ENGINE.error:
        broken, data = True, _before_error(window, probe)
    at = start + len(probe)
    made = len(data)
    work.take(made)
    if made >= _LEAST:
        yield start, data
    tail = data[-_AGAIN:]
    while at < source.size and made < ONE and work.left > 0 and not (broken or unpacker.eof):
        packed: bytes | memoryview = source.view(at, min(_CHUNK, source.size - at))
        at += len(packed)
        work.take(_CHUNK)
        while packed and not (broken or unpacker.eof):
            try:
                data = unpacker.decompress(packed, _PART)
            except ENGINE.error:
                broken, data = True, b""
            packed = unpacker.unconsumed_tail
            made += len(data)
            work.take(len(data))
            if len(data) + len(tail) >= _LEAST and data:
                yield start, tail + data
            tail = (tail + data[-_AGAIN:])[-_AGAIN:]
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
            out += unpacker.decompress(packed, 1 + len(out) // 64 if out else _LEAST)
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
                    data = unpacker.decompress(packed, _PART)
                except ENGINE.error:
                    return
                packed = unpacker.unconsumed_tail
                work.take(len(data))
                yield start - 8, tail + data
                tail = (tail + data[-_AGAIN:])[-_AGAIN:]
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
