"""What a movie keeps beside picture and sound, as this search reads it: metadata samples, user data in SEI.

A reader of its own for ISO base media files, a few structures of them only.  What
our reader names without a place (samples of a track that stays behind, messages
inside pictures) gives needles too this way, and so does what it overlooks.  It
raises nothing: what can't be read gives no needle.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import ScrubError
from ..model import Kind, Value
from .windows import windows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..source import Readable

_TOP = 4096
"""Boxes of the top level that are looked at."""
_MOVIE = 64 << 20
_DEEPEST = 6
_CONTAINERS = frozenset({b"trak", b"mdia", b"minf", b"stbl"})
_PICTURE = frozenset({b"vide", b"soun", b"auxv", b"pict"})
"""Handlers whose samples may cross, or parts of them."""

_SAMPLES = 40
"""Samples of one track that are looked at, spread over it."""
_LARGEST = 4 << 20
_MOST = 200_000
"""Chunks and samples of one track that are counted."""
_BOXES = 4096
"""Boxes of one parent."""
_MESSAGES = 24

_LENGTHS = re.compile(rb"avcC.{4}(.)|hvcC.{21}(.)", re.DOTALL)
"""Where `lengthSizeMinusOne` stands (ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1)."""


@dataclass(slots=True)
class _Track:
    handler: bytes = b""
    description: tuple[int, int] = (0, 0)
    tables: dict[bytes, memoryview] = field(default_factory=dict)


def values_of_media(source: Readable) -> Iterator[tuple[Value, int, int]]:
    """Yield values with the stretch of metadata that they stand in: its start and size.

    Size 0 says that the value means something wherever it is found.
    """
    try:
        found = _movie(source)
        if found is None:
            return
        start, movie = found
        for track in islice(_tracks(memoryview(movie)), 64):
            if track.handler in _PICTURE:
                yield from _user_data(source, movie, track)
            elif track.handler:
                yield from _metadata(source, start, track)
    except ScrubError:
        return


def _movie(source: Readable) -> tuple[int, bytes] | None:
    at = 0
    for _ in range(_TOP):
        if at + 16 > source.size:
            return None
        head = source.read(at, 16)
        size, kind = int.from_bytes(head[:4]), head[4:8]
        if size == 1:
            size = int.from_bytes(head[8:16])
        elif size == 0:
            size = source.size - at
        if kind == b"moov" and 16 <= size <= _MOVIE:
            size = min(size, source.size - at)
            return at + 8, source.read(at + 8, size - 8)
        if size < 8:
            return None
        at += size
    return None


def _boxes(data: memoryview, at: int, stop: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield type, start and end of the body of each box."""
    for _ in range(_BOXES):
        if at + 8 > stop:
            return
        size = int.from_bytes(data[at : at + 4])
        if size < 8 or at + size > stop:
            return
        yield bytes(data[at + 4 : at + 8]), at + 8, at + size
        at += size


def _tracks(movie: memoryview) -> Iterator[_Track]:
    for kind, start, stop in _boxes(movie, 0, len(movie)):
        if kind != b"trak":
            continue
        track = _Track()
        pending = [(start, stop, 1)]
        while pending:
            first, last, depth = pending.pop()
            for below, at, end in _boxes(movie, first, last):
                if below in _CONTAINERS and depth < _DEEPEST:
                    pending.append((at, end, depth + 1))
                elif below == b"hdlr" and not track.handler and bytes(movie[at + 4 : at + 8]) != b"dhlr":
                    track.handler = bytes(movie[at + 8 : at + 12])
                elif below == b"stsd":
                    track.description = (at, end)
                elif below in {b"stsz", b"stz2", b"stsc", b"stco", b"co64"}:
                    track.tables[below] = movie[at:end]
        yield track


