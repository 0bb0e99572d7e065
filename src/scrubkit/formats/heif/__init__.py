"""Stills of the HEIF family: HEIC, HEIF, HIF, AVIF (ISO/IEC 23008-12, ISO/IEC 23000-22, AVIF)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...essence import Heif
from .. import Format
from .brands import PICTURES, split

if TYPE_CHECKING:
    from ...essence import ImageSequence
    from ...model import Policy
    from ...pieces import Pieces
    from ...source import Source
    from .. import Reading


def sniff(head: bytes) -> bool:
    """Whether a file says that it is a still: by its major brand, or another and a first `meta` box."""
    if head[4:8] != b"ftyp":
        return False
    size = int.from_bytes(head[:4])
    major, compatible = split(head[8 : max(size, 12)])
    if major in PICTURES:
        return True
    if compatible.isdisjoint(PICTURES) or head[size + 4 : size + 8] != b"meta":
        return False
    # hdlr is the first box of meta: handler_type stands 8 bytes into its FullBox
    at = head.find(b"hdlr", size + 12, size + 64)
    return at >= 0 and head[at + 12 : at + 16] == b"pict"


def _read(source: Source, policy: Policy) -> Reading:
    from .read import read

    return read(source, policy)


def _write(essence: Heif | ImageSequence, policy: Policy | None) -> Pieces:
    if isinstance(essence, Heif):
        from .write import write

        return write(essence)
    from .sequence import pieces

    return pieces(essence, policy)


def _outline(essence: Heif | ImageSequence, _policy: Policy) -> Pieces:
    return _write(essence, None)


FORMAT = Format(
    name="heif",
    title="HEIC, HEIF, HIF, AVIF",
    sniff=sniff,
    read=_read,
    write=_write,
    outline=_outline,
    reads=(
        "HEVC and AV1 stills: single pictures and grids",
        "image sequences of HEVC and AV1: animations",
        "alpha planes",
        "rotation, mirroring, clean aperture, colour profiles",
        "gain maps, depth maps and stereo pairs, where the policy keeps them",
    ),
    refuses=(
        "image sequences with sound",
        "overlays, layered and scaled pictures",
        "items of JPEG, JPEG 2000, H.264, VVC and EVC, and uncompressed ones",
        "low-overhead files (mini)",
        "protected items",
        "grids and apertures that hide a part of the picture",
    ),
)
