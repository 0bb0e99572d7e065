"""WebP in RIFF: lossy, lossless and animated pictures, in the simplest form that says what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format

if TYPE_CHECKING:
    from ...essence import WebP
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file begins with a RIFF header of WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: WebP, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


FORMAT = Format(
    name="webp",
    title="WebP",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_write,
    reads=(
        "lossy and lossless WebP, with or without alpha",
        "animated WebP",
        "orientation, and ICC profiles made of colorants and curves",
    ),
    refuses=(
        "animations that break off, and frames outside of the canvas",
        "pictures whose size is not that of the canvas",
        "ICC profiles with lookup tables",
    ),
)