def _samples(track: _Track) -> Iterator[tuple[int, int]]:
    """Yield place and size of all samples (ISO/IEC 14496-12, 8.7.3 to 8.7.5)."""
    sizes, chunks = track.tables.get(b"stsz"), track.tables.get(b"stsc")
    wide = b"co64" in track.tables
    offsets = track.tables.get(b"co64" if wide else b"stco")
    if sizes is None or chunks is None or offsets is None:
        return
    fixed, count = int.from_bytes(sizes[4:8]), int.from_bytes(sizes[8:12])
    step = 8 if wide else 4
    number, run, each = 0, 0, 0
    for chunk in range(min((len(offsets) - 8) // step, _MOST)):
        while run < _MOST and (row := bytes(chunks[8 + 12 * run : 16 + 12 * run])) and len(row) == 8:
            if int.from_bytes(row[:4]) > chunk + 1:
                break
            each = int.from_bytes(row[4:])
            run += 1
        at = int.from_bytes(offsets[8 + chunk * step : 8 + (chunk + 1) * step])
        for _ in range(each):
            if number >= count:
                return
            place = 12 + 4 * number
            if not fixed and place + 4 > len(sizes):
                return
            size = fixed or int.from_bytes(sizes[place : place + 4])
            yield at, size
            at += size
            number += 1


def _spread(track: _Track, most: int) -> list[tuple[int, int]]:
    """Samples from all over a track, the first ones among them."""
    found = list(islice(_samples(track), _MOST))
    step = max(len(found) // most, 1)
    return list(dict.fromkeys((*found[:4], *found[::step])))[: most + 4]


def _metadata(source: Readable, start: int, track: _Track) -> Iterator[tuple[Value, int, int]]:
    name = "track " + track.handler.decode("latin-1")
    at, stop = track.description
    # What lies before the entry's own fields is the same in all tracks.
    for window in windows(source, start + at + 24, stop - at - 24, 4):
        yield Value("residue", f"{name}/description", Kind.TELEMETRY, window), start + at, stop - at
    for at, size in _spread(track, _SAMPLES):
        for window in windows(source, at, min(size, _LARGEST), 2):
            yield Value("residue", f"{name}/sample", Kind.TELEMETRY, window), at, size


def _user_data(source: Readable, movie: bytes, track: _Track) -> Iterator[tuple[Value, int, int]]:
    at, stop = track.description
    record = _LENGTHS.search(movie, at, stop)
    if record is None:
        return
    advanced = record.group(1) is not None
    width = (record.group(1) or record.group(2))[0] % 4 + 1
    left = _MESSAGES
    for at, size in _spread(track, _SAMPLES):
        if left <= 0 or not 0 < size <= _LARGEST or at + size > source.size:
            continue
        for unit in _units(source.read(at, size), width):
            kind = unit[0] & 31 if advanced else unit[0] >> 1 & 63
            if kind not in ({6} if advanced else {39, 40}):
                continue
            for message in _messages(unit[1 if advanced else 2 :].replace(b"\0\0\3", b"\0\0")):
                left -= 1
                for value in _message_values(message):
                    yield value, at, 0


def _units(sample: bytes, width: int) -> Iterator[bytes]:
    at = 0
    for _ in range(256):
        if at + width > len(sample):
            return
        size = int.from_bytes(sample[at : at + width])
        at += width
        if size and at + size <= len(sample):
            # A message is small; of a picture only its beginning is copied.
            yield sample[at : at + min(size, 1 << 16)]
        at += size


def _messages(body: bytes) -> Iterator[bytes]:
    """Yield the payloads of unregistered user data (type 5) of one SEI unit (ITU-T H.264, 7.3.2.3.1)."""
    at = 0
    while at + 2 < len(body):
        numbers = []
        for _ in range(2):
            number = 0
            while at < len(body) and body[at] == 0xFF:
                number += 255
                at += 1
            if at >= len(body):
                return
            numbers.append(number + body[at])
            at += 1
        kind, size = numbers
        if kind == 5 and 16 <= size <= len(body) - at:
            yield body[at : at + size]
        at += size


def _message_values(message: bytes) -> Iterator[Value]:
    yield Value("residue", "sei/5", Kind.SOFTWARE, message[:16])
    body = message[16:]
    text = body[:400].split(b"\0")[0]
    if len(text) >= 8 and text.isascii() and text.decode("ascii").isprintable():
        yield Value("residue", "sei/5", Kind.SOFTWARE, text.decode("ascii"))
    elif len(body) >= 8:
        yield Value("residue", "sei/5", Kind.DEVICE, body[:20])
