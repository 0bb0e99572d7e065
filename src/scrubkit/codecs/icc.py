"""ICC profiles: what crosses in a profile's place.

The colorants and curves of a profile are kept; the rest names makers, displays,
dates and serial numbers.  A profile that amounts to sRGB is none at all, one that
amounts to another common space becomes a constant of ours, any other is built
again from its own numbers, tables at 256 points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise

from ..errors import Unsupported
from .icc_profile import ONE, Curve, Fixed3, Parametric, Sampled, Space, build, read_space

POINTS = 256


@dataclass(frozen=True, slots=True)
class Canonical:
    """What crosses in a profile's place: bytes, empty for sRGB, and whether they are a constant of ours."""

    profile: bytes
    constant: bool


def evaluate(curve: Curve, x: float) -> float:
    """Return a curve's value at `x`, both between 0 and 1; raises `Unsupported` where it has none."""
    if isinstance(curve, Sampled):
        place = min(max(x, 0.0), 1.0) * (len(curve.values) - 1)
        i = min(int(place), len(curve.values) - 2)
        low, high = curve.values[i], curve.values[i + 1]
        return (low + (high - low) * (place - i)) / 65535
    g, a, b, c, d, e, f = _seven(curve)
    try:
        value = (a * x + b) ** g + e if x >= d else c * x + f
    except (OverflowError, ZeroDivisionError):
        raise Unsupported("ICC profile", "curve-without-a-value") from None
    if isinstance(value, complex):
        raise Unsupported("ICC profile", "curve-without-a-value")
    return min(max(value, 0.0), 1.0)


def _seven(curve: Parametric) -> tuple[float, ...]:
    """Spread the parameters of any function type to those of type 4: g a b c d e f (Table 68)."""
    p = [value / ONE for value in curve.parameters]
    match curve.function:
        case 0:
            return p[0], 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
        case 1 | 2:
            if not p[1]:
                raise Unsupported("ICC profile", "curve-without-a-value")
            offset = p[3] if curve.function == 2 else 0.0
            return p[0], p[1], p[2], 0.0, -p[2] / p[1], offset, offset
        case 3:
            return *p, 0.0, 0.0
        case _:
            return tuple(p)


SRGB_CURVE = Parametric(3, (157286, 62119, 3417, 5072, 2651))
"""g 2.4, a 1/1.055, b 0.055/1.055, c 1/12.92, d 0.04045 (IEC 61966-2-1)."""

ADOBE_CURVE = Parametric(0, (0x23300,))
"""2 and 51/256, the exponent of Adobe RGB (1998)."""

_CURVES = (
    SRGB_CURVE,
    ADOBE_CURVE,
    Parametric(0, (ONE,)),
    Parametric(0, (117965,)),
    Parametric(0, (131072,)),
    Parametric(0, (157286,)),
    Parametric(3, (145636, 59633, 5903, 14564, 5308)),
)
"""Curves that others are taken for: sRGB, gamma 2.2 as Adobe has it, 1, 1.8, 2, 2.4, and BT.709."""

SRGB = Space(
    ((0x6FA2, 0x38F5, 0x0390), (0x6299, 0xB785, 0x18DA), (0x24A0, 0x0F84, 0xB6CF)), (SRGB_CURVE,) * 3
)
DISPLAY_P3 = Space(
    ((0x83DF, 0x3DBF, -0x45), (0x4ABF, 0xB137, 0x0ABB), (0x2838, 0x110B, 0xC8B9)), (SRGB_CURVE,) * 3
)
ADOBE_RGB = Space(
    ((0x9C18, 0x4FA5, 0x04FC), (0x348D, 0xA02C, 0x0F95), (0x2631, 0x102F, 0xBE9C)), (ADOBE_CURVE,) * 3
)
GREY = Space((), (SRGB_CURVE,))

_CONSTANTS = (
    (SRGB, ""),
    (GREY, ""),
    (DISPLAY_P3, "Display P3"),
    (ADOBE_RGB, "Compatible with Adobe RGB (1998)"),
)
"""Spaces that have a constant profile, and its description; none is written for sRGB and its grey."""

