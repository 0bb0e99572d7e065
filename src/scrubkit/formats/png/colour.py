"""Colour chunks (PNG 3rd edition §11.3.2): what of them decides how the samples are shown.

cICP goes before iCCP, that before sRGB, that before gAMA and cHRM (§4.3).  A viewer
that doesn't know the first takes the next, so that one is kept beside it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...codecs import icc, icc_names
from ...errors import Malformed
from ...essence import PngColour
from ...model import Profile
from .header import GREY, GREY_ALPHA

if TYPE_CHECKING:
    from ...model import Policy
    from .header import Header

PROFILE = 1 << 20
"""Bytes that a profile may inflate to."""

SRGB_POINTS = (1, 13, 0, 1)
PQ = 16

_TRANSFERS = (1, *range(4, 19))
_PRIMARIES = (1, *range(4, 13), 22)

_GAMMAS = (45455, 55556, 100000)
"""1/2.2, 1/1.8 and 1, in 1/100000."""

_CHROMATICITIES = (
    (31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000),
    (31270, 32900, 68000, 32000, 26500, 69000, 15000, 6000),
    (31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000),
    (31270, 32900, 70800, 29200, 17000, 79700, 13100, 4600),
)
"""Those of sRGB, Display P3, Adobe RGB (1998) and BT.2020."""

GAMMA_APART = 50
CHROMATICITY_APART = 20
"""How far a number may lie from a known one to be taken for it: it moves no 8-bit colour by one."""


@dataclass(slots=True)
class Colours:
    """Owns the colour chunks met so far; of equal types the first counts, as for libpng."""

    header: Header
    bodies: dict[bytes, bytes] = field(default_factory=dict)
    used: set[bytes] = field(default_factory=set)
    """Chunk types that the settled colour was read from."""
    profile: bytes = b""
    """The profile as it stands in the source, empty if there is none."""
    constant: bool = True
    """Whether no profile or chromaticities of the source's own cross."""

    def meet(self, kind: bytes, body: bytes) -> bool:
        """Take in a chunk that stands before the picture; returns whether it is the first of its type."""
        return self.bodies.setdefault(kind, body) is body

    def settle(self, policy: Policy) -> PngColour:
        """Return what decides the colours; raises `Unsupported` for a profile that can't be kept."""
        points = _code_points(self.bodies.get(b"cICP", b""))
        profile, srgb = self._profile()
        gamma: int | None = None
        chromaticities: tuple[int, ...] = ()
        if srgb is None:
            srgb = len(self.bodies.get(b"sRGB", b"")) == 1 and self.bodies[b"sRGB"][0] <= 3
            if srgb:
                self.used.add(b"sRGB")
            elif points != SRGB_POINTS:
                gamma = self._gamma()
                chromaticities = self._chromaticities()
        if points is not None:
            self.used.add(b"cICP")
        if points == SRGB_POINTS and not profile and gamma is None and not chromaticities:
            points, srgb = None, True
        mastering = light = b""
        if points is not None and points[1] == PQ and policy.profile is not Profile.STRICT:
            mastering = self._of(b"mDCV", _is_mastering)
            light = self._of(b"cLLI", lambda body: len(body) == 8)
        return PngColour(points, mastering, light, profile, srgb, gamma, chromaticities)

    def _of(self, kind: bytes, valid: Callable[[bytes], bool]) -> bytes:
        body = self.bodies.get(kind, b"")
        if not valid(body):
            return b""
        self.used.add(kind)
        return body

    def _profile(self) -> tuple[bytes, bool | None]:
        """Return the canonical profile, and whether it is sRGB; None if no profile is there to be used."""
        if b"iCCP" not in self.bodies:
            return b"", None
        self.profile = inflated_text(self.bodies[b"iCCP"].partition(b"\0")[2][1:], PROFILE) or b""
        grey = self.header.colour_type in (GREY, GREY_ALPHA)
        if icc_names.colour_space(self.profile) not in (("GRAY", "RGB ") if grey else ("RGB ",)):
            return b"", None
        try:
            kept = icc.canonical(self.profile)
        except Malformed:
            # Nothing could have used it.
            return b"", None
        self.used.add(b"iCCP")
        self.constant = self.constant and kept.constant
        return kept.profile, not kept.profile

    def _gamma(self) -> int | None:
        value = int.from_bytes(self.bodies.get(b"gAMA", b""))
        if len(self.bodies.get(b"gAMA", b"")) != 4 or not 1000 <= value <= 10_000_000:
            return None
        self.used.add(b"gAMA")
        known = next((each for each in _GAMMAS if abs(each - value) <= GAMMA_APART), None)
        self.constant = self.constant and known is not None
        return known or value

    def _chromaticities(self) -> tuple[int, ...]:
        body = self.bodies.get(b"cHRM", b"")
        values = tuple(int.from_bytes(body[at : at + 4]) for at in range(0, len(body), 4))
        pairs = list(zip(values[::2], values[1::2], strict=False))
        if len(body) != 32 or any(x + y > 100_000 for x, y in pairs) or not pairs[0][1]:
            return ()
        self.used.add(b"cHRM")
        for known in _CHROMATICITIES:
            if all(abs(a - b) <= CHROMATICITY_APART for a, b in zip(values, known, strict=True)):
                return known
        self.constant = False
        return values


def _code_points(body: bytes) -> tuple[int, int, int, int] | None:
    """Return the code points of cICP (§11.3.2.6), None if no viewer would take them."""
    if len(body) != 4 or body[0] not in _PRIMARIES or body[1] not in _TRANSFERS or body[2] or body[3] > 1:
        return None
    return body[0], body[1], body[2], body[3]


def _is_mastering(body: bytes) -> bool:
    """Whether a body of mDCV (§11.3.2.7) states chromaticities and a range of luminance that can be."""
    if len(body) != 24:
        return False
    pairs = [
        (int.from_bytes(body[at : at + 2]), int.from_bytes(body[at + 2 : at + 4])) for at in (0, 4, 8, 12)
    ]
    most, least = int.from_bytes(body[16:20]), int.from_bytes(body[20:])
    return all(x + y <= 50_000 for x, y in pairs) and least < most <= 100_000_000


def inflated_text(data: bytes, most: int) -> bytes | None:
    """Inflate a small zlib stream of a chunk; None if it is broken or makes more than `most` bytes."""
    engine = zlib.decompressobj()
    try:
        out = engine.decompress(data, most)
        rest = engine.decompress(engine.unconsumed_tail, 1) if engine.unconsumed_tail else b""
    except zlib.error:
        return None
    return out if engine.eof and not rest else None
