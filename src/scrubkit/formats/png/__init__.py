"""PNG and APNG (PNG 3rd edition): one canonical file around the deflate data of each picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format
from .chunks import SIGNATURE

if TYPE_CHECKING:
    from ...essence import Png
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file begins with the signature."""
    return head[:8] == SIGNATURE


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: Png, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


FORMAT = Format(
    name="png",
    title="PNG",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_write,
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
