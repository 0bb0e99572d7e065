"""The head of `vui_parameters` that H.264 (§E.1.1) and H.265 (§E.2.1) share.

Pixel aspect, range, colour and chroma location cross; overscan and video format
don't.  What a field left out would mean anyway is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ..essence import Colour

if TYPE_CHECKING:
    from .bits import BitReader, BitWriter

ASPECTS = (
    (0, 0),
    (1, 1),
    (12, 11),
    (10, 11),
    (16, 11),
    (40, 33),
    (24, 11),
    (20, 11),
    (32, 11),
    (80, 33),
    (18, 11),
    (15, 11),
    (64, 33),
    (160, 99),
    (4, 3),
    (3, 2),
    (2, 1),
)
"""`aspect_ratio_idc` (H.273 table 14)."""

_EXTENDED = 255
_MAX_TERM = 1000
_MAX_STRETCH = 16

# Code points with a meaning (H.273 tables 2, 3 and 4); the others are reserved and say nothing.
_PRIMARIES = frozenset({1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 22})
_TRANSFERS = frozenset({1, 2, *range(4, 19)})
_MATRICES = frozenset({0, 1, 2, *range(4, 18)})

UNSPECIFIED_FORMAT = 5
"""`video_format`: unspecified."""


@dataclass(frozen=True, slots=True)
class Signal:
    """Pixel aspect (None: unspecified), range, colour and chroma location (top, bottom field)."""

    aspect: tuple[int, int] | None = None
    full_range: bool = False
    colour: tuple[int, int, int] | None = None
    chroma_location: tuple[int, int] = (0, 0)

    def described(self) -> Colour | None:
        """Return the colour description, if there is one."""
        return None if self.colour is None else Colour(*self.colour, self.full_range)


def _aspect(width: int, height: int) -> tuple[int, int] | None:
    """Reduce a pixel aspect ratio, with terms so small that they hold nothing else; None if absurd."""
    if not width or not height:
        return None
    ratio = Fraction(width, height)
    if not Fraction(1, _MAX_STRETCH) <= ratio <= _MAX_STRETCH:
        return None
    if max(ratio.numerator, ratio.denominator) > _MAX_TERM:
        flat = ratio if ratio <= 1 else 1 / ratio
        near = flat.limit_denominator(_MAX_TERM)
        ratio = near if ratio <= 1 else 1 / near
    return ratio.numerator, ratio.denominator


def read_signal(reader: BitReader) -> Signal:
    """Read from `aspect_ratio_info_present_flag` to the chroma sample location."""
    aspect = None
    if reader.flag():
        code = reader.u(8)
        if code == _EXTENDED:
            aspect = _aspect(reader.u(16), reader.u(16))
        elif 0 < code < len(ASPECTS):
            aspect = ASPECTS[code]
    if reader.flag():  # overscan_info_present_flag
        reader.flag()
    full_range = False
    colour = None
    if reader.flag():  # video_signal_type_present_flag
        reader.u(3)  # video_format
        full_range = reader.flag()
        if reader.flag():
            primaries, transfer, matrix = reader.u(8), reader.u(8), reader.u(8)
            colour = (
                primaries if primaries in _PRIMARIES else 2,
                transfer if transfer in _TRANSFERS else 2,
                matrix if matrix in _MATRICES else 2,
            )
    location = (reader.ue(5), reader.ue(5)) if reader.flag() else (0, 0)
    return Signal(aspect, full_range, colour if colour != (2, 2, 2) else None, location)


def write_signal(writer: BitWriter, signal: Signal) -> None:
    """Write what `read_signal` reads."""
    writer.u(1, signal.aspect is not None)
    if signal.aspect is not None:
        if signal.aspect in ASPECTS:
            writer.u(8, ASPECTS.index(signal.aspect))
        else:
            writer.u(8, _EXTENDED)
            writer.u(16, signal.aspect[0])
            writer.u(16, signal.aspect[1])
    writer.u(1, 0)  # overscan_info_present_flag
    typed = signal.full_range or signal.colour is not None
    writer.u(1, typed)
    if typed:
        writer.u(3, UNSPECIFIED_FORMAT)
        writer.u(1, signal.full_range)
        writer.u(1, signal.colour is not None)
        for point in signal.colour or ():
            writer.u(8, point)
    located = signal.chroma_location != (0, 0)
    writer.u(1, located)
    if located:
        writer.ue(signal.chroma_location[0])
        writer.ue(signal.chroma_location[1])
