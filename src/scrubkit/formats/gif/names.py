"""Extensions that stay behind, named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalog import UNKNOWN, find
from ...codecs import exif, icc_names, xmp
from ...model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_APPLICATIONS = (
    (b"XMP DataXMP", "XMP"),
    (b"ICCRGBG1012", "ICC"),
    (b"NETSCAPE2.0", "NETSCAPE"),
    (b"ANIMEXTS1.0", "ANIMEXTS"),
    (b"C2PA_GIF", "C2PA"),
    (b"fractint", "fractint"),
    (b"MIDICTRL", "MIDI"),
    (b"MIDISONG", "MIDI"),
    (b"ImageMag", "ImageMagick"),
    (b"Exif", "Exif"),
    (b"EXIF", "Exif"),
)
"""What the application identifier and authentication code begin with, and a name for it."""

COMMENT, PLAIN_TEXT, CONTROL, APPLICATION = 0xFE, 0x01, 0xF9, 0xFF


def extension_name(label: int, body: bytes) -> str:
    """Return an extension's path; `body` is its first sub-block."""
    match label:
        case 0xFE:
            return "comment"
        case 0x01:
            return "plain-text"
        case 0xF9:
            return "control"
        case 0xFF:
            known = (name for magic, name in _APPLICATIONS if body.startswith(magic))
            return f"application/{next(known, 'unknown')}"
        case _:
            return "extension/unknown"


def whole(path: str, size: int, start: int | None, value: str | None = None) -> Finding:
    """Return the finding for a stretch; the path is its catalog key."""
    place = find("gif", path) or UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, place is not UNKNOWN, value)


def details(path: str, raw: bytes, joined: bytes) -> Iterator[Finding]:
    """Name what an application extension holds; XMP lies there without sub-blocks, in `raw`."""
    match path.rpartition("/")[2]:
        case "XMP":
            yield from xmp.findings(raw, path)
        case "ICC":
            yield from icc_names.findings(joined, path)
        case "Exif":
            yield from exif.findings(joined.removeprefix(exif.SIGNATURE + b"\0"), path, None)
