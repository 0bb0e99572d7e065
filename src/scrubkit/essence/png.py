"""A PNG: one zlib stream, or one for each frame."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .shown import Orientation

if TYPE_CHECKING:
    from ..pieces import Payload, Span


@dataclass(frozen=True, slots=True)
class Deflated:
    """One zlib stream of a PNG (RFC 1950) that was inflated to its end.

    `spans` are its deflate data, without header and check value; `adler` is the check
    value of what it inflates to, `crc` the CRC-32 of the one chunk that it is written as.
    """

    spans: tuple[Span, ...]
    adler: int
    crc: int


@dataclass(frozen=True, slots=True)
class PngColour:
    """What the samples of a PNG stand for, in order of precedence.

    `code_points` are those of H.273 (`cICP`), `profile` is a canonical ICC profile or
    empty, `gamma` and `chromaticities` (white, red, green, blue; x and y) are in
    1/100000.  `mastering` and `light` are bodies of `mDCV` and `cLLI`, 24 and 8
    validated bytes or empty.
    """

    code_points: tuple[int, int, int, int] | None = None
    mastering: bytes = b""
    light: bytes = b""
    profile: bytes = b""
    srgb: bool = False
    gamma: int | None = None
    chromaticities: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class PngFrame:
    """A frame of an APNG: its place on the canvas, its delay as a fraction of a second, how it is drawn.

    `dispose` and `blend` are those of `fcTL`; `data` is None for the default image.
    """

    width: int
    height: int
    left: int
    top: int
    delay: tuple[int, int]
    dispose: int
    blend: int
    data: Deflated | None


@dataclass(frozen=True, slots=True)
class Png:
    """A PNG or APNG.

    `depth` is in bits per sample, `colour_type` and `interlaced` are those of IHDR;
    `palette` are R, G, B of each entry, `transparency` is the body of tRNS.
    `frames` are empty for a still, `plays` is 0 for without end.
    """

    width: int
    height: int
    depth: int
    colour_type: int
    interlaced: bool
    palette: bytes
    transparency: bytes
    data: Deflated
    payload: Payload
    colour: PngColour = PngColour()
    orientation: Orientation = Orientation.UPRIGHT
    frames: tuple[PngFrame, ...] = ()
    plays: int = 0
