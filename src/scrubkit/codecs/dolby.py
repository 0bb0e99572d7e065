"""Dolby Vision reference processing units (RPU): framing and checksum (ETSI TS 103 572)."""

from __future__ import annotations

import zlib

from ..errors import Malformed
from .bits import escape, unescape
from .dolby_rpu import rewrite_payload

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


def rewrite_rpu(nal: bytes, header: bytes) -> bytes:
    """Return an RPU NAL unit in canonical form, under `header`; `nal` has no trailing zeros.

    Blocks of levels that are unknown or for debugging stay behind.  `Refused` if
    framing, checksum or a field is not as the specification has it.
    """
    body = unescape(nal[len(header) :])
    if len(nal) > MAX_SIZE or len(body) < 8 or body[0] != PREFIX or body[-1] != STOP:
        raise Malformed("rpu", "framing")
    if crc32(body[1:-5]) != int.from_bytes(body[-5:-1]):
        raise Malformed("rpu", "checksum")
    payload = rewrite_payload(body[1:-5])
    return header + escape(bytes([PREFIX]) + payload + crc32(payload).to_bytes(4) + bytes([STOP]))
