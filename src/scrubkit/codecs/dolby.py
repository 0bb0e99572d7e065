"""Dolby Vision reference processing units: framing and checksum (ETSI TS 103 572 §5.3, annex C)."""

from __future__ import annotations

import zlib

from ..errors import Malformed
from .bits import FORBIDDEN, unescape

PREFIX = 0x19
STOP = 0x80
MAX_SIZE = 2048
"""Bytes of one RPU; those of phones have a few hundred."""

_REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def crc32(data: bytes) -> int:
    """Return the CRC-32/MPEG-2 of bytes: polynomial 0x04C11DB7, not reflected, not inverted.

    It is the mirror image of the reflected CRC that zlib computes.
    """
    mirrored = zlib.crc32(data.translate(_REVERSED)) ^ 0xFFFFFFFF
    return int.from_bytes(mirrored.to_bytes(4, "little").translate(_REVERSED))


def check_rpu(nal: bytes, header_size: int) -> None:
    """Check an RPU NAL unit without trailing zeros; `Malformed` if it is not exactly one RPU."""
    if len(nal) > MAX_SIZE:
        raise Malformed("rpu", "too long")
    if FORBIDDEN.search(nal):
        raise Malformed("rpu", "start code inside a NAL unit")
    body = unescape(nal[header_size:])
    if len(body) < 8 or body[0] != PREFIX or body[-1] != STOP:
        raise Malformed("rpu", "framing")
    if crc32(body[1:-5]) != int.from_bytes(body[-5:-1]):
        raise Malformed("rpu", "checksum")
