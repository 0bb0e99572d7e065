"""`d263`: H.263 specific box (3GPP TS 26.244 §6.8).

    vendor 4 bytes, decoder_version u8, H263_Level u8, H263_Profile u8 [bitr box]

Vendor and version become 0; `bitr` is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed

_LEVELS = (10, 20, 30, 40, 45, 50, 60, 70)
_PROFILES = 9


@dataclass(frozen=True, slots=True)
class H263Config:
    """`record` is the whole body of `d263`."""

    record: bytes
    level: int
    profile: int


def build(level: int, profile: int) -> H263Config:
    """Make a `d263`; what the standard doesn't name becomes level 10 or profile 0, the least of each.

    Both only advise: a picture header says all that decoding needs.
    """
    level = level if level in _LEVELS else _LEVELS[0]
    profile = profile if profile < _PROFILES else 0
    return H263Config(bytes(5) + bytes((level, profile)), level, profile)


def rebuild(body: bytes | memoryview) -> H263Config:
    """Rebuild the body of `d263`; raises `Malformed`."""
    if len(body) < 7:
        raise Malformed("d263", "ends-early")
    return build(body[5], body[6])
