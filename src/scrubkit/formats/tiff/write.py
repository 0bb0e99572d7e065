"""A TIFF from its essence: header, one directory, its values, then strips or tiles without gaps."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ...essence import TiffField
from ...pieces import Span, Walked
from .directory import LONG8, SIZES

if TYPE_CHECKING:
    from ...codecs.tiff import ByteOrder
    from ...essence import Tiff
    from ...model import Policy
    from ...pieces import Pieces

STRIP_OFFSETS, STRIP_BYTE_COUNTS, TILE_OFFSETS, TILE_BYTE_COUNTS = 273, 279, 324, 325
LONG = 4
CLASSIC = 1 << 32
"""Bytes of the largest classic TIFF."""

_CODES = {1: "B", 2: "B", 3: "H", 4: "I", 5: "I", 6: "b", 7: "B", 8: "h", 9: "i", 10: "i", 11: "I", 12: "Q"}
_CODES |= {13: "I", LONG8: "Q"}


def _encoded(field: TiffField, order: ByteOrder) -> bytes:
    mark = ">" if order == "big" else "<"
    return struct.pack(f"{mark}{len(field.values)}{_CODES[field.type]}", *field.values)


def _lengths(picture: Tiff) -> list[int]:
    return [
        sum(piece.size if isinstance(piece, Span) else len(piece.data) for piece in segment)
        for segment in picture.segments
    ]


def _directory(picture: Tiff, lengths: list[int], big: bool, first: int) -> bytes:
    """Return header, directory and values, padded to even, for data that begin at `first`."""
    order: ByteOrder = "big" if picture.big_endian else "little"
    offsets, at = [], first
    for length in lengths:
        offsets.append(at)
        at += length
    kind = LONG8 if big else LONG
    tags = (TILE_OFFSETS, TILE_BYTE_COUNTS) if picture.tiled else (STRIP_OFFSETS, STRIP_BYTE_COUNTS)
    places = (TiffField(tags[0], kind, tuple(offsets)), TiffField(tags[1], kind, tuple(lengths)))
    fields = sorted((*picture.fields, *places), key=lambda field: field.tag)
    width = 8 if big else 4
    head = b"MM" if picture.big_endian else b"II"
    if big:
        head += b"".join(value.to_bytes(2, order) for value in (43, 8, 0)) + (16).to_bytes(8, order)
    else:
        head += (42).to_bytes(2, order) + (8).to_bytes(4, order)
    entries = bytearray(len(fields).to_bytes(8 if big else 2, order))
    values = bytearray()
    base = len(head) + len(entries) + (20 if big else 12) * len(fields) + width
    for field in fields:
        data = _encoded(field, order)
        count = len(data) // SIZES[field.type]
        entries += field.tag.to_bytes(2, order) + field.type.to_bytes(2, order) + count.to_bytes(width, order)
        if len(data) <= width:
            entries += data.ljust(width, b"\0")
        else:
            entries += (base + len(values)).to_bytes(width, order)
            values += data + bytes(len(data) % 2)
    return head + bytes(entries) + bytes(width) + bytes(values)


def write(picture: Tiff, _policy: Policy) -> Pieces:
    """Yield the canonical file: BigTIFF only where offsets need it."""
    lengths = _lengths(picture)
    big = False
    head = _directory(picture, lengths, big, 0)
    if len(head) + sum(lengths) >= CLASSIC:
        big = True
        head = _directory(picture, lengths, big, 0)
    yield _directory(picture, lengths, big, len(head))
    for segment in picture.segments:
        yield from segment
    return Walked()
