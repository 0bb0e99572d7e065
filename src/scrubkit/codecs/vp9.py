"""`vpcC`: VP codec configuration, version 1 (*VP Codec ISO Media File Format Binding*).

version u8 1, flags u24 0, profile u8, level u8, bitDepth 4, chromaSubsampling 3, videoFullRange 1,
colourPrimaries u8, transferCharacteristics u8, matrixCoefficients u8, codecInitializationDataSize u16 0
"""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import Malformed, Unsupported

_LEVELS = (0, 10, 11, 20, 21, 30, 31, 40, 41, 50, 51, 52, 60, 61, 62)
"""Ten times the level; 0 is written by muxers that don't know."""


@dataclass(frozen=True, slots=True)
class Vp9Config:
    """`record` is the whole body of `vpcC`; the rest are its fields (H.273 code points)."""

    record: bytes
    profile: int
    level: int
    bit_depth: int
    chroma: int
    full_range: bool
    primaries: int
    transfer: int
    matrix: int


def build(
    *,
    profile: int,
    level: int,
    bit_depth: int,
    chroma: int,
    full_range: bool,
    primaries: int,
    transfer: int,
    matrix: int,
) -> Vp9Config:
    """Make a `vpcC` of checked fields; raises `Malformed` or `Unsupported`."""
    if profile > 3:
        raise Unsupported("vpcC", "profile")
    if level not in _LEVELS:
        raise Unsupported("vpcC", "level")
    if bit_depth not in (8, 10, 12):
        raise Malformed("vpcC", "bit-depth")
    if chroma > 3:
        raise Malformed("vpcC", "chroma-subsampling")
    if max(primaries, transfer, matrix) > 22:
        raise Unsupported("vpcC", "colour")
    packed = bit_depth << 4 | chroma << 1 | int(full_range)
    record = b"\x01\0\0\0" + bytes((profile, level, packed, primaries, transfer, matrix, 0, 0))
    return Vp9Config(record, profile, level, bit_depth, chroma, full_range, primaries, transfer, matrix)


def rebuild(body: bytes | memoryview) -> Vp9Config:
    """Rebuild the body of `vpcC`; raises `Malformed` or `Unsupported`."""
    if len(body) < 12:
        raise Malformed("vpcC", "ends-early")
    if body[0] != 1:
        raise Unsupported("vpcC", "version")
    packed = body[6]
    return build(
        profile=body[4],
        level=body[5],
        bit_depth=packed >> 4,
        chroma=packed >> 1 & 7,
        full_range=packed & 1 == 1,
        primaries=body[7],
        transfer=body[8],
        matrix=body[9],
    )
