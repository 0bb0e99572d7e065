"""`alac`: the ALAC magic cookie (Apple, *ALAC Magic Cookie Description*).

    frameLength u32, compatibleVersion u8, bitDepth u8, pb u8, mb u8, kb u8, numChannels u8,
    maxRun u16, maxFrameBytes u32, avgBitRate u32, sampleRate u32        (big-endian, 24 bytes)

It stands in a full box, bare (CAF, Matroska), or behind `frma` and `alac` atoms
(older QuickTime).  A `chan` atom may follow; it is dropped.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..errors import Malformed, Unsupported

_LAYOUT = struct.Struct(">IBBBBBBHIII")
_MAX_RUN = 255
"""No decoder reads it; every encoder writes 255."""


@dataclass(frozen=True, slots=True)
class AlacConfig:
    """`record` is the whole body of the `alac` box; `bits` per channel, `frame_length` samples."""

    record: bytes
    channels: int
    rate: int
    bits: int
    frame_length: int


def rebuild(body: bytes | memoryview) -> AlacConfig:
    """Rebuild a magic cookie from any of its wrappings; raises `Malformed` or `Unsupported`."""
    cookie = bytes(body[:64])
    if cookie[4:8] == b"frma":
        cookie = cookie[12:]
    if cookie[4:8] == b"alac":
        cookie = cookie[12:]
    elif cookie[:4] == bytes(4):
        cookie = cookie[4:]
    if len(cookie) < _LAYOUT.size:
        raise Malformed("alac", "ends-early")
    length, version, bits, history, initial, limit, channels, _, _, _, rate = _LAYOUT.unpack_from(cookie)
    if version:
        raise Unsupported("alac", "version")
    if bits not in (16, 20, 24, 32):
        raise Unsupported("alac", "bit-depth")
    if not 1 <= channels <= 8:
        raise Unsupported("alac", "channels")
    if not 1 <= length <= 1 << 16:
        raise Unsupported("alac", "frame-length")
    if not 1 <= rate <= 768_000:
        raise Unsupported("alac", "sample-rate")
    fields = (length, 0, bits, history, initial, limit, channels, _MAX_RUN, 0, 0, rate)
    return AlacConfig(bytes(4) + _LAYOUT.pack(*fields), channels, rate, bits, length)
