"""Chunks that stay behind, named for the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...catalog import UNKNOWN, find
from ...codecs import exif, icc_names, xmp
from ...codecs.text import shown
from ...model import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

_KNOWN = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP ", b"C2PA"))


def whole(path: str, size: int, start: int | None, value: str | None = None, key: str = "") -> Finding:
    """Return the finding for all of a chunk or stretch; the path is its catalog key unless one is given."""
    place = find("webp", key or path) or UNKNOWN
    return Finding(path, place.kind, place.label, size, start, 1, place.writer, place is not UNKNOWN, value)


def chunk_name(kind: bytes) -> str:
    """Return a chunk's path, `unknown` for a type that nobody knows."""
    return kind.decode("latin-1").rstrip() if kind in _KNOWN else "unknown"


def exif_block(body: bytes) -> bytes:
    """Return the TIFF block of EXIF; some writers put the signature of JPEG's segment before it."""
    return body[6:] if body[:5] == exif.SIGNATURE else body


def findings(kind: bytes, body: bytes, start: int, size: int, kept: str = "") -> Iterator[Finding]:
    """Name a chunk and what it holds, but for the path that crosses.

    `body` are its data or the beginning of them, `start` is the place of the chunk in
    the source, `size` all of its bytes.
    """
    path = chunk_name(kind)
    inside: tuple[Finding, ...] = ()
    value: str | None = None
    if kind == b"EXIF":
        block = exif_block(body)
        inside = tuple(
            each
            for each in exif.findings(block, path, start + 8 + len(body) - len(block))
            if each.path != kept
        )
    elif kind == b"XMP ":
        inside = tuple(xmp.findings(body, path))
    elif kind == b"ICCP":
        inside = tuple(icc_names.findings(body, path))
    elif len(body) <= 512:
        value = shown(body) or None
        if path == "unknown":
            value = f"{kind.decode('latin-1')}: {value or ''}"
    yield whole(path, size, start, value)
    yield from inside
