"""How a still says what its numbers mean as colours, and whether two stills mean the same."""

from __future__ import annotations

import io
from dataclasses import dataclass
from enum import Enum, auto
from itertools import product
from typing import Any

from PIL import Image, ImageCms

TOLERANCE = 1
"""Of 255: by how much a colour may come out otherwise."""

GAMMA_APART = 0.0005
CHROMATICITY_APART = 0.0002
"""By how much the numbers of a PNG may be rounded to known ones: it moves no 8-bit colour by one."""

_STEPS = {1: 256, 3: 13, 4: 7}
"""Values along one edge of the cube, by channels."""
_CUBES = {1: "L", 3: "RGB", 4: "CMYK"}
_CHANNELS = {"CMYK": 4, "I": 1, "I;16": 1, "L": 1, "LA": 1, "1": 1}
_UNSPECIFIED, _SRGB = (2, 2), (1, 13)
"""Primaries and transfer, ITU-T H.273 §8.1 and §8.2."""


class Colours(Enum):
    """What comparing two descriptions of colours gave."""

    ALIKE = auto()
    CLOSE = auto()
    """Through both, no colour is more than the tolerance apart."""
    APART = auto()
    UNKNOWN = auto()
    """The library has no bridge between the two ways in which the files say it."""


@dataclass(frozen=True, slots=True)
class Colour:
    """The descriptions that the decoder hands on; a profile goes before all others."""

    channels: int
    profile: bytes | None
    points: tuple[int, int] | None
    """Code points of primaries and transfer (H.273); None for sRGB and for those that say nothing."""
    gamma: float | None
    chromaticities: tuple[float, ...]
    """Of a PNG that doesn't say sRGB."""


def described(mode: str, info: dict[Any, Any]) -> Colour:
    """Return how a picture that Pillow or libheif opened describes its colours."""
    points = None
    if isinstance(nclx := info.get("nclx_profile"), dict):
        points = int(nclx.get("color_primaries", 2)), int(nclx.get("transfer_characteristics", 2))
    srgb = "srgb" in info
    return Colour(
        _CHANNELS.get(mode, 3),
        info.get("icc_profile") or None,
        None if points in (_UNSPECIFIED, _SRGB) else points,
        None if srgb else info.get("gamma"),
        () if srgb else tuple(info.get("chromaticity", ())),
    )


def compare(source: Colour, output: Colour) -> Colours:
    """Compare two descriptions; a picture that says nothing is taken for sRGB."""
    if source.profile is None and output.profile is None:
        return _compare_numbers(source, output)
    if source.profile == output.profile:
        return Colours.ALIKE
    plain = [each for each in (source, output) if each.profile is None]
    if plain and (plain[0].points or plain[0].gamma or plain[0].chromaticities or source.channels == 4):
        return Colours.UNKNOWN
    try:
        a, b = (_through(each.profile, each.channels) for each in (source, output))
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return Colours.UNKNOWN
    if len(a) != len(b):
        return Colours.UNKNOWN
    close = max(abs(x - y) for x, y in zip(a, b, strict=True)) <= TOLERANCE
    return Colours.CLOSE if close else Colours.APART


def _compare_numbers(source: Colour, output: Colour) -> Colours:
    if source.points != output.points:
        # The one that says nothing may say it in the coded picture, where the library doesn't look.
        return Colours.APART if source.points and output.points else Colours.UNKNOWN
    pairs = [
        ((source.gamma,) if source.gamma else (), (output.gamma,) if output.gamma else (), GAMMA_APART),
        (source.chromaticities, output.chromaticities, CHROMATICITY_APART),
    ]
    for ours, theirs, apart in pairs:
        if len(ours) != len(theirs):
            # Numbers that can't be are left behind, and no viewer used them.
            return Colours.UNKNOWN
        if any(abs(x - y) > apart + 1e-9 for x, y in zip(ours, theirs, strict=True)):
            return Colours.APART
    return Colours.ALIKE


def _through(profile: bytes | None, channels: int) -> bytes:
    """Return a cube of colours in sRGB, as a profile shows it; raises `PyCMSError`, `OSError`."""
    mode, steps = _CUBES[channels], _STEPS[channels]
    values = [round(255 * i / (steps - 1)) for i in range(steps)]
    data = bytes(value for colour in product(values, repeat=channels) for value in colour)
    cube = Image.frombytes(mode, (steps**channels, 1), data)
    if profile is None:
        return cube.convert("RGB").tobytes()
    shown = ImageCms.profileToProfile(
        cube,
        ImageCms.ImageCmsProfile(io.BytesIO(profile)),
        ImageCms.createProfile("sRGB"),
        outputMode="RGB",
    )
    assert shown is not None
    return shown.tobytes()
