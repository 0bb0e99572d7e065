"""TIFF 6.0, BigTIFF and DNG: one picture in strips or tiles, and the fields that it is shown by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format

if TYPE_CHECKING:
    from ...essence import Tiff
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file begins with a byte order mark and a version, and isn't Canon's raw."""
    return head[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+") and head[8:11] != b"CR\2"


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: Tiff, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


FORMAT = Format(
    name="tiff",
    title="TIFF and DNG",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_write,
    reads=(
        "TIFF and BigTIFF in strips or tiles, of any depth",
        "uncompressed, PackBits, LZW, deflate, JPEG and fax coding",
        "orientation, and ICC profiles made of colorants and curves",
        "the first picture of several",
        "DNG and ProRAW, with the colour numbers of the camera model, without its name",
    ),
    refuses=(
        "old-style JPEG and codings of one maker",
        "strips that end early, hold more than the picture, or share bytes",
        "raw photos other than DNG",
    ),
)
