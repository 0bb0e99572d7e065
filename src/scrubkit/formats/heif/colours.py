"""The colours of a picture, from what it says itself and what its tiles say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ...codecs import icc, icc_names
from ...errors import Malformed, Unsupported
from ...essence import Colour

if TYPE_CHECKING:
    from .coded import About
    from .image import Image

_SPACES = {1: ("GRAY", "RGB "), 3: ("RGB ",)}
"""Colour spaces of profiles that decoders apply to a number of channels; they pass over others."""

_SRGB = 1, 13
"""Primaries and transfer characteristics."""


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of a picture; `source` is the profile that the canonical one was made of."""

    colour: Colour | None
    profile: bytes
    constant: bool
    source: bytes


def colours_of(image: Image, said: About) -> Colours:
    """Return the colours of the picture: what it says itself, else what its tiles say.

    A profile comes before code points.  One that amounts to sRGB becomes code
    points, unless neither the container nor the stream says how RGB is made: then
    sRGB is what viewers take it for.
    """
    shown, tile = image.shown, image.tile
    if shown.colour and tile.colour and shown.colour != tile.colour:
        raise Unsupported("colr", "tiles-differ-from-grid")
    colour = shown.colour or tile.colour
    profile = tile.profile if shown.profile is None else shown.profile
    if profile is None or icc_names.colour_space(profile) not in _SPACES[said.channels]:
        return Colours(colour, b"", constant=True, source=b"")
    try:
        found = icc.canonical(profile)
    except Malformed:
        # Nothing could have used it.
        return Colours(colour, b"", constant=True, source=b"")
    if not found.profile:
        stream = colour or said.colour
        colour = stream and Colour(*_SRGB, stream.matrix, stream.full_range)
    return Colours(colour, found.profile, found.constant, profile)
