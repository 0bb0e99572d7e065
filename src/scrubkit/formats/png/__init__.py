"""PNG and APNG (PNG 3rd edition): one canonical file around the deflate data of each picture."""

from __future__ import annotations

from .. import Format
from .chunks import SIGNATURE
from .read import read
from .write import write


def sniff(head: bytes) -> bool:
    """Whether a file begins with the signature."""
    return head[:8] == SIGNATURE


FORMAT = Format(
    name="png",
    title="PNG",
    sniff=sniff,
    read=read,
    write=write,
    outline=write,
    reads=(
        "PNG of every colour type and depth, interlaced or not",
        "animated PNG",
        "orientation, code points, and ICC profiles made of colorants and curves",
    ),
    refuses=(
        "pictures that are not complete, and data behind the last pixel",
        "PNG changed for iOS (CgBI), and unknown critical chunks",
        "animations whose frames are out of turn",
        "ICC profiles with lookup tables, or of another colour space",
    ),
)
