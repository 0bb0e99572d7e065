"""The second readers: what each is called, what it reads, and how its answer becomes observations.

`READERS` is all that the rest knows of them.  Those that are libraries are read with
inside a confined child (`read`); those that are programs answer in words of their own,
which `parse` turns into observations in the process that asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import exif, exiftool, ffprobe, mediainfo, tags
from .seen import Reader, Seen, Unread, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["READERS", "Reader", "Seen", "Unread", "readers_of"]

_STILLS = frozenset({"bmp", "gif", "heif", "jpeg", "png", "tiff", "webp"})

READERS: Mapping[str, Reader] = {
    reader.name: reader
    for reader in (
        Reader("mediainfo", "MediaInfo", unpack, library=mediainfo),
        Reader("piexif", "piexif", unpack, library=exif, only=frozenset({"jpeg", "tiff", "webp"})),
        Reader("mutagen", "mutagen", unpack, library=tags, never=_STILLS),
        Reader("exiftool", "ExifTool", exiftool.parse, needs=exiftool.find),
        Reader("ffprobe", "ffprobe", ffprobe.parse, needs=ffprobe.find, never=_STILLS),
    )
}
"""In the order in which their checks are reported."""


def readers_of(format_name: str) -> tuple[Reader, ...]:
    """Return the readers that understand a format of ours, by its name."""
    return tuple(reader for reader in READERS.values() if reader.understands(format_name))
