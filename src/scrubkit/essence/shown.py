"""How a picture is shown: which way up, and in which colours."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Orientation(Enum):
    """The eight ways a picture can be shown, numbered as in Exif tag 0x0112.

    The value says where row 0 and column 0 of the stored picture are seen:
    6 means that it must be turned 90° clockwise to be upright.
    """

    UPRIGHT = 1
    MIRRORED = 2
    HALF_TURN = 3
    FLIPPED = 4
    TRANSPOSED = 5
    CLOCKWISE = 6
    TRANSVERSED = 7
    ANTICLOCKWISE = 8


@dataclass(frozen=True, slots=True)
class Colour:
    """Code points of ITU-T H.273 and the range flag."""

    primaries: int
    transfer: int
    matrix: int
    full_range: bool = False
