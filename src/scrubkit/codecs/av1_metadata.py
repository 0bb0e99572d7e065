"""AV1 metadata OBUs (AV1 Bitstream §5.8, §6.7): HDR metadata written again, everything else nothing.

metadata_type leb128, then
1  max_cll u16, max_fall u16
2  x and y of red, green, blue and white (0.16 bits each), luminance_max 24.8, luminance_min 18.14
4  itu_t_t35: country u8, then the provider's own bytes
and trailing bits: a one, then zeros
"""

from __future__ import annotations

import struct

from ..errors import Malformed, ScrubError
from . import hdr
from .hdr10plus import rewrite_hdr10plus

LIGHT, MASTERING, T35 = 1, 2, 4

_MASTERING = struct.Struct(">8H2I")
_CHROMATICITY = 50000
"""Steps of a chromaticity in SEI messages and boxes; in AV1 there are 65536."""
_LUMINANCE = 10000
_MAX, _MIN = 1 << 8, 1 << 14


def _scaled(value: int, source: int, target: int) -> int:
    return (2 * value * target + source) // (2 * source)


def mastering_box(body: bytes) -> bytes | None:
    """Return the body of `mdcv` for metadata_hdr_mdcv, or None if it stands for no known display.

    `mdcv` lists green, blue, red; AV1 lists red, green, blue.
    """
    if len(body) < _MASTERING.size:
        return None
    *points, high, low = _MASTERING.unpack_from(body)
    scaled = [_scaled(point, 1 << 16, _CHROMATICITY) for point in points]
    high, low = _scaled(high, _MAX, _LUMINANCE), _scaled(low, _MIN, _LUMINANCE)
    if high >> 32 or low >> 32:
        return None
    return hdr.mastering_display(_MASTERING.pack(*scaled[2:6], *scaled[:2], *scaled[6:], high, low))


def _mastering(body: bytes) -> bytes | None:
    box = mastering_box(body)
    if box is None:
        return None
    *points, high, low = _MASTERING.unpack(box)
    scaled = [_scaled(point, _CHROMATICITY, 1 << 16) for point in points]
    high, low = _scaled(high, _LUMINANCE, _MAX), _scaled(low, _LUMINANCE, _MIN)
    return _MASTERING.pack(*scaled[4:6], *scaled[:4], *scaled[6:], high, low)


def without_trailing_bits(payload: bytes) -> bytes:
    """Return a byte-aligned payload without its trailing bits; raises `Malformed` if it has none."""
    body = payload.rstrip(b"\0")
    if not body.endswith(b"\x80"):
        raise Malformed("metadata_obu", "trailing-bits")
    return body[:-1]


def rewrite(kind: int, body: bytes) -> bytes | None:
    """Return canonical metadata of a type, without that type and trailing bits; None if it must not cross."""
    match kind:
        case 1:
            return hdr.light_level(body)
        case 2:
            return _mastering(body)
        case 4:
            try:
                return rewrite_hdr10plus(body)
            except ScrubError:
                return None
        case _:
            return None
