"""H.265 `profile_tier_level` (§7.3.3), shared by VPS and SPS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import Unsupported

if TYPE_CHECKING:
    from .bits import BitReader, Rewriter

MAX_PROFILE = 11

# Of the 43 bits after the four source flags, the ones that mean something: for the
# range extension family (profiles 4 to 11) the first ten, and one more from 5 and 9 on
# (general_max_14bit_constraint_flag); for Main 10 one_picture_only_constraint_flag.
_EXTENSION_BITS = 0b1_1111_1111 << 34 | 1 << 33
_MAIN_10_BITS = 1 << 35
_WITH_14_BIT = frozenset({5, 9, 10, 11})
_COMPATIBILITY = sum(1 << (31 - profile) for profile in range(MAX_PROFILE + 1))


@dataclass(frozen=True, slots=True)
class Tier:
    """The general part: 12 bytes as they stand in a parameter set and in `hvcC`, and their parts."""

    profile: int
    level: int
    body: bytes


def _constraint_mask(profile: int, compatibility: int) -> int:
    profiles = {p for p in range(MAX_PROFILE + 1) if compatibility >> (31 - p) & 1} | {profile}
    mask = 0
    if profiles & set(range(4, MAX_PROFILE + 1)):
        mask |= _EXTENSION_BITS if profiles & _WITH_14_BIT else _EXTENSION_BITS & ~(1 << 33)
    elif 2 in profiles:
        mask |= _MAIN_10_BITS
    return mask


def _profile(reader: BitReader) -> int:
    """Read 88 bits from `profile_space` to the last reserved bit; return them in canonical form."""
    if reader.u(2):
        raise Unsupported("profile_tier_level", "profile space")
    tier = reader.u(1)
    profile = reader.u(5)
    if profile > MAX_PROFILE:
        raise Unsupported("profile_tier_level", "profile")
    compatibility = reader.u(32) & _COMPATIBILITY
    source = reader.u(4)
    constraints = reader.u(43) & _constraint_mask(profile, compatibility)
    reader.u(1)  # inbld_flag or reserved: the layer is always decoded from its own sets
    value = tier << 5 | profile
    value = value << 32 | compatibility
    value = value << 4 | source
    return value << 44 | constraints << 1


def rewrite_tier(both: Rewriter, sub_layers: int) -> Tier:
    """Copy `profile_tier_level(1, sub_layers)`; `sub_layers` is `max_sub_layers_minus1`.

    What it says of single sub-layers stays behind: then they are taken for as
    demanding as the whole, and nothing here takes them apart.
    """
    general = _profile(both.reader)
    both.writer.u(88, general)
    level = both.u(8)
    reader = both.reader
    present = [(reader.flag(), reader.flag()) for _ in range(sub_layers)]
    if sub_layers:
        reader.u(2 * (8 - sub_layers))
        both.writer.u(16, 0)
    for has_profile, has_level in present:
        if has_profile:
            _profile(reader)
        if has_level:
            reader.u(8)
    body = general.to_bytes(11)
    return Tier(body[0] & 0x1F, level, body + bytes([level]))
