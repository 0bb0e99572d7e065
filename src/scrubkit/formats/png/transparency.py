"""PLTE and tRNS (PNG 3rd edition §11.2.2, §11.3.1.1): held to their ranges, in canonical form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...errors import Malformed
from .header import GREY, INDEXED, RGB

if TYPE_CHECKING:
    from .header import Header


def read_palette(body: bytes, header: Header, at: int) -> bytes:
    """Return the palette without the entries that no sample of that depth can name."""
    if not body or len(body) % 3 or len(body) > 768:
        raise Malformed("PLTE", "bad-length", at)
    return body[: 3 << header.depth]


def read_transparency(body: bytes, header: Header, entries: int, at: int) -> bytes:
    """Return the body of tRNS; for a palette without opaque entries at its end, so it may be empty.

    Raises `Malformed` for what viewers don't agree upon: more alphas than palette
    entries, or samples beyond the depth.
    """
    match header.colour_type:
        case _ if header.colour_type == INDEXED:
            if not entries or len(body) > entries:
                raise Malformed("tRNS", "more-than-the-palette", at)
            return body.rstrip(b"\xff")
        case _ if header.colour_type in (GREY, RGB):
            samples = [int.from_bytes(body[place : place + 2]) for place in range(0, len(body), 2)]
            if len(body) != (2 if header.colour_type == GREY else 6) or max(samples) >> header.depth:
                raise Malformed("tRNS", "bad-sample", at)
            return body
        case _:
            return b""


def without_unused(
    palette: bytes, alphas: bytes, used: frozenset[int]
) -> tuple[bytes, bytes, tuple[bytes, ...]]:
    """Make entries that no sample names black and opaque, and cut those at the end.

    Returns palette, alphas, and the entries that said something.
    """
    entries = [palette[at : at + 3] for at in range(0, len(palette), 3)]
    count = max((index for index in used if index < len(entries)), default=0) + 1
    kept, opacity = bytearray(palette[: 3 * count]), bytearray(alphas[:count])
    for index in range(count):
        if index not in used:
            kept[3 * index : 3 * index + 3] = bytes(3)
            opacity[index : index + 1] = b"\xff" * (index < len(opacity))
    lost = tuple(entry for index, entry in enumerate(entries) if index not in used and any(entry))
    return bytes(kept), bytes(opacity).rstrip(b"\xff"), lost
