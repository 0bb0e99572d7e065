"""JPEG (ITU-T T.81) in JFIF, Exif or bare form: one frame, its scans, and a world of segments around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import Format

if TYPE_CHECKING:
    from ...essence import Jpeg
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file begins with SOI and another marker."""
    return head[:3] == b"\xff\xd8\xff"


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read_file

    return read_file(source, policy)


def _write(essence: Jpeg, policy: Policy) -> Pieces:
    from .write import write

    return write(essence, policy)


FORMAT = Format(
    name="jpeg",
    title="JPEG",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_write,
    reads=(
        "baseline, extended, progressive and lossless JPEG",
        "Huffman and arithmetic coding",
        "grey, YCbCr, RGB, CMYK and YCCK",
        "orientation and ICC profiles made of colorants and curves",
        "gain maps (Ultra HDR, ISO 21496-1), where the policy keeps them",
    ),
    refuses=(
        "hierarchical JPEG and heights given by DNL",
        "pictures without an end, and stray bytes between scans",
        "restart markers out of turn, coefficients that are coded twice",
        "ICC profiles with lookup tables, or of a space other than RGB and grey",
    ),
)
