"""WebP in RIFF: lossy, lossless and animated pictures, in the simplest form that says what they need."""

from __future__ import annotations

from .. import Format
from .read import read
from .write import write


def sniff(head: bytes) -> bool:
    """Whether a file begins with a RIFF header of WebP."""
    return head[:4] == b"RIFF" and head[8:12] == b"WEBP"


FORMAT = Format(
    name="webp",
    title="WebP",
    sniff=sniff,
    read=read,
    write=write,
    outline=write,
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
