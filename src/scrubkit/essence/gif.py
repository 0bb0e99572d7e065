"""A GIF: frames of indexed colours."""

from __future__ import annotations

from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..pieces import Payload


@dataclass(frozen=True, slots=True)
class GifFrame:
    """One frame of a GIF (GIF89a §20): its place on the screen, colours, timing and LZW data.

    `palette` is the local colour table, empty where the global one serves; entries
    that no pixel uses are zero.  `delay` is in 1/100 s, `disposal` 0 to 3,
    `transparent` an index or None.  `starts` (array 'Q') and `sizes` (array 'B') are
    the bytes of the source that hold whole bytes of codes, `tail` the bytes that
    hold the rest and the end code.
    """

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes
    delay: int
    disposal: int
    transparent: int | None
    code_size: int
    starts: array[int]
    sizes: array[int]
    tail: bytes


@dataclass(frozen=True, slots=True)
class Gif:
    """A GIF: the screen in pixels, its colour table, and frames in order.

    `background` is an index into `palette`, 0 without one.  `loop` is the number
    of repeats, 0 for without end, None for none.
    """

    width: int
    height: int
    palette: bytes
    background: int
    loop: int | None
    frames: tuple[GifFrame, ...]
    payload: Payload