TOLERANCE = 0.75 / 255
"""How far a known space may show a colour from where the profile shows it, of full scale.

With the quarter of a code that a curve may differ, that makes 1/255.
"""


def _samples(curve: Curve) -> tuple[int, ...]:
    """Return the curve at 256 points, that is at every 8-bit code, of 65535."""
    if isinstance(curve, Sampled) and len(curve.values) == POINTS:
        return curve.values
    return tuple(round(evaluate(curve, code / 255) * 65535) for code in range(POINTS))


@cache
def _bounds(curve: Curve) -> tuple[tuple[int, int], ...]:
    """Return what a curve's samples may be to be taken for it: a quarter of a code to either side."""
    return tuple(
        (
            int(evaluate(curve, max(code - 0.25, 0) / 255) * 65535) - 1,
            int(evaluate(curve, min(code + 0.25, 255) / 255) * 65535) + 2,
        )
        for code in range(POINTS)
    )


def canonical_curve(curve: Curve) -> Curve:
    """Return a known curve that says the same on 8-bit codes, else a table at 256 points.

    A parametric curve stays one, as colour management takes less care of tables.
    Raises `Unsupported` for a curve that falls or has no value somewhere.
    """
    samples = _samples(curve)
    for known in _CURVES:
        if all(low <= value <= high for value, (low, high) in zip(samples, _bounds(known), strict=True)):
            return known
    if any(b < a for a, b in pairwise(samples)):
        raise Unsupported("ICC profile", "falling-curve")
    return Sampled(samples) if isinstance(curve, Sampled) else curve


def _encode(curve: Curve, y: float) -> float:
    """Read a rising curve backwards, by halving."""
    low, high = 0.0, 1.0
    for _ in range(20):
        middle = (low + high) / 2
        if evaluate(curve, middle) < y:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _solve(columns: tuple[Fixed3, ...], right: Fixed3) -> tuple[float, float, float]:
    """Solve for the three linear components that make an XYZ, by Cramer's rule."""
    (a, d, g), (b, e, h), (c, f, i) = columns
    x, y, z = right
    whole = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g)
    return (
        (x * (e * i - f * h) - b * (y * i - f * z) + c * (y * h - e * z)) / whole,
        (a * (y * i - f * z) - x * (d * i - f * g) + c * (d * z - y * g)) / whole,
        (a * (e * z - y * h) - b * (d * z - y * g) + x * (d * h - e * g)) / whole,
    )


def _same_space(space: Space, known: Space) -> bool:
    """Whether `known` shows colours as `space` does, within `TOLERANCE`; both have canonical curves.

    The corners and steps of the colour cube are compared: a matrix that is right
    there is right between them.
    """
    if space.code_points or space.curves != known.curves or len(space.colorants) != len(known.colorants):
        return False
    if not space.colorants:
        return True
    columns = [_solve(known.colorants, colorant) for colorant in space.colorants]
    steps = [code / 255 for code in (0, 16, 64, 128, 192, 255)]
    light = [(step, evaluate(known.curves[0], step)) for step in steps]
    for row in range(3):
        weights = [column[row] for column in columns]
        if all(abs(weight - (place == row)) < 1e-4 for place, weight in enumerate(weights)):
            continue
        for red in light:
            for green in light:
                for blue in light:
                    colour = (red, green, blue)
                    seen = sum(weight * linear for weight, (_, linear) in zip(weights, colour, strict=True))
                    if abs(_encode(known.curves[0], seen) - colour[row][0]) > TOLERANCE:
                        return False
    return True


@lru_cache(maxsize=16)
def canonical(profile: bytes) -> Canonical:
    """Return what crosses in the place of a profile.

    Colours decode the same within 1/255 under the result, which is its own
    canonical form.  Raises `Malformed` if nothing takes it for a profile, so that
    dropping it changes nothing, and `Unsupported` or `LimitExceeded` if it can't be
    built from its numbers.
    """
    read = read_space(profile)
    space = Space(read.colorants, tuple(canonical_curve(curve) for curve in read.curves), read.code_points)
    for known, description in _CONSTANTS:
        if _same_space(space, known):
            return Canonical(build(known, description) if description else b"", constant=True)
    return Canonical(build(space, "RGB" if space.colorants else "Grey"), constant=False)
