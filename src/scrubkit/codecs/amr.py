"""`damr`: AMR specific box (3GPP TS 26.244 §6.7).

    vendor 4 bytes, decoder_version u8, mode_set u16, mode_change_period u8, frames_per_sample u8

Vendor, version and period become 0.  The mode set keeps the bits that name a frame
type of the coding.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from ..errors import Malformed

_LAYOUT = struct.Struct(">4sBHBB")
_NARROW_MODES = 0x81FF
"""Bits 0-7: 4.75 to 12.2 kbit/s; 8: comfort noise; 15: no data."""
_WIDE_MODES = 0x83FF
"""Bits 0-8: 6.6 to 23.85 kbit/s; 9: comfort noise; 15: no data."""


@dataclass(frozen=True, slots=True)
class AmrConfig:
    """`record` is the whole body of `damr`."""

    record: bytes
    channels: int
    rate: int
    mode_set: int
    frames_per_sample: int


def rebuild(body: bytes | memoryview, *, wide: bool) -> AmrConfig:
    """Rebuild the body of `damr` of AMR-NB, or AMR-WB if `wide`; raises `Malformed`."""
    if len(body) < _LAYOUT.size:
        raise Malformed("damr", "ends-early")
    _, _, mode_set, _, frames = _LAYOUT.unpack_from(body)
    return build(mode_set, frames, wide=wide)


def build(mode_set: int, frames_per_sample: int, *, wide: bool) -> AmrConfig:
    """Make a `damr`; a frame count outside 1-15 becomes 1."""
    modes = mode_set & (_WIDE_MODES if wide else _NARROW_MODES)
    frames = frames_per_sample if 1 <= frames_per_sample <= 15 else 1
    record = _LAYOUT.pack(bytes(4), 0, modes, 0, frames)
    return AmrConfig(record, 1, 16000 if wide else 8000, modes, frames)
