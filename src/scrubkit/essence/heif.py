"""A still of the HEIF family: coded items, and the pictures beside the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .shown import Orientation

if TYPE_CHECKING:
    from ..pieces import Coded, Payload, Span
    from .gain import GainMap
    from .movie import Picture
    from .shown import Colour


@dataclass(frozen=True, slots=True)
class HeifItem:
    """A coded image item: its size in pixels and configuration, and the `size` bytes of it that cross."""

    coding: Picture
    pieces: tuple[Span | Coded, ...]
    size: int


@dataclass(frozen=True, slots=True)
class HeifImage:
    """One coded item or, if `columns` is not 0, a grid of them, row by row, `width` by `height` pixels."""

    items: tuple[HeifItem, ...]
    width: int
    height: int
    rows: int = 0
    columns: int = 0


@dataclass(frozen=True, slots=True)
class HeifPlane:
    """A picture beside the picture: turned like it, with colours and an aperture (`clap`) of its own."""

    image: HeifImage
    colour: Colour | None = None
    aperture: tuple[int, int, int, int, int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class HeifGain:
    """A gain map of a still, and what it is applied by: ISO 21496-1's numbers or Apple's headroom.

    With `numbers` go the colours of what comes out (`shown` or `profile`) and its
    bits per channel; without them `headroom` is a factor in millionths.
    """

    plane: HeifPlane
    numbers: GainMap | None
    headroom: int = 0
    shown: Colour | None = None
    profile: bytes = b""
    depth: int = 8


@dataclass(frozen=True, slots=True)
class HeifStereo:
    """The other eye's picture, of the still's colours; `left` says that the still itself is the left one."""

    plane: HeifPlane
    left: bool


@dataclass(frozen=True, slots=True)
class Heif:
    """One still picture of a HEIF family file, its alpha plane if it has one, and how it is shown.

    `colour` is None where the container says nothing; `profile` is a canonical ICC
    profile or empty.  `aperture` is `clap` as in `Picture`, before `orientation`;
    `mastering` and `light` are bodies of `mdcv` and `clli`.
    """

    picture: HeifImage
    alpha: HeifImage | None
    payload: Payload
    premultiplied: bool = False
    orientation: Orientation = Orientation.UPRIGHT
    colour: Colour | None = None
    profile: bytes = b""
    aspect: tuple[int, int] | None = None
    aperture: tuple[int, int, int, int, int, int, int, int] | None = None
    mastering: bytes = b""
    light: bytes = b""
    gain: HeifGain | None = None
    depth: HeifPlane | None = None
    stereo: HeifStereo | None = None
