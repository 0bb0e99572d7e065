"""Static HDR metadata, the same bytes in SEI messages and in `mdcv` and `clli` boxes.

What a display was calibrated to names the device; the gamut that it stands for is
enough.  So chromaticities are those of a known gamut or the metadata stays behind.
"""

from __future__ import annotations

import struct

# Chromaticities in steps of 0.00002 (H.265 §D.3.28): red, green, blue of a gamut, and whites.
_GAMUTS = (
    ((32000, 16500), (15000, 30000), (7500, 3000)),  # BT.709
    ((34000, 16000), (13250, 34500), (7500, 3000)),  # P3
    ((35400, 14600), (8500, 39850), (6550, 2300)),  # BT.2020
)
_WHITES = ((15635, 16450), (15700, 17550))  # D65, DCI
_NEAR = 500

_NIT = 10000
"""Steps of a candela per square metre in mastering display luminances."""

_MAX_NITS = 10000
_MAX_BLACK = 5 * _NIT

AMBIENT = bytes.fromhex("002fe9a03d134042")
"""314 lx under D65: what every recording of the kind says."""

_TRANSFERS = frozenset({1, 14, 16, 18})


def _near(point: tuple[int, int], known: tuple[int, int]) -> bool:
    return abs(point[0] - known[0]) <= _NEAR and abs(point[1] - known[1]) <= _NEAR


def _gamut(points: list[tuple[int, int]]) -> list[tuple[int, int]] | None:
    for known in _GAMUTS:
        snapped = [next((place for place in known if _near(point, place)), None) for point in points]
        found = [place for place in snapped if place is not None]
        if set(found) == set(known):
            return found
    return None


def mastering_display(body: bytes) -> bytes | None:
    """Return canonical `mastering_display_colour_volume`, or None if it is none that is known.

    24 bytes: x and y of three primaries and of white, big-endian 16-bit steps of
    0.00002; highest and lowest luminance, 32-bit steps of 0.0001 cd/m² (H.265 §D.2.28).
    """
    if len(body) < 24:
        return None
    *coordinates, high, low = struct.unpack(">8H2I", body[:24])
    points = list(zip(coordinates[::2], coordinates[1::2], strict=True))
    primaries = _gamut(points[:3])
    white = next((place for place in _WHITES if _near(points[3], place)), None)
    nits = (high + _NIT // 2) // _NIT
    if primaries is None or white is None or not 1 <= nits <= _MAX_NITS or low > _MAX_BLACK:
        return None
    flat = [axis for point in (*primaries, white) for axis in point]
    return struct.pack(">8H2I", *flat, nits * _NIT, low)


def light_level(body: bytes) -> bytes | None:
    """Return canonical `content_light_level_info`: MaxCLL and MaxFALL in cd/m², 16 bits each.

    None if unknown (both 0), beyond 10000 cd/m², or if the average exceeds the peak
    (H.265 §D.2.35).
    """
    if len(body) < 4:
        return None
    highest, average = struct.unpack(">2H", body[:4])
    if not highest or not average <= highest <= _MAX_NITS:
        return None
    return body[:4]


def transfer(body: bytes) -> bytes | None:
    """Return canonical `alternative_transfer_characteristics` (H.265 §D.2.38), or None."""
    return body[:1] if body and body[0] in _TRANSFERS else None


def ambient_constant(body: bytes) -> bytes | None:
    """Return `ambient_viewing_environment` (H.265 §D.2.39) if it is the constant, else None."""
    return AMBIENT if body[:8] == AMBIENT else None
