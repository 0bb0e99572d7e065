"""MediaInfo, through pymediainfo and the library that its wheel brings along."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING, Any, BinaryIO

from .seen import NOTHING, Seen, Unread, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

DEPTH = 8
"""Nesting of its answer that is followed; MediaInfo needs three."""

KNOWN_AT_ONCE = (b"\x89PN", b"\xff\xd8\xff")
"""How a PNG and a JPEG begin.

MediaInfo hands the first piece of a file to all its parsers, and some look for their mark in the whole
of it, which is most of the time that a photo costs.  These two it knows by a short piece, and reads the same.
Of others, HEIF for one, it reads more or less by where they are cut.
"""

FIRST = 4096
"""Bytes of that piece."""


def load() -> str:
    """Import the library and return the version of what lies under it."""
    from pymediainfo import MediaInfo

    version = str(MediaInfo._get_library()[2])  # noqa: SLF001 (its only way to say)
    # It fills its tables when it first meets a kind of file; children that are forked later find them filled.
    for data in (bytes(64), _photo(), _movie()):
        MediaInfo.parse(BytesIO(data), output="JSON", full=False)
    return version


def read(file: BinaryIO) -> Iterator[Seen]:
    """Yield `kind/name` or `kind/extra/name` and the value, as in MediaInfo's JSON."""
    from pymediainfo import MediaInfo

    answer = json.loads(MediaInfo.parse(_Piecewise(file), output="JSON", full=False))
    media = answer.get("media")
    if not media:
        raise Unread(NOTHING)
    for track in media["track"]:
        if set(track) <= {"@type", "FileSize", "StreamSize", "extra"} and track["@type"] == "General":
            raise Unread(NOTHING)
        yield from _flat(str(track.pop("@type")), track, DEPTH)


class _Piecewise:
    """A file that MediaInfo reads from the beginning; the first piece of some kinds is short."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._first = FIRST if file.read(3) in KNOWN_AT_ONCE else None

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the offset."""
        return self._file.tell()

    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer than are asked for at the beginning of some."""
        first = self._first if self._file.tell() == 0 else None
        return self._file.read(size if first is None else min(first, size))


def _flat(path: str, value: Any, depth: int) -> Iterator[Seen]:  # noqa: ANN401
    if isinstance(value, dict) and depth:
        for name, each in value.items():
            yield from _flat(f"{path}/{name}", each, depth - 1)
    elif isinstance(value, list) and depth:
        for each in value:
            yield from _flat(path, each, depth - 1)
    else:
        yield Seen(path, text_of(value))


def _photo() -> bytes:
    """A JPEG of one pixel."""
    header = b"\xff\xc0\0\x0b\x08\0\1\0\1\1\x11\0" + b"\xff\xda\0\x08\1\1\0\0\x3f\0\0"
    return b"\xff\xd8" + b"\xff\xdb\0\x43\0" + b"\1" * 64 + header + b"\xff\xd9"


def _movie() -> bytes:
    """A movie of one track and no picture."""
    entry = _box(b"stsd", bytes(7) + b"\1" + _box(b"avc1", bytes(78)))
    handler = _box(b"hdlr", bytes(8) + b"vide" + bytes(13))
    media = _box(b"mdia", _box(b"mdhd", bytes(24)) + handler + _box(b"minf", _box(b"stbl", entry)))
    track = _box(b"trak", _box(b"tkhd", bytes(84)) + media)
    return _box(b"ftyp", b"isom\0\0\0\0isom") + _box(b"moov", _box(b"mvhd", bytes(100)) + track)


def _box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4) + kind + body
