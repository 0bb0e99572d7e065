"""GIF (GIF89a, CompuServe 1990): frames of indexed colours, their timing and loop count."""

from __future__ import annotations

from .. import Format
from .read import read
from .write import write


def sniff(head: bytes) -> bool:
    """Whether a file begins with the signature and one of the two versions."""
    return head[:6] in (b"GIF87a", b"GIF89a")


FORMAT = Format(
    name="gif",
    title="GIF",
    sniff=sniff,
    read=read,
    write=write,
    outline=write,
    reads=("GIF87a and GIF89a, still and animated", "transparency, disposal, delays and loop count"),
    refuses=("frames that reach beyond the screen", "pictures whose coded data end early"),
)
